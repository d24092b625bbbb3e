-- Grain: one row per year that starts a whole look back after the first order.
with persons as (
    select * from {{ ref('int_persons__in_periods') }}
    where
        period_grain = 'year'
        and has_enough_history
),

years as (
    select * from {{ ref('int_periods') }}
    where period_grain = 'year'
),

orders as (
    select
        created_at,
        -- Where no rate of exchange is known the guards withhold the figure.
        coalesce(total_reporting, 0) - coalesce(refunded_reporting, 0) as revenue
    from {{ ref('fct_orders') }}
    where
        is_qualifying
        and created_at <= {{ cut_of('customer_lifetime_value') }}
),

-- Active at any time in the year: at its start, new, or back at its end.
counted as (
    select
        period_start,
        cast(
            coalesce(sum(persons) filter (where is_at_start or is_new or is_at_end), 0) as bigint
        ) as persons,
        cast(
            coalesce(sum(persons) filter (where is_at_start), 0) as bigint
        ) as at_start,
        cast(
            coalesce(sum(persons) filter (where is_at_start and not is_at_end), 0) as bigint
        ) as lost
    from persons
    group by period_start
),

earned as (
    select
        years.period_start,
        sum(orders.revenue) as revenue
    from years
    inner join orders
        on
            years.start_at <= orders.created_at
            and years.end_at > orders.created_at
    group by years.period_start
),

final as (
    select
        'year' as period_grain,
        counted.period_start,
        cast(null as {{ text_type() }}) as channel,
        {{ ratio('coalesce(earned.revenue, 0)', 'counted.persons') }} as numerator,
        case
            when counted.lost >= {{ setting('rateable_n') }}
                then {{ ratio('counted.lost', 'counted.at_start') }}
        end as denominator,
        counted.lost as n
    from counted
    left join earned
        on counted.period_start = earned.period_start
)

select * from final
