with

newest as (

    {{ newest_versions('gorgias', 'users') }}

),

final as (

    select
        source,
        record_id as agent_id,
        {{ known('name') }} as name,
        case
            when {{ word('role') }} in ('admin', 'lead-agent') then 'lead'
            when {{ word('role') }} = 'bot' then 'bot'
            when {{ word('role') }} is not null then 'agent'
        end as role,
        created_at as active_from,
        deactivated_at as active_until,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
