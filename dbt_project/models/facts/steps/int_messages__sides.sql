-- Grain: one row per message.
with messages as (
    select * from {{ ref('messages') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

sided as (
    select
        messages.*,
        case
            when not messages.is_public or messages.is_failed is true then 'other'
            when messages.sender = 'customer' then 'customer'
            when messages.sender = 'automation' or bots.agent_id is not null then 'automated'
            else 'human'
        end as sender_kind
    from messages
    left join bots
        on
            messages.source = bots.source
            and messages.agent_id = bots.agent_id
),

final as (
    select
        sided.source,
        sided.message_id,
        sided.ticket_id as named_ticket_id,
        homes.home_ticket_id as ticket_id,
        sided.sent_at,
        sided.sender_kind,
        sided.agent_id,
        sided.macro_id,
        sided.channel as own_channel,
        coalesce(sided.channel, homes.home_channel) as channel,
        sided.is_public,
        coalesce(sided.sender_kind = 'automated' and sided.purpose = 'answer', false)
            as is_automated_answer,
        case
            when homes.ticket_id is null then 'no_ticket'
            when homes.home_ticket_id is null then homes.exclusion_reason
        end as exclusion_reason
    from sided
    left join homes
        on
            sided.source = homes.source
            and sided.ticket_id = homes.ticket_id
)

select * from final
