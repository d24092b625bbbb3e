-- Grain: one row per chatbot session that was handed over and not excluded.
with sessions as (
    select
        *,
        coalesce(ended_at, started_at) as handed_over_at
    from {{ ref('fct_self_service_sessions') }}
    where
        tool = 'chatbot'
        and outcome = 'escalated'
        and exclusion_reason is null
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

messages as (
    select * from {{ ref('fct_messages') }}
    where
        exclusion_reason is null
        and sender_kind = 'human'
),

contacts as (
    select
        *,
        coalesce(answered_at, started_at) as spoken_at
    from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and is_answered
),

words_of_people as (
    select
        source,
        ticket_id,
        sent_at as spoken_at
    from messages

    union all

    select
        source,
        ticket_id,
        spoken_at
    from contacts
    where ticket_id is not null
),

-- On the ticket that it became, whenever that was, and with the same person within a day.
reached as (
    select
        sessions.source,
        sessions.session_id,
        words_of_people.spoken_at
    from sessions
    inner join words_of_people
        on
            sessions.source = words_of_people.source
            and sessions.ticket_id = words_of_people.ticket_id
            and sessions.handed_over_at <= words_of_people.spoken_at

    union all

    select
        sessions.source,
        sessions.session_id,
        contacts.spoken_at
    from sessions
    inner join contacts
        on
            sessions.person_id = contacts.person_id
            and sessions.handed_over_at <= contacts.spoken_at
            and sessions.handed_over_at + interval '24' hour >= contacts.spoken_at
),

first_reached as (
    select
        source,
        session_id,
        min(spoken_at) as spoken_at
    from reached
    group by
        source,
        session_id
),

final as (
    select
        sessions.handed_over_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        {{ seconds_between('sessions.handed_over_at', 'first_reached.spoken_at') }} as value,
        case
            when first_reached.spoken_at is not null then 0
            when not tickets.is_closed_now then 1
            when sessions.handed_over_at + interval '24' hour > {{ as_of() }} then 1
            else 0
        end as n_pending
    from sessions
    left join first_reached
        on
            sessions.source = first_reached.source
            and sessions.session_id = first_reached.session_id
    left join tickets
        on
            sessions.source = tickets.source
            and sessions.ticket_id = tickets.ticket_id
)

select * from final
