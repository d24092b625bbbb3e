-- Grain: one row per schedule, local date and opening on it.
with days as (
    select * from {{ ref('int_schedules__days') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

schedules as (
    select
        schedule_id,
        coalesce(timezone, '{{ reporting_timezone() }}') as timezone,
        weekday,
        opens_at,
        closes_at,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_until, date '9999-12-31') as valid_until
    from {{ ref('schedules') }}
),

dates_in_force as (
    select
        schedules.schedule_id,
        days.on_day as on_date,
        min(schedules.timezone) as timezone
    from schedules
    inner join days
        on days.on_day between schedules.valid_from and schedules.valid_until
    group by
        schedules.schedule_id,
        days.on_day
),

holiday_dates as (
    select
        schedule_id,
        on_date
    from holidays
    group by
        schedule_id,
        on_date
),

of_weekdays as (
    select
        schedules.schedule_id,
        days.on_day as on_date,
        schedules.timezone,
        schedules.opens_at,
        schedules.closes_at
    from schedules
    inner join days
        on
            schedules.weekday = {{ iso_weekday('days.on_day') }}
            and days.on_day between schedules.valid_from and schedules.valid_until
    left join holiday_dates
        on
            schedules.schedule_id = holiday_dates.schedule_id
            and days.on_day = holiday_dates.on_date
    where holiday_dates.schedule_id is null
),

of_holidays as (
    select
        holidays.schedule_id,
        holidays.on_date,
        dates_in_force.timezone,
        holidays.opens_at,
        holidays.closes_at
    from holidays
    inner join dates_in_force
        on
            holidays.schedule_id = dates_in_force.schedule_id
            and holidays.on_date = dates_in_force.on_date
    where holidays.opens_at is not null
),

in_minutes as (
    select
        schedule_id,
        on_date,
        timezone,
        {% for clock in ['opens_at', 'closes_at'] %}
        60 * cast(split_part({{ clock }}, ':', 1) as integer)
        + cast(split_part({{ clock }}, ':', 2) as integer) as {{ clock }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from (
        select * from of_weekdays

        union all

        select * from of_holidays
    ) as told
),

in_local_time as (
    select
        schedule_id,
        on_date,
        timezone,
        cast(on_date as timestamp) + opens_at * interval '1' minute as opens_at,
        cast(on_date as timestamp)
        -- Not later than the opening: of the next day.
        + case when closes_at > opens_at then closes_at else closes_at + 24 * 60 end
        * interval '1' minute as closes_at
    from in_minutes
),

in_utc as (
    select
        schedule_id,
        on_date,
        {{ local_to_utc('opens_at', 'timezone') }} as opened_at,
        {{ local_to_utc('closes_at', 'timezone') }} as closed_at
    from in_local_time
),

-- A night shift may go on into a holiday with hours of its own: no hour is told twice.
reached as (
    select
        *,
        max(closed_at) over (
            partition by schedule_id
            order by opened_at, closed_at
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from in_utc
),

final as (
    select
        schedule_id,
        on_date,
        greatest(opened_at, coalesce(reached_at, opened_at)) as opened_at,
        closed_at
    from reached
    where
        reached_at is null
        or reached_at < closed_at
)

select * from final
