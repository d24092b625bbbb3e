-- Grain: one row per cost of marketing of which anybody knows what it brought.
with costs as (
    select * from {{ ref('fct_marketing_costs') }}
),

final as (
    select
        costs.begins_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        costs.campaign,
        costs.attributed_revenue_reporting - costs.amount_reporting as numerator,
        costs.amount_reporting as denominator,
        0 as n_pending
    from costs
    where costs.attributed_revenue is not null
)

select * from final
