-- Grain: one row per order whose delivery was promised for before the cut.
with orders as (
    select * from {{ ref('fct_orders') }}
),

final as (
    select
        orders.created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case
            when orders.delivered_at > orders.promised_at or orders.delivered_at is null then 1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from orders
    where
        orders.exclusion_reason is null
        and orders.cancelled_at is null
        and orders.promised_at < {{ as_of() }}
)

select * from final
