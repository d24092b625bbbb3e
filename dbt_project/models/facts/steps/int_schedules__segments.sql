-- Grain: one row per schedule, UTC day and stretch of it that is open or closed throughout.
{% set timezone = "coalesce(timezone, '" ~ reporting_timezone() ~ "')" %}
with days as (
    select * from {{ ref('int_schedules__days') }}
),

hours as (
    select * from {{ ref('int_schedules__hours') }}
),

schedules as (
    select
        schedule_id,
        min_by({{ timezone }}, valid_from) as first_timezone,
        max_by({{ timezone }}, valid_until) as last_timezone,
        case when count(valid_from) = count(*) then cast(min(valid_from) as timestamp) end
            as known_from,
        case when count(valid_until) = count(*) then max(valid_until) + interval '1' day end
            as known_until
    from {{ ref('schedules') }}
    group by schedule_id
),

spans as (
    select
        schedule_id,
        {{ local_to_utc('known_from', 'first_timezone') }} as known_from,
        {{ local_to_utc('known_until', 'last_timezone') }} as known_until
    from schedules
),

changes as (
    select
        schedule_id,
        opened_at as changed_at,
        1 as opened
    from hours

    union all

    select
        schedule_id,
        closed_at as changed_at,
        -1 as opened
    from hours

    union all

    select
        spans.schedule_id,
        cast(days.on_day as timestamp) as changed_at,
        0 as opened
    from spans
    cross join days

    union all

    select
        schedule_id,
        known_from as changed_at,
        0 as opened
    from spans
    where known_from is not null

    union all

    select
        schedule_id,
        known_until as changed_at,
        0 as opened
    from spans
    where known_until is not null
),

changed as (
    select
        schedule_id,
        changed_at,
        sum(opened) as opened
    from changes
    group by
        schedule_id,
        changed_at
),

stretches as (
    select
        schedule_id,
        changed_at as starts_at,
        lead(changed_at) over (partition by schedule_id order by changed_at) as ends_at,
        sum(opened) over (
            partition by schedule_id
            order by changed_at
            rows between unbounded preceding and current row
        ) > 0 as is_open
    from changed
),

measured as (
    select
        *,
        case when is_open then {{ microseconds_between('starts_at', 'ends_at') }} else 0 end
            as microseconds
    from stretches
    where ends_at is not null
),

summed as (
    select
        *,
        cast(
            sum(microseconds) over (
                partition by schedule_id
                order by starts_at
                rows between unbounded preceding and current row
            ) as bigint
        ) as microseconds_after
    from measured
),

final as (
    select
        summed.schedule_id,
        cast(summed.starts_at as date) as on_day,
        summed.starts_at,
        summed.ends_at,
        summed.microseconds_after - summed.microseconds as microseconds_before,
        summed.microseconds_after,
        summed.is_open
    from summed
    inner join spans
        on summed.schedule_id = spans.schedule_id
    where
        -- The days at either end lack the hours that belong to dates beyond.
        summed.starts_at >= (select min(days.on_day) + interval '2' day from days)
        and summed.starts_at < (select max(days.on_day) - interval '1' day from days)
        and (spans.known_from is null or summed.starts_at >= spans.known_from)
        and (spans.known_until is null or summed.starts_at < spans.known_until)
)

select * from final
