-- Grain: one row per closing of a counted ticket.
with status_events as (
    select * from {{ ref('int_tickets__status_events') }}
),

reopenings as (
    select * from {{ ref('int_tickets__reopenings') }}
),

last_closings as (
    select * from {{ ref('int_tickets__closings') }}
),

-- Two closings in one instant are one: the later event tells who closed.
seen as (
    select
        *,
        lead(occurred_at) over (
            partition by source, ticket_id
            order by event_number
        ) as next_closed_at
    from status_events
    where is_closing
),

with_reopening as (
    select
        seen.source,
        seen.ticket_id,
        seen.event_number,
        min(reopenings.event_number) as reopening_number
    from seen
    inner join reopenings
        on
            seen.source = reopenings.source
            and seen.ticket_id = reopenings.ticket_id
            and seen.event_number < reopenings.event_number
            and (seen.next_closed_at is null or seen.next_closed_at >= reopenings.reopened_at)
    group by
        seen.source,
        seen.ticket_id,
        seen.event_number
),

from_events as (
    select
        seen.source,
        seen.ticket_id,
        seen.actor as closed_by,
        seen.occurred_at as closed_at,
        reopenings.reopened_by,
        reopenings.reopened_at,
        reopenings.is_thank_you
    from seen
    left join with_reopening
        on
            seen.source = with_reopening.source
            and seen.ticket_id = with_reopening.ticket_id
            and seen.event_number = with_reopening.event_number
    left join reopenings
        on
            with_reopening.source = reopenings.source
            and with_reopening.ticket_id = reopenings.ticket_id
            and with_reopening.reopening_number = reopenings.event_number
    where seen.occurred_at is distinct from seen.next_closed_at
),

-- A ticket whose history nobody kept has its own word for when it was closed.
from_tickets as (
    select
        last_closings.source,
        last_closings.ticket_id,
        last_closings.closed_by,
        last_closings.closed_at,
        cast(null as {{ text_type() }}) as reopened_by,
        cast(null as timestamp) as reopened_at,
        cast(null as boolean) as is_thank_you
    from last_closings
    left join from_events
        on
            last_closings.source = from_events.source
            and last_closings.ticket_id = from_events.ticket_id
    where from_events.ticket_id is null
),

all_closings as (
    select * from from_events

    union all

    select * from from_tickets
),

final as (
    select
        all_closings.source,
        all_closings.ticket_id,
        all_closings.closed_by,
        all_closings.reopened_by,
        all_closings.closed_at,
        all_closings.reopened_at,
        all_closings.is_thank_you,
        all_closings.closed_at = last_closings.closed_at as is_last
    from all_closings
    inner join last_closings
        on
            all_closings.source = last_closings.source
            and all_closings.ticket_id = last_closings.ticket_id
)

select * from final
