-- Grain: one row per message.
with messages as (
    select * from {{ ref('int_messages__sides') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

turns as (
    select * from {{ ref('int_messages__turns') }}
),

responses as (
    select * from {{ ref('int_tickets__responses') }}
),

final as (
    select
        messages.source,
        messages.message_id,
        coalesce(messages.ticket_id, messages.named_ticket_id) as ticket_id,
        messages.sender_kind,
        coalesce(messages.own_channel, tickets.channel, 'unmapped') as channel,
        messages.agent_id,
        messages.macro_id,
        tickets.person_id,
        messages.exclusion_reason,
        messages.sent_at,
        responses.response_seconds,
        turns.turn_number,
        messages.is_public
    from messages
    left join tickets
        on
            messages.source = tickets.source
            and messages.ticket_id = tickets.ticket_id
    left join turns
        on
            messages.source = turns.source
            and messages.message_id = turns.message_id
    left join responses
        on
            messages.source = responses.source
            and messages.message_id = responses.message_id
)

select * from final
