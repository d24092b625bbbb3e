-- Grain: one row per counted ticket in which the customer or a person ever spoke.
with turns as (
    select * from {{ ref('int_messages__turns') }}
),

-- Turns alternate: the customer's first is the first or the second.
final as (
    select
        source,
        ticket_id,
        min(channel) filter (where sender_kind = 'customer' and begins_turn and turn_number <= 2)
            as first_customer_channel,
        min(sent_at) filter (where sender_kind = 'customer') as first_customer_message_at,
        max(sent_at) filter (where sender_kind = 'customer') as last_customer_message_at,
        bool_or(sender_kind = 'human') as has_human_message,
        coalesce(
            max(turn_number) filter (where sender_kind = 'customer') = max(turn_number), false
        ) as is_customer_last
    from turns
    group by
        source,
        ticket_id
)

select * from final
