-- Grain: one row per cost of support.
with costs as (
    select * from {{ ref('support_costs') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__spans') }}
),

final as (
    select
        costs.source,
        costs.cost_id,
        costs.channel,
        costs.category,
        cast(null as {{ text_type() }}) as exclusion_reason,
        costs.currency,
        costs.amount,
        {{ in_reporting_currency('costs.amount', 'rates.rate') }} as amount_reporting,
        costs.month,
        costs.begins_at
    from costs
    left join rates
        on
            costs.currency = rates.currency
            and costs.month >= rates.valid_from
            and costs.month < rates.valid_until
)

select * from final
