-- Grain: one row per month, quarter and year with any loyal customer, for the whole shop.
{% set orders_of_the_loyal = 3 %}
with periods as (
    select
        *,
        least(end_at, {{ cut_of('loyal_customers') }}) as judged_at
    from {{ ref('int_periods') }}
    where period_grain in ('month', 'quarter', 'year')
),

orders as (
    select
        person_id,
        created_at,
        {{ seconds_after('created_at', setting('active_days') ~ ' * 86400') }} as lapses_at
    from {{ ref('fct_orders') }}
    where is_qualifying
),

loyal as (
    select
        periods.period_grain,
        periods.period_start,
        orders.person_id
    from periods
    inner join orders
        on
            periods.judged_at > orders.created_at
            and periods.judged_at <= orders.lapses_at
    group by
        periods.period_grain,
        periods.period_start,
        orders.person_id
    having count(*) >= {{ orders_of_the_loyal }}
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        count(*) as value,
        count(*) as n
    from loyal
    group by
        period_grain,
        period_start
)

select * from final
