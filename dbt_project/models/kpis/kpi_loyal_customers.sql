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

-- From one order to the next a person is loyal until the first of the last three lapses: these
-- stretches do not overlap, so that nobody is counted twice at an instant.
stretches as (
    select
        created_at as began_at,
        lag(lapses_at, {{ orders_of_the_loyal - 1 }}) over told as lapses_at,
        lead(created_at) over told as next_at
    from orders
    window told as (partition by person_id order by created_at)
),

loyal as (
    select
        began_at,
        least(lapses_at, next_at) as ended_at
    from stretches
    where lapses_at is not null
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        cast(null as {{ text_type() }}) as channel,
        count(*) as value,
        count(*) as n
    from periods
    inner join loyal
        on
            periods.judged_at > loyal.began_at
            and periods.judged_at <= loyal.ended_at
    group by
        periods.period_grain,
        periods.period_start
)

select * from final
