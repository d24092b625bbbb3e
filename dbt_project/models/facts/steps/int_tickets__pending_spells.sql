-- Grain: one row per counted ticket and spell in which it was pending.
with status_events as (
    select * from {{ ref('int_tickets__status_events') }}
),

tickets as (
    select * from {{ ref('tickets') }}
),

-- Before its first event a ticket was what that event found it in.
spells as (
    select
        tickets.source,
        tickets.ticket_id,
        0 as event_number,
        tickets.created_at as paused_at,
        status_events.occurred_at as resumed_at
    from status_events
    inner join tickets
        on
            status_events.source = tickets.source
            and status_events.ticket_id = tickets.ticket_id
    where
        status_events.event_number = 1
        and status_events.from_value = 'pending'

    union all

    select
        events.source,
        events.ticket_id,
        events.event_number,
        events.occurred_at as paused_at,
        coalesce(next_events.occurred_at, {{ as_of() }}) as resumed_at
    from status_events as events
    left join status_events as next_events
        on
            events.source = next_events.source
            and events.ticket_id = next_events.ticket_id
            and events.event_number + 1 = next_events.event_number
    where events.is_pending
),

final as (
    select * from spells
    where paused_at < resumed_at
)

select * from final
