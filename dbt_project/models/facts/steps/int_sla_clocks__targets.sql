-- Grain: one row per started clock and target that it had or might have had while it ran.
with started as (
    select * from {{ ref('int_sla_clocks__started') }}
),

sla_targets as (
    select
        *,
        case
            when clock_kind = 'business'
                then coalesce(schedule_id, {{ setting('business_schedule', 'varchar') }})
        end as running_schedule_id
    from {{ ref('sla_targets') }}
),

priority_events as (
    select
        events.source,
        events.ticket_id,
        events.at as occurred_at,
        events.from_value,
        events.to_value,
        row_number() over in_order as event_number,
        lead(events.at) over in_order as next_at
    from {{ ref('ticket_events') }} as events
    where events.kind = 'priority'
    window in_order as (
        partition by events.source, events.ticket_id
        order by events.at, events.event_id
    )
),

priorities as (
    select
        source,
        ticket_id,
        0 as event_number,
        from_value as priority,
        cast(null as timestamp) as held_from,
        occurred_at as held_until
    from priority_events
    where event_number = 1

    union all

    select
        source,
        ticket_id,
        event_number,
        to_value as priority,
        occurred_at as held_from,
        next_at as held_until
    from priority_events
),

-- The priority at the start, and each to which it changed while the clock might have run.
held as (
    select
        started.source,
        started.ticket_id,
        started.clock,
        started.wait_number,
        coalesce(priorities.event_number, 0) as target_number,
        started.channel,
        case when priorities.ticket_id is null then started.priority else priorities.priority end
            as priority,
        started.customer_group,
        started.person_id,
        started.started_at,
        started.reached_at,
        started.stopped_at,
        case when priorities.held_from > started.started_at then priorities.held_from end
            as changed_at,
        {{ to_local_date('started.started_at') }} as started_on
    from started
    left join priorities
        on
            started.source = priorities.source
            and started.ticket_id = priorities.ticket_id
            and (priorities.held_until is null or started.started_at < priorities.held_until)
            and (
                priorities.held_from is null
                or started.started_at >= priorities.held_from
                or started.stopped_at is null
                or started.stopped_at > priorities.held_from
            )
),

situations as (
    select
        clock,
        channel,
        priority,
        customer_group,
        started_on
    from held
    group by
        clock,
        channel,
        priority,
        customer_group,
        started_on
),

-- The target that names most holds; of as many the channel's, then the priority's.
fitting as (
    select
        situations.*,
        sla_targets.policy_id,
        sla_targets.target_seconds,
        sla_targets.running_schedule_id,
        row_number() over (
            partition by
                situations.clock,
                situations.channel,
                situations.priority,
                situations.customer_group,
                situations.started_on
            order by
                case when sla_targets.channel is null then 0 else 1 end
                + case when sla_targets.priority is null then 0 else 1 end
                + case when sla_targets.customer_group is null then 0 else 1 end desc,
                case when sla_targets.channel is null then 1 else 0 end,
                case when sla_targets.priority is null then 1 else 0 end,
                sla_targets.policy_id
        ) as place
    from situations
    inner join sla_targets
        on
            situations.clock = sla_targets.clock
            and (sla_targets.channel is null or situations.channel = sla_targets.channel)
            and (sla_targets.priority is null or situations.priority = sla_targets.priority)
            and (
                sla_targets.customer_group is null
                or situations.customer_group = sla_targets.customer_group
            )
            and (
                sla_targets.valid_from is null
                or situations.started_on >= sla_targets.valid_from
            )
            and (
                sla_targets.valid_until is null
                or situations.started_on <= sla_targets.valid_until
            )
),

final as (
    select
        held.source,
        held.ticket_id,
        held.clock,
        held.wait_number,
        held.target_number,
        fitting.policy_id,
        fitting.running_schedule_id as schedule_id,
        held.person_id,
        held.started_at,
        held.reached_at,
        held.stopped_at,
        held.changed_at,
        fitting.target_seconds
    from held
    inner join fitting
        on
            held.clock = fitting.clock
            and held.channel = fitting.channel
            and coalesce(held.priority, '') = coalesce(fitting.priority, '')
            and coalesce(held.customer_group, '') = coalesce(fitting.customer_group, '')
            and held.started_on = fitting.started_on
            and fitting.place = 1
)

select * from final
