-- Grain: one row per CSAT answer, the latest of its ticket.
with answers as (
    select * from {{ ref('fct_survey_responses') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

persons as (
    select * from {{ ref('dim_persons') }}
),

final as (
    select
        answers.responded_at as observed_at,
        answers.channel,
        tickets.team_id as team,
        answers.agent_id as agent,
        tickets.topic,
        tickets.brand,
        persons.is_vip as vip,
        answers.score as numerator,
        1 as denominator,
        0 as n_pending
    from answers
    left join tickets
        on
            answers.source = tickets.source
            and answers.ticket_id = tickets.ticket_id
    left join persons
        on answers.person_id = persons.person_id
    where
        answers.kind = 'csat'
        and answers.is_latest
)

select * from final
