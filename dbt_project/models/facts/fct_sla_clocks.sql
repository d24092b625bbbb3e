-- Grain: one row per SLA clock.
with started as (
    select * from {{ ref('int_sla_clocks__started') }}
),

dues as (
    select * from {{ ref('int_sla_clocks__dues') }}
),

followed as (
    select
        *,
        lag(due_at) over (
            partition by source, ticket_id, clock, wait_number
            order by target_number
        ) as due_before
    from dues
),

-- A changed priority sets a new target to a clock that still runs; one that had none at its start
-- or has fallen due keeps what it has.
set_targets as (
    select
        *,
        sum(case when changed_at is null or changed_at < due_before then 0 else 1 end) over (
            partition by source, ticket_id, clock, wait_number
            order by target_number
            rows between unbounded preceding and current row
        ) as missed_changes
    from followed
),

last_targets as (
    select
        *,
        row_number() over (
            partition by source, ticket_id, clock, wait_number
            order by target_number desc
        ) as place_from_last
    from set_targets
    where missed_changes = 0
),

judged as (
    select
        started.source,
        started.ticket_id,
        started.clock,
        started.wait_number,
        last_targets.policy_id,
        started.person_id,
        started.started_at,
        last_targets.due_at,
        started.stopped_at,
        last_targets.target_seconds,
        last_targets.elapsed_seconds,
        last_targets.is_business,
        case
            when started.reached_at <= last_targets.due_at then 'met'
            when last_targets.due_at <= {{ as_of() }} or started.given_up_at is not null
                then 'breached'
            else 'running'
        end as outcome
    from started
    inner join last_targets
        on
            started.source = last_targets.source
            and started.ticket_id = last_targets.ticket_id
            and started.clock = last_targets.clock
            and started.wait_number = last_targets.wait_number
    where last_targets.place_from_last = 1
),

final as (
    select
        {{ hash_key(['source', 'ticket_id', 'clock', 'wait_number']) }} as sla_clock_id,
        source,
        ticket_id,
        clock,
        policy_id,
        person_id,
        cast(null as {{ text_type() }}) as exclusion_reason,
        outcome,
        started_at,
        due_at,
        stopped_at,
        case
            when outcome <> 'running' then least(due_at, coalesce(stopped_at, due_at))
        end as decided_at,
        target_seconds,
        elapsed_seconds,
        is_business
    from judged
)

select * from final
