-- Grain: one row per survey on a ticket or a contact.
with surveys as (
    select * from {{ ref('fct_survey_responses') }}
    where
        exclusion_reason is null
        and (ticket_id is not null or contact_id is not null)
),

messages as (
    select * from {{ ref('fct_messages') }}
    where
        exclusion_reason is null
        and sender_kind = 'human'
),

closings as (
    select * from {{ ref('fct_ticket_closings') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

-- What a ticket's matter went on by.
steps_of_tickets as (
    select
        source,
        ticket_id,
        sent_at as dealt_at
    from messages

    union all

    select
        source,
        ticket_id,
        closed_at as dealt_at
    from closings
),

steps as (
    select
        surveys.source,
        surveys.survey_id,
        steps_of_tickets.dealt_at
    from surveys
    inner join steps_of_tickets
        on
            surveys.source = steps_of_tickets.source
            and surveys.ticket_id = steps_of_tickets.ticket_id
            and surveys.sent_at >= steps_of_tickets.dealt_at

    union all

    select
        surveys.source,
        surveys.survey_id,
        coalesce(contacts.ended_at, contacts.started_at) as dealt_at
    from surveys
    inner join contacts
        on
            surveys.source = contacts.source
            and surveys.contact_id = contacts.contact_id
            and surveys.sent_at >= coalesce(contacts.ended_at, contacts.started_at)
),

last_steps as (
    select
        source,
        survey_id,
        max(dealt_at) as dealt_at
    from steps
    group by
        source,
        survey_id
),

final as (
    select
        surveys.sent_at as observed_at,
        surveys.channel,
        case
            when
                last_steps.dealt_at + {{ setting('survey_hours') }} * interval '1' hour
                >= surveys.sent_at
                then 1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from surveys
    left join last_steps
        on
            surveys.source = last_steps.source
            and surveys.survey_id = last_steps.survey_id
)

select * from final
