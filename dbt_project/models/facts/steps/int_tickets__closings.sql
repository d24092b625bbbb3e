-- Grain: one row per counted ticket that was ever closed.
with status_events as (
    select * from {{ ref('int_tickets__status_events') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

tickets as (
    select * from {{ ref('tickets') }}
),

closing_numbers as (
    select
        source,
        ticket_id,
        min(event_number) as first_number,
        max(event_number) as last_number
    from status_events
    where is_closing
    group by
        source,
        ticket_id
),

final as (
    select
        tickets.source,
        tickets.ticket_id,
        coalesce(last_closing.actor, tickets.closed_by) as closed_by,
        coalesce(first_closing.occurred_at, tickets.closed_at) as first_closed_at,
        coalesce(last_closing.occurred_at, tickets.closed_at) as closed_at,
        coalesce(
            last_closing.actor = 'automation' and last_closing.from_value = 'pending', false
        ) as is_given_up
    from tickets
    inner join homes
        on
            tickets.source = homes.source
            and tickets.ticket_id = homes.ticket_id
    left join closing_numbers
        on
            tickets.source = closing_numbers.source
            and tickets.ticket_id = closing_numbers.ticket_id
    left join status_events as first_closing
        on
            closing_numbers.source = first_closing.source
            and closing_numbers.ticket_id = first_closing.ticket_id
            and closing_numbers.first_number = first_closing.event_number
    left join status_events as last_closing
        on
            closing_numbers.source = last_closing.source
            and closing_numbers.ticket_id = last_closing.ticket_id
            and closing_numbers.last_number = last_closing.event_number
    where
        homes.exclusion_reason is null
        and coalesce(last_closing.occurred_at, tickets.closed_at) is not null
)

select * from final
