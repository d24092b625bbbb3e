with

newest as (

    {{ newest_versions('files', 'agent_shifts') }}

),

final as (

    select
        source,
        record_id as shift_id,
        {{ known('agent_id') }} as agent_id,
        {{ word('channel') }} as vendor_channel,
        started_at,
        ended_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
