-- Grain: one row per SLA clock.
with dues as (
    select * from {{ ref('int_sla_clocks__dues') }}
),

-- Few clocks see their ticket's priority change; each of the others has its one target.
changing as (
    select
        source,
        ticket_id,
        clock,
        wait_number
    from dues
    where changed_at is not null
    group by
        source,
        ticket_id,
        clock,
        wait_number
),

followed as (
    select
        dues.*,
        lag(dues.due_at) over (
            partition by dues.source, dues.ticket_id, dues.clock, dues.wait_number
            order by dues.target_number
        ) as due_before
    from dues
    inner join changing
        on
            dues.source = changing.source
            and dues.ticket_id = changing.ticket_id
            and dues.clock = changing.clock
            and dues.wait_number = changing.wait_number
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

{% set target_columns = [
    'source', 'ticket_id', 'clock', 'wait_number', 'policy_id', 'person_id', 'started_at', 'due_at',
    'reached_at', 'stopped_at', 'target_seconds', 'elapsed_seconds', 'is_business',
] %}
settled as (
    select {{ target_columns | join(', ') }}
    from last_targets
    where place_from_last = 1

    union all

    select dues.{{ target_columns | join(', dues.') }}
    from dues
    left join changing
        on
            dues.source = changing.source
            and dues.ticket_id = changing.ticket_id
            and dues.clock = changing.clock
            and dues.wait_number = changing.wait_number
    where changing.ticket_id is null
),

judged as (
    select
        *,
        case
            when reached_at <= due_at then 'met'
            -- Stopped without a reply is given up.
            when due_at <= {{ as_of() }} or (stopped_at is not null and reached_at is null)
                then 'breached'
            else 'running'
        end as outcome
    from settled
),

final as (
    select
        source || '|' || clock || '|' || cast(wait_number as {{ text_type() }}) || '|' || ticket_id
            as sla_clock_id,
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
