-- Grain: one row per request with a person and per order.
with interactions as (
    select * from {{ ref('fct_interactions') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

final as (
    select
        started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        1 as numerator,
        0 as denominator,
        0 as n_pending
    from interactions
    where is_request

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
