-- Grain: one row per proactive ticket and per order.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

final as (
    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        1 as numerator,
        0 as denominator,
        0 as n_pending
    from tickets
    where
        exclusion_reason is null
        and opened_by <> 'customer'
        and {{ list_contains('tags', word(setting('proactive_tag', text_type()))) }}

    union all

    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        0 as numerator,
        1 as denominator,
        0 as n_pending
    from orders
    where not is_test
)

select * from final
