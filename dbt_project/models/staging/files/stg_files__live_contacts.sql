with

newest as (

    {{ newest_versions('files', 'live_contacts') }}

),

final as (

    select
        source,
        record_id as contact_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('customer_id') }} as customer_id,
        {{ known('agent_id') }} as agent_id,
        {{ word('kind') }} as kind,
        {{ word('channel') }} as vendor_channel,
        transfers,
        {{ word('outcome') }} as outcome,
        started_at,
        answered_at,
        ended_at,
        updated_at,
        ivr_seconds,
        queue_seconds,
        talk_seconds,
        hold_seconds,
        wrap_up_seconds,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
