-- Grain: one row per counted ticket with an automated message after its first customer message.
with automated as (
    select
        source,
        ticket_id,
        sent_at,
        is_automated_answer
    from {{ ref('int_messages__sides') }}
    where
        sender_kind = 'automated'
        and exclusion_reason is null
),

conversation as (
    select * from {{ ref('int_tickets__conversation') }}
),

closings as (
    select * from {{ ref('int_tickets__closings') }}
),

placed as (
    select
        automated.source,
        automated.ticket_id,
        automated.sent_at,
        automated.is_automated_answer,
        conversation.first_customer_message_at,
        -- The window in which a matter may have been settled without a person.
        automated.sent_at > conversation.last_customer_message_at
        and coalesce(automated.sent_at <= closings.closed_at, false) as is_before_close
    from automated
    inner join conversation
        on
            automated.source = conversation.source
            and automated.ticket_id = conversation.ticket_id
    left join closings
        on
            automated.source = closings.source
            and automated.ticket_id = closings.ticket_id
    where automated.sent_at >= conversation.first_customer_message_at
),

final as (
    select
        source,
        ticket_id,
        {{ seconds_between('min(first_customer_message_at)', 'min(sent_at)') }}
            as first_automated_response_seconds,
        bool_or(is_before_close) as has_message_before_close,
        bool_or(is_before_close and is_automated_answer) as has_answer_before_close
    from placed
    group by
        source,
        ticket_id
)

select * from final
