-- Grain: one row per month, channel, weekday and hour in which anybody was scheduled.
with hours as (
    select * from {{ ref('int_contact_hours__hours') }}
),

cut as (
    select max(cut_at) as cut_at
    from hours
),

-- A shift for no channel in particular is for none; one that runs is on until the cut.
begun as (
    select
        agent_shifts.source,
        agent_shifts.shift_id,
        agent_shifts.agent_id,
        agent_shifts.channel,
        agent_shifts.started_at,
        least(coalesce(agent_shifts.ended_at, cut.cut_at), cut.cut_at) as ended_at
    from {{ ref('agent_shifts') }} as agent_shifts
    cross join cut
    where
        agent_shifts.channel <> 'unmapped'
        and agent_shifts.started_at < cut.cut_at
),

-- Nobody is there twice: of shifts that overlap the later one adds what goes on after the others.
reached as (
    select
        channel,
        started_at,
        ended_at,
        max(ended_at) over (
            partition by
                source,
                agent_id,
                channel
            order by
                started_at,
                shift_id
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from begun
),

shifts as (
    select
        channel,
        greatest(started_at, coalesce(reached_at, started_at)) as started_at,
        ended_at
    from reached
),

channels as (
    select channel
    from shifts
    group by channel
),

changes as (
    select
        channel,
        started_at as changed_at,
        1 as came
    from shifts
    where started_at < ended_at

    union all

    select
        channel,
        ended_at as changed_at,
        -1 as came
    from shifts
    where started_at < ended_at

    union all

    -- So that no stretch reaches from one hour into another.
    select
        channels.channel,
        hours.start_at as changed_at,
        0 as came
    from channels
    cross join hours
),

instants as (
    select
        channel,
        changed_at,
        sum(came) as came
    from changes
    group by
        channel,
        changed_at
),

stretches as (
    select
        channel,
        changed_at,
        lead(changed_at) over (partition by channel order by changed_at) as until_at,
        sum(came) over (
            partition by channel
            order by changed_at
            rows between unbounded preceding and current row
        ) as agents
    from instants
),

timed as (
    select
        {{ hour_of_the_week('stretches.changed_at') }},
        stretches.channel,
        stretches.agents
        * {{ microseconds_between(
            'stretches.changed_at', 'coalesce(stretches.until_at, cut.cut_at)'
        ) }} as agent_microseconds
    from stretches
    cross join cut
    where stretches.agents > 0
),

final as (
    select
        period_start,
        channel,
        weekday,
        hour,
        cast(sum(agent_microseconds) as bigint) as agent_microseconds
    from timed
    group by
        period_start,
        channel,
        weekday,
        hour
)

select * from final
