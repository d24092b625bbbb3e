-- Grain: one row per change of a counted ticket's holder from one known person or team to another.
with events as (
    select
        events.source,
        events.ticket_id,
        events.kind,
        events.event_id,
        events.at as occurred_at,
        events.from_value,
        events.to_value,
        row_number() over (
            partition by events.source, events.ticket_id, events.kind
            order by events.at, events.event_id
        ) as event_number
    from {{ ref('ticket_events') }} as events
    inner join {{ ref('int_tickets__home') }} as homes
        on
            events.source = homes.source
            and events.ticket_id = homes.ticket_id
    where
        events.kind in ('assignee', 'team')
        and homes.exclusion_reason is null
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

-- Whoever held the ticket before its first event goes ahead of it.
holders as (
    select
        source,
        ticket_id,
        kind,
        0 as event_number,
        from_value as holder_id,
        occurred_at
    from events
    where event_number = 1

    union all

    select
        source,
        ticket_id,
        kind,
        event_number,
        to_value as holder_id,
        occurred_at
    from events
),

known as (
    select
        holders.source,
        holders.ticket_id,
        holders.kind,
        holders.event_number,
        holders.holder_id,
        lag(holders.holder_id) over (
            partition by holders.source, holders.ticket_id, holders.kind
            order by holders.event_number
        ) as previous_id,
        holders.occurred_at
    from holders
    left join bots
        on
            holders.kind = 'assignee'
            and holders.source = bots.source
            and holders.holder_id = bots.agent_id
    where
        holders.holder_id is not null
        and bots.agent_id is null
),

final as (
    select
        source,
        ticket_id,
        kind,
        event_number,
        previous_id as from_id,
        holder_id as to_id,
        occurred_at
    from known
    where holder_id <> previous_id
)

select * from final
