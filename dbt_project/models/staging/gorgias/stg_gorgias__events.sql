with

newest as (

    {{ newest_versions('gorgias', 'events') }}

),

final as (

    select
        source,
        record_id as event_id,
        {{ known('object_id') }} as ticket_id,
        {{ known('user_id') }} as user_id,
        {{ known('assignee_user_id') }} as assignee_id,
        {{ known('assignee_team_id') }} as team_id,
        {{ known('merged_into_ticket_id') }} as merged_into_ticket_id,
        {{ word('type') }} as type,
        created_at as at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest
    where {{ word('object_type') }} = 'ticket'

)

select * from final
