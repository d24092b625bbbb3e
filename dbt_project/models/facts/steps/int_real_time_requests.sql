-- Grain: one row per customer turn in a ticket on chat, SMS or WhatsApp, and per call or chat.
with turns as (
    select
        source,
        ticket_id,
        turn_number,
        min(sent_at) as started_at
    from {{ ref('int_messages__turns') }}
    where sender_kind = 'customer'
    group by
        source,
        ticket_id,
        turn_number
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where channel in ('chat', 'sms', 'whatsapp')
),

responses as (
    select * from {{ ref('int_tickets__responses') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

final as (
    select
        turns.source,
        tickets.channel,
        turns.started_at as requested_at,
        coalesce(responses.response_seconds <= 3600, false) as is_served
    from turns
    inner join tickets
        on
            turns.source = tickets.source
            and turns.ticket_id = tickets.ticket_id
    left join responses
        on
            turns.source = responses.source
            and turns.ticket_id = responses.ticket_id
            and turns.turn_number + 1 = responses.turn_number

    union all

    select
        source,
        channel,
        started_at as requested_at,
        is_answered as is_served
    from contacts
    where
        exclusion_reason is null
        and not is_short_abandon
)

select * from final
