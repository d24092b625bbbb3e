with

newest as (

    {{ newest_versions('files', 'gestures') }}

),

final as (

    select
        source,
        record_id as gesture_id,
        {{ known('customer_id') }} as customer_id,
        {{ known('agent_id') }} as agent_id,
        {{ word('kind') }} as vendor_kind,
        made_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
