-- Grain: one row per customer or human message of a counted ticket.
with spoken as (
    select
        source,
        ticket_id,
        message_id,
        sent_at,
        sender_kind,
        agent_id,
        channel,
        lag(sender_kind) over (
            partition by source, ticket_id
            order by sent_at, message_id
        ) as previous_kind
    from {{ ref('int_messages__sides') }}
    where
        sender_kind in ('customer', 'human')
        and exclusion_reason is null
),

begun as (
    select
        source,
        ticket_id,
        message_id,
        sent_at,
        sender_kind,
        agent_id,
        channel,
        coalesce(sender_kind <> previous_kind, true) as begins_turn
    from spoken
),

final as (
    select
        source,
        ticket_id,
        message_id,
        sent_at,
        sender_kind,
        agent_id,
        channel,
        begins_turn,
        cast(
            sum(case when begins_turn then 1 else 0 end) over (
                partition by source, ticket_id
                order by sent_at, message_id
                rows between unbounded preceding and current row
            ) as integer
        ) as turn_number
    from begun
)

select * from final
