-- Grain: one row per CES answer, the latest of its ticket.
with answers as (
    select * from {{ ref('fct_survey_responses') }}
),

final as (
    select
        answers.responded_at as observed_at,
        answers.channel,
        answers.score as numerator,
        1 as denominator,
        0 as n_pending
    from answers
    where
        answers.kind = 'ces'
        and answers.is_latest
)

select * from final
