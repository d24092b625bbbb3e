with

newest as (

    {{ newest_versions('files', 'surveys') }}

),

final as (

    select
        source,
        record_id as survey_id,
        {{ known('ticket_id') }} as ticket_id,
        {{ known('contact_id') }} as contact_id,
        {{ known('agent_id') }} as agent_id,
        {{ known('customer_id') }} as customer_id,
        {{ word('kind') }} as kind,
        score,
        {{ word('channel') }} as vendor_channel,
        sent_at,
        responded_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
