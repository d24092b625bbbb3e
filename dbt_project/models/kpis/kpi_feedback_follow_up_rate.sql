-- Grain: one row per bad answer of a known person, three days old at least.
with answers as (
    select * from {{ ref('fct_survey_responses') }}
),

messages as (
    select * from {{ ref('fct_messages') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

bad_answers as (
    select
        source,
        survey_id,
        person_id,
        channel,
        responded_at,
        responded_at + interval '3' day as followed_until
    from answers
    where
        is_latest
        and person_id is not null
        and (
            (kind = 'csat' and score <= 2)
            or (kind = 'nps' and score <= 6)
        )
        and responded_at <= {{ as_of() }} - interval '3' day
),

-- What a person wrote to them on any ticket, and the calls and chats that were answered.
turned_to as (
    select
        person_id,
        sent_at as happened_at
    from messages
    where
        exclusion_reason is null
        and sender_kind = 'human'

    union all

    select
        person_id,
        started_at as happened_at
    from contacts
    where
        exclusion_reason is null
        and is_answered
),

followed_up as (
    select
        bad_answers.source,
        bad_answers.survey_id
    from bad_answers
    inner join turned_to
        on
            bad_answers.person_id = turned_to.person_id
            and bad_answers.responded_at < turned_to.happened_at
            and bad_answers.followed_until >= turned_to.happened_at
    group by
        bad_answers.source,
        bad_answers.survey_id
),

final as (
    select
        bad_answers.responded_at as observed_at,
        bad_answers.channel,
        case when followed_up.survey_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from bad_answers
    left join followed_up
        on
            bad_answers.source = followed_up.source
            and bad_answers.survey_id = followed_up.survey_id
)

select * from final
