-- Grain: one row per hour of the reporting calendar that began before the cut.
with cut as (
    select least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where stream in ('live_contacts', 'agent_shifts')
),

days as (
    select * from {{ ref('int_periods') }}
    where period_grain = 'day'
),

-- The day on which clocks are set back has 25.
hours_of_a_day as (
    select hours.number as hours_before
    from {{ integer_series(0, 24) }} as hours
),

hours as (
    select
        {{ seconds_after('days.start_at', '3600 * hours_of_a_day.hours_before') }} as start_at,
        least(
            {{ seconds_after('days.start_at', '3600 * (hours_of_a_day.hours_before + 1)') }},
            days.end_at,
            cut.cut_at
        ) as end_at,
        days.end_at as day_end_at,
        cut.cut_at
    from days
    cross join hours_of_a_day
    cross join cut
),

final as (
    select
        {{ hour_of_the_week('start_at') }},
        start_at,
        end_at,
        cut_at
    from hours
    where
        start_at < day_end_at
        and start_at < cut_at
)

select * from final
