with

newest as (

    {{ newest_versions('gorgias', 'tickets') }}

),

final as (

    select
        source,
        record_id as ticket_id,
        {{ known('customer_id') }} as customer_id,
        {{ known('assignee_user_id') }} as assignee_id,
        {{ known('assignee_team_id') }} as team_id,
        case
            when snooze_at > {{ as_of() }} then 'snoozed'
            else {{ word('status') }}
        end as status,
        case
            when {{ word('via') }} = 'rule' then 'automation'
            when from_agent then 'agent'
            else 'customer'
        end as opened_by,
        {{ word('channel') }} as vendor_channel,
        case
            when {{ word('priority') }} = 'critical' then 'urgent'
            else {{ word('priority') }}
        end as priority,
        {{ known('first_integration_name') }} as brand,
        {{ word('language') }} as language,
        tags,
        subject_matches,
        created_at,
        updated_at,
        closed_at,
        spam as is_spam,
        coalesce(trashed_at <= {{ as_of() }}, false)
        or (operation = 'delete' and trashed_at is null) as is_deleted
    from newest

)

select * from final
