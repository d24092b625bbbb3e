with

newest as (

    {{ newest_versions('files', 'agents') }}

),

final as (

    select
        source,
        record_id as agent_id,
        {{ known('team_id') }} as team_id,
        {{ known('name') }} as name,
        {{ word('role') }} as role,
        active_from,
        active_until,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
