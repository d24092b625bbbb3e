-- Grain: one row per counted ticket with at least one sent message.
with sent as (
    select
        *,
        row_number() over (
            partition by source, ticket_id, sender_kind
            order by sent_at, message_id
        ) as number_of_kind,
        sender_kind <> 'automated' as is_spoken,
        row_number() over (
            partition by source, ticket_id, sender_kind <> 'automated'
            order by sent_at desc, message_id desc
        ) as number_from_last
    from {{ ref('int_messages__sides') }}
    where
        sender_kind <> 'other'
        and exclusion_reason is null
),

final as (
    select
        source,
        ticket_id,
        min(channel) filter (where sender_kind = 'customer' and number_of_kind = 1)
            as first_customer_channel,
        min(sent_at) filter (where sender_kind = 'customer') as first_customer_message_at,
        max(sent_at) filter (where sender_kind = 'customer') as last_customer_message_at,
        bool_or(sender_kind = 'human') as has_human_message,
        coalesce(
            bool_or(sender_kind = 'customer') filter (where is_spoken and number_from_last = 1),
            false
        ) as is_customer_last
    from sent
    group by
        source,
        ticket_id
)

select * from final
