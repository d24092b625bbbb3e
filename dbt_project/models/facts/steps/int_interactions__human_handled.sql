-- Grain: one row per answered call or chat, and per inbound ticket of a person's that none names.
with interactions as (
    select * from {{ ref('fct_interactions') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

answered_contacts as (
    select * from interactions
    where
        contact_id is not null
        and is_human_handled
),

answered_tickets as (
    select
        source,
        ticket_id
    from answered_contacts
    where ticket_id is not null
    group by
        source,
        ticket_id
),

final as (
    select
        source,
        kind,
        contact_id as record_id,
        channel,
        topic,
        team_id,
        agent_id,
        person_id,
        started_at,
        transfer_count > 0 as is_transferred
    from answered_contacts

    union all

    -- A ticket that only a missed call names is no interaction of its own, but people handled it.
    select
        tickets.source,
        'ticket' as kind,
        tickets.ticket_id as record_id,
        tickets.channel,
        tickets.topic,
        tickets.team_id,
        tickets.assignee_id as agent_id,
        tickets.person_id,
        tickets.created_at as started_at,
        tickets.transfer_count > 0 as is_transferred
    from tickets
    left join answered_tickets
        on
            tickets.source = answered_tickets.source
            and tickets.ticket_id = answered_tickets.ticket_id
    where
        tickets.is_human_handled
        and answered_tickets.ticket_id is null
)

select * from final
