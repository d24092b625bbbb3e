-- Grain: one row per (source, message_id), with what its automation meant by it.
with

messages as (

    select * from {{ ref('stg_gorgias__messages') }}

),

users as (

    select * from {{ ref('stg_gorgias__users') }}

),

automation_rules as (

    select * from {{ ref('automation_rules') }}

),

final as (

    select
        messages.source,
        messages.message_id,
        messages.ticket_id,
        messages.agent_id,
        messages.macro_id,
        messages.sender,
        case
            when messages.sender = 'automation' then coalesce(automation_rules.purpose, 'other')
            -- A bot that writes without a rule was asked something.
            when users.role = 'bot' then 'answer'
        end as purpose,
        messages.vendor_channel,
        messages.body_matches,
        messages.sent_at,
        messages.updated_at,
        messages.is_public,
        messages.is_failed,
        messages.is_deleted
    from messages
    left join users
        on
            messages.source = users.source
            and messages.agent_id = users.agent_id
    left join automation_rules
        on
            messages.source = automation_rules.source
            and messages.rule_id = automation_rules.rule_id

)

select * from final
