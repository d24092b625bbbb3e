-- Grain: one row per response in an inbound ticket, at the message that ends it.
with messages as (
    select * from {{ ref('fct_messages') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        messages.sent_at as observed_at,
        tickets.channel,
        tickets.team_id as team,
        messages.agent_id as agent,
        tickets.topic,
        messages.response_seconds as value,
        0 as n_pending
    from messages
    inner join tickets
        on
            messages.source = tickets.source
            and messages.ticket_id = tickets.ticket_id
    where
        messages.response_seconds is not null
        and tickets.is_inbound
)

select * from final
