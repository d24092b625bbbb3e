with

newest as (

    {{ newest_versions('files', 'self_service_sessions') }}

),

final as (

    select
        source,
        record_id as session_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('customer_id') }} as customer_id,
        {{ word('tool') }} as vendor_tool,
        {{ known('topic') }} as topic,
        {{ word('outcome') }} as outcome,
        started_at,
        ended_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
