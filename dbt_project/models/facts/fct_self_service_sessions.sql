-- Grain: one row per self-service session.
with sessions as (
    select * from {{ ref('self_service_sessions') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

-- Whenever a person turned to people, hanging up after a moment included.
approaches as (
    select
        person_id,
        created_at as approached_at
    from tickets
    where
        is_customer_initiated
        and person_id is not null

    union all

    select
        person_id,
        started_at as approached_at
    from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and person_id is not null
),

joined as (
    select
        sessions.source,
        sessions.session_id,
        sessions.tool,
        sessions.topic,
        sessions.customer_id,
        persons.person_id,
        homes.home_ticket_id as ticket_id,
        sessions.outcome,
        case
            when homes.ticket_id is not null and homes.home_ticket_id is null
                then homes.exclusion_reason
        end as exclusion_reason,
        sessions.started_at,
        sessions.ended_at,
        sessions.outcome = 'escalated' and coalesce(tickets.is_inbound, false) as is_ticket
    from sessions
    left join homes
        on
            sessions.source = homes.source
            and sessions.ticket_id = homes.ticket_id
    left join tickets
        on
            homes.source = tickets.source
            and homes.home_ticket_id = tickets.ticket_id
    left join persons
        on
            sessions.source = persons.source
            and sessions.customer_id = persons.customer_id
),

came_back as (
    select
        joined.source,
        joined.session_id
    from joined
    inner join approaches
        on
            joined.person_id = approaches.person_id
            and joined.started_at < approaches.approached_at
            and joined.started_at + interval '24' hour >= approaches.approached_at
    where joined.outcome = 'resolved'
    group by
        joined.source,
        joined.session_id
),

final as (
    select
        joined.*,
        joined.outcome = 'resolved'
        and joined.exclusion_reason is null
        and came_back.session_id is null as is_resolved
    from joined
    left join came_back
        on
            joined.source = came_back.source
            and joined.session_id = came_back.session_id
)

select * from final
