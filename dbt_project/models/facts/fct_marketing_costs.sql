-- Grain: one row per cost of marketing.
with costs as (
    select * from {{ ref('marketing_costs') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__spans') }}
),

final as (
    select
        costs.source,
        costs.cost_id,
        costs.campaign,
        cast(null as {{ text_type() }}) as exclusion_reason,
        costs.currency,
        costs.amount,
        costs.attributed_revenue,
        {{ in_reporting_currency('costs.amount', 'rates.rate') }} as amount_reporting,
        {{ in_reporting_currency('costs.attributed_revenue', 'rates.rate') }}
            as attributed_revenue_reporting,
        costs.date,
        costs.begins_at
    from costs
    left join rates
        on
            costs.currency = rates.currency
            and costs.date >= rates.valid_from
            and costs.date < rates.valid_until
)

select * from final
