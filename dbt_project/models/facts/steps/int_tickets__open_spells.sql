-- Grain: one row per inbound ticket and spell in which it was open.
with tickets as (
    select * from {{ ref('fct_tickets') }}
    where
        is_inbound
        -- Closed, and nobody knows when: neither closed nor open.
        and not (status in ('solved', 'closed') and closed_at is null)
),

status_events as (
    select * from {{ ref('int_tickets__status_events') }}
),

-- Before its first event a ticket was what that event found it in.
changes as (
    select
        tickets.source,
        tickets.ticket_id,
        0 as event_number,
        tickets.created_at as occurred_at,
        coalesce(not status_events.was_closed, true) as is_open
    from tickets
    left join status_events
        on
            tickets.source = status_events.source
            and tickets.ticket_id = status_events.ticket_id
            and status_events.event_number = 1

    union all

    select
        source,
        ticket_id,
        event_number,
        occurred_at,
        became_closed is not true as is_open
    from status_events

    union all

    -- Without events the ticket's own word for its closing is all there is.
    select
        tickets.source,
        tickets.ticket_id,
        1 as event_number,
        tickets.closed_at as occurred_at,
        false as is_open
    from tickets
    left join status_events
        on
            tickets.source = status_events.source
            and tickets.ticket_id = status_events.ticket_id
    where
        status_events.ticket_id is null
        and tickets.closed_at is not null
),

followed as (
    select
        *,
        lead(occurred_at) over (partition by source, ticket_id order by event_number) as changed_at
    from changes
),

final as (
    select
        tickets.source,
        tickets.ticket_id,
        followed.event_number,
        tickets.channel,
        greatest(followed.occurred_at, tickets.created_at) as opened_at,
        followed.changed_at as closed_at
    from followed
    inner join tickets
        on
            followed.source = tickets.source
            and followed.ticket_id = tickets.ticket_id
    where
        followed.is_open
        -- What opens and closes in one instant was open at no time.
        and (
            followed.changed_at is null
            or followed.changed_at > greatest(followed.occurred_at, tickets.created_at)
        )
)

select * from final
