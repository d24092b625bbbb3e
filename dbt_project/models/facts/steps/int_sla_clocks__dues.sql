-- Grain: one row per started clock and target whose instant of falling due can be told.
{% set epoch = "timestamp '1970-01-01 00:00:00'" %}
{% set microseconds_of_a_day = 86400000000 %}
with targets as (
    select
        *,
        target_seconds * 1000000 as target_microseconds,
        coalesce(stopped_at, {{ as_of() }}) as read_at
    from {{ ref('int_sla_clocks__targets') }}
),

pending_spells as (
    select * from {{ ref('int_tickets__pending_spells') }}
),

segments as (
    select * from {{ ref('int_schedules__segments') }}
),

-- How far the time by which a clock runs has come: since the epoch, or in open hours.
timed as (
    select
        targets.*,
        {% for moment in ['started', 'read'] %}
        case
            when targets.schedule_id is null
                then {{ microseconds_between(epoch, 'targets.' ~ moment ~ '_at') }}
            else {{ microseconds_open('targets.' ~ moment ~ '_at', moment ~ '_in') }}
        end as {{ moment }}_microseconds
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from targets
    {% for moment in ['started', 'read'] %}
    left join segments as {{ moment }}_in
        on
            targets.schedule_id = {{ moment }}_in.schedule_id
            and {{ is_in_segment('targets.' ~ moment ~ '_at', moment ~ '_in') }}
    {% endfor %}
),

pauses as (
    select
        timed.source,
        timed.ticket_id,
        timed.target_number,
        timed.schedule_id,
        timed.target_microseconds,
        timed.started_microseconds,
        timed.read_microseconds,
        greatest(pending_spells.paused_at, timed.started_at) as paused_at,
        pending_spells.resumed_at
    from timed
    inner join pending_spells
        on
            timed.source = pending_spells.source
            and timed.ticket_id = pending_spells.ticket_id
            and timed.started_at < pending_spells.resumed_at
    where timed.clock = 'resolution'
),

timed_pauses as (
    select
        pauses.*,
        {% for moment in ['paused', 'resumed'] %}
        case
            when pauses.schedule_id is null
                then {{ microseconds_between(epoch, 'pauses.' ~ moment ~ '_at') }}
            else {{ microseconds_open('pauses.' ~ moment ~ '_at', moment ~ '_in') }}
        end as {{ moment }}_microseconds
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from pauses
    {% for moment in ['paused', 'resumed'] %}
    left join segments as {{ moment }}_in
        on
            pauses.schedule_id = {{ moment }}_in.schedule_id
            and {{ is_in_segment('pauses.' ~ moment ~ '_at', moment ~ '_in') }}
    {% endfor %}
),

numbered_pauses as (
    select
        *,
        paused_microseconds - started_microseconds - coalesce(
            sum(resumed_microseconds - paused_microseconds) over (
                partition by source, ticket_id, target_number
                order by paused_at
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as ran_microseconds
    from timed_pauses
),

-- A pause puts off what is due where it begins before that time has run.
paused as (
    select
        source,
        ticket_id,
        target_number,
        case
            -- It goes on when nobody knows the hours, and so does the clock.
            when bool_or(resumed_microseconds is null and ran_microseconds < target_microseconds)
                then null
            else coalesce(
                cast(
                    sum(resumed_microseconds - paused_microseconds) filter (
                        where ran_microseconds < target_microseconds
                    ) as bigint
                ),
                0
            )
        end as until_due,
        cast(
            sum(least(resumed_microseconds, read_microseconds) - paused_microseconds) filter (
                where paused_microseconds < read_microseconds
            ) as bigint
        ) as until_read
    from numbered_pauses
    group by
        source,
        ticket_id,
        target_number
),

running as (
    select
        timed.source,
        timed.ticket_id,
        timed.clock,
        timed.wait_number,
        timed.target_number,
        timed.policy_id,
        timed.schedule_id,
        timed.person_id,
        timed.started_at,
        timed.reached_at,
        timed.stopped_at,
        timed.changed_at,
        timed.target_seconds,
        timed.started_microseconds
        + timed.target_microseconds
        + case when paused.ticket_id is null then 0 else paused.until_due end as due_microseconds,
        timed.read_microseconds - timed.started_microseconds - coalesce(paused.until_read, 0)
            as elapsed_microseconds
    from timed
    left join paused
        on
            timed.source = paused.source
            and timed.ticket_id = paused.ticket_id
            and timed.target_number = paused.target_number
            and timed.clock = 'resolution'
),

-- The way back, from open time to an instant. A stretch is at most a day long, and so it holds
-- open time of at most two days' length: it stands under both.
open_stretches as (
    {% for end in ['microseconds_before', '(microseconds_after - 1)'] %}
    select
        schedule_id,
        {{ integer_division(end, microseconds_of_a_day) }} as open_day,
        starts_at,
        microseconds_before,
        microseconds_after
    from segments
    where
        is_open
        {% if not loop.first %}
        and {{ integer_division('microseconds_before', microseconds_of_a_day) }}
        < {{ integer_division(end, microseconds_of_a_day) }}
        {% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        running.source,
        running.ticket_id,
        running.clock,
        running.wait_number,
        running.target_number,
        running.policy_id,
        running.person_id,
        running.started_at,
        running.reached_at,
        running.stopped_at,
        running.changed_at,
        case
            when running.schedule_id is null
                then {{ microseconds_after(epoch, 'running.due_microseconds') }}
            else {{ microseconds_after(
                'due_in.starts_at', '(running.due_microseconds - due_in.microseconds_before)'
            ) }}
        end as due_at,
        running.target_seconds,
        {{ integer_division('running.elapsed_microseconds', 1000000) }} as elapsed_seconds,
        running.schedule_id is not null as is_business
    from running
    left join open_stretches as due_in
        on
            running.schedule_id = due_in.schedule_id
            and {{ integer_division('(running.due_microseconds - 1)', microseconds_of_a_day) }}
            = due_in.open_day
            and running.due_microseconds > due_in.microseconds_before
            and running.due_microseconds <= due_in.microseconds_after
    where
        running.elapsed_microseconds is not null
        and (running.schedule_id is null or due_in.schedule_id is not null)
)

select * from final
