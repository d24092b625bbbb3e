-- Grain: one row per survey sent, of any kind.
with surveys as (
    select * from {{ ref('fct_survey_responses') }}
),

final as (
    select
        sent_at as observed_at,
        channel,
        case when score is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from surveys
    where exclusion_reason is null
)

select * from final
