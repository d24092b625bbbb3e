with

newest as (

    {{ newest_versions('files', 'messages') }}

),

final as (

    select
        source,
        record_id as message_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('agent_id') }} as agent_id,
        {{ known('macro_id') }} as macro_id,
        {{ word('sender') }} as sender,
        {{ word('channel') }} as vendor_channel,
        {{ word('purpose') }} as purpose,
        body_matches,
        sent_at,
        updated_at,
        is_public,
        is_failed,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
