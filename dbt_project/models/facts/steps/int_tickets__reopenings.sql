-- Grain: one row per reopening of a counted ticket by its customer or by nobody known.
with status_events as (
    select * from {{ ref('int_tickets__status_events') }}
),

human_messages as (
    select
        source,
        ticket_id,
        sent_at
    from {{ ref('int_messages__sides') }}
    where
        sender_kind = 'human'
        and exclusion_reason is null
),

with_next_closing as (
    select
        *,
        min(case when is_closing then event_number end) over (
            partition by source, ticket_id
            order by event_number
            rows between 1 following and unbounded following
        ) as next_closing_number
    from status_events
),

reopenings as (
    select
        reopened.source,
        reopened.ticket_id,
        reopened.event_number,
        reopened.occurred_at as reopened_at,
        reopened.actor as reopened_by,
        closed_again.occurred_at as closed_again_at,
        closed_again.actor as closed_again_by
    from with_next_closing as reopened
    left join status_events as closed_again
        on
            reopened.source = closed_again.source
            and reopened.ticket_id = closed_again.ticket_id
            and reopened.next_closing_number = closed_again.event_number
    where reopened.is_reopening
),

answered as (
    select
        reopenings.source,
        reopenings.ticket_id,
        reopenings.event_number
    from reopenings
    inner join human_messages
        on
            reopenings.source = human_messages.source
            and reopenings.ticket_id = human_messages.ticket_id
            and reopenings.reopened_at < human_messages.sent_at
            and reopenings.closed_again_at > human_messages.sent_at
    group by
        reopenings.source,
        reopenings.ticket_id,
        reopenings.event_number
),

final as (
    select
        reopenings.source,
        reopenings.ticket_id,
        reopenings.event_number,
        reopenings.reopened_by,
        reopenings.reopened_at,
        reopenings.closed_again_at,
        coalesce(reopenings.closed_again_by in ('agent', 'customer'), false)
        and answered.event_number is null as is_thank_you
    from reopenings
    left join answered
        on
            reopenings.source = answered.source
            and reopenings.ticket_id = answered.ticket_id
            and reopenings.event_number = answered.event_number
)

select * from final
