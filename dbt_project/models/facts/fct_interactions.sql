-- Grain: one row per interaction: a call or chat, a ticket without any, a session, a thread.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and not is_short_abandon
),

sessions as (
    select * from {{ ref('fct_self_service_sessions') }}
    where
        exclusion_reason is null
        and not is_ticket
),

threads as (
    select * from {{ ref('fct_forum_threads') }}
),

named_tickets as (
    select
        source,
        ticket_id
    from contacts
    where ticket_id is not null
    group by
        source,
        ticket_id
),

of_contacts as (
    select
        contacts.source,
        'live' as service_type,
        contacts.kind,
        contacts.channel,
        contacts.person_id,
        contacts.agent_id,
        tickets.team_id,
        tickets.topic,
        contacts.ticket_id,
        contacts.contact_id,
        cast(null as {{ text_type() }}) as session_id,
        cast(null as {{ text_type() }}) as thread_id,
        case
            when contacts.is_answered then 'answered'
            when contacts.is_abandoned then 'abandoned'
            else 'unanswered'
        end as outcome,
        contacts.started_at,
        contacts.ended_at,
        contacts.queue_seconds,
        case
            when contacts.is_answered
                then
                    contacts.talk_seconds
                    + coalesce(contacts.hold_seconds, 0)
                    + coalesce(contacts.wrap_up_seconds, 0)
        end as handle_seconds,
        contacts.transfers as transfer_count,
        contacts.is_abandoned,
        contacts.is_answered as is_human_handled,
        true as is_request
    from contacts
    left join tickets
        on
            contacts.source = tickets.source
            and contacts.ticket_id = tickets.ticket_id
),

of_tickets as (
    select
        tickets.source,
        'live' as service_type,
        'ticket' as kind,
        tickets.channel,
        tickets.person_id,
        tickets.assignee_id as agent_id,
        tickets.team_id,
        tickets.topic,
        tickets.ticket_id,
        cast(null as {{ text_type() }}) as contact_id,
        cast(null as {{ text_type() }}) as session_id,
        cast(null as {{ text_type() }}) as thread_id,
        case
            when tickets.is_abandoned then 'abandoned'
            when tickets.is_unanswered then 'unanswered'
            when tickets.is_closed_now then 'resolved'
            when tickets.touches > 0 then 'answered'
            else 'open'
        end as outcome,
        tickets.created_at as started_at,
        case when tickets.is_closed_now then tickets.closed_at end as ended_at,
        cast(null as bigint) as queue_seconds,
        cast(null as bigint) as handle_seconds,
        tickets.transfer_count,
        tickets.is_abandoned,
        tickets.is_human_handled,
        tickets.is_customer_initiated as is_request
    from tickets
    left join named_tickets
        on
            tickets.source = named_tickets.source
            and tickets.ticket_id = named_tickets.ticket_id
    where
        tickets.is_inbound
        and named_tickets.ticket_id is null
),

of_sessions as (
    select
        source,
        'self_service' as service_type,
        'session' as kind,
        'self_service' as channel,
        person_id,
        cast(null as {{ text_type() }}) as agent_id,
        cast(null as {{ text_type() }}) as team_id,
        topic,
        ticket_id,
        cast(null as {{ text_type() }}) as contact_id,
        session_id,
        cast(null as {{ text_type() }}) as thread_id,
        case
            when is_resolved then 'resolved'
            -- One whose person turned to people within a day went on to them too.
            when outcome = 'resolved' then 'escalated'
            else outcome
        end as outcome,
        started_at,
        ended_at,
        cast(null as bigint) as queue_seconds,
        cast(null as bigint) as handle_seconds,
        cast(null as bigint) as transfer_count,
        outcome = 'abandoned' as is_abandoned,
        false as is_human_handled,
        false as is_request
    from sessions
),

of_threads as (
    select
        source,
        'community' as service_type,
        'thread' as kind,
        'forum' as channel,
        cast(null as {{ text_type() }}) as person_id,
        cast(null as {{ text_type() }}) as agent_id,
        cast(null as {{ text_type() }}) as team_id,
        topic,
        cast(null as {{ text_type() }}) as ticket_id,
        cast(null as {{ text_type() }}) as contact_id,
        cast(null as {{ text_type() }}) as session_id,
        thread_id,
        case
            when solved_at is not null then 'resolved'
            when first_answered_at is not null then 'answered'
            else 'open'
        end as outcome,
        created_at as started_at,
        solved_at as ended_at,
        cast(null as bigint) as queue_seconds,
        cast(null as bigint) as handle_seconds,
        cast(null as bigint) as transfer_count,
        false as is_abandoned,
        false as is_human_handled,
        false as is_request
    from threads
),

unioned as (
    select * from of_contacts
    union all
    select * from of_tickets
    union all
    select * from of_sessions
    union all
    select * from of_threads
),

final as (
    select
        kind || '|' || source || '|' || coalesce(contact_id, session_id, thread_id, ticket_id)
            as interaction_id,
        *,
        cast(null as {{ text_type() }}) as exclusion_reason
    from unioned
)

select * from final
