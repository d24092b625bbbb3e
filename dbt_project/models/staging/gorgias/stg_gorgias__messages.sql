with

newest as (

    {{ newest_versions('gorgias', 'messages') }}

),

written as (

    select
        *,
        case
            when rule_id is not null or {{ word('via') }} = 'rule' then 'automation'
            when from_agent then 'agent'
            else 'customer'
        end as sender
    from newest

),

final as (

    select
        source,
        record_id as message_id,
        {{ known('ticket_id') }} as ticket_id,
        case when sender = 'agent' then {{ known('sender_id') }} end as agent_id,
        {{ known('rule_id') }} as rule_id,
        {{ known('macro_id') }} as macro_id,
        sender,
        {{ word('channel') }} as vendor_channel,
        body_matches,
        coalesce(sent_at, created_at) as sent_at,
        updated_at,
        public as is_public,
        coalesce(failed_at <= {{ as_of() }}, false) as is_failed,
        coalesce(deleted_at <= {{ as_of() }}, false)
        or (operation = 'delete' and deleted_at is null) as is_deleted
    from written

)

select * from final
