-- Grain: one row per NPS answer, the latest of its ticket.
with answers as (
    select * from {{ ref('fct_survey_responses') }}
),

persons as (
    select * from {{ ref('dim_persons') }}
),

final as (
    select
        answers.responded_at as observed_at,
        answers.channel,
        persons.is_vip as vip,
        case
            when answers.score >= 9 then 1
            when answers.score <= 6 then -1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from answers
    left join persons
        on answers.person_id = persons.person_id
    where
        answers.kind = 'nps'
        and answers.is_latest
)

select * from final
