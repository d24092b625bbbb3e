-- Grain: one row per (source, event_id) of a kind that the entities know.
with

events as (

    select * from {{ ref('stg_gorgias__events') }}
    where not is_deleted

),

users as (

    select * from {{ ref('stg_gorgias__users') }}

),

-- Gorgias tells what happened, not what was there before: a value before is given where the type
-- implies it. Events of other types say nothing that the entities hold.
event_types as (

    select event_types.*
    from (
        values
        ('ticket-created', 'status', null, 'open', 'customer'),
        ('ticket-closed', 'status', null, 'closed', 'automation'),
        ('ticket-reopened', 'status', 'closed', 'open', 'customer'),
        ('ticket-snoozed', 'status', 'open', 'snoozed', 'automation'),
        ('ticket-unsnoozed', 'status', 'snoozed', 'open', 'automation'),
        ('ticket-self-unsnoozed', 'status', 'snoozed', 'open', 'automation'),
        ('ticket-assigned', 'assignee', null, null, 'automation'),
        ('ticket-unassigned', 'assignee', null, null, 'automation'),
        ('ticket-team-assigned', 'team', null, null, 'automation'),
        ('ticket-team-unassigned', 'team', null, null, 'automation'),
        ('ticket-merged', 'merge', null, null, 'automation')
    ) as event_types (type, kind, from_value, to_value, actor_without_user)

),

final as (

    select
        events.source,
        events.event_id,
        events.ticket_id,
        event_types.kind,
        event_types.from_value,
        case event_types.kind
            when 'status' then event_types.to_value
            when 'assignee' then events.assignee_id
            when 'team' then events.team_id
            when 'merge' then events.merged_into_ticket_id
        end as to_value,
        case
            when events.user_id is null then event_types.actor_without_user
            when users.role = 'bot' then 'automation'
            else 'agent'
        end as actor,
        events.at,
        events.updated_at
    from events
    inner join event_types
        on events.type = event_types.type
    left join users
        on
            events.source = users.source
            and events.user_id = users.agent_id

)

select * from final
