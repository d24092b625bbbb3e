-- Grain: one row per period in which anybody bought, for the whole shop.
with periods as (
    select * from {{ ref('int_periods') }}
),

orders as (
    select
        person_id,
        created_at,
        min(created_at) over (partition by person_id) as first_at
    from {{ ref('fct_orders') }}
    where
        is_qualifying
        and created_at <= {{ cut_of('repeat_purchase_rate') }}
),

buyers as (
    select
        periods.period_grain,
        periods.period_start,
        orders.person_id,
        -- An order before the period, or an earlier one in it.
        max(orders.created_at) > min(orders.first_at) as came_back
    from periods
    inner join orders
        on
            periods.start_at <= orders.created_at
            and periods.end_at > orders.created_at
    group by
        periods.period_grain,
        periods.period_start,
        orders.person_id
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        count(*) filter (where came_back) as numerator,
        count(*) as denominator,
        count(*) as n
    from buyers
    group by
        period_grain,
        period_start
)

select * from final
