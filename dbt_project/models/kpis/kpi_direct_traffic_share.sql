-- Grain: one row per visit.
with visits as (
    select * from {{ ref('fct_web_visits') }}
),

final as (
    select
        visits.started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case
            when
                coalesce(lower(visits.visit_source), 'direct') in ('direct', '(direct)')
                and coalesce(lower(visits.medium), 'none') in ('none', '(none)')
                and visits.campaign is null
                then 1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from visits
    where visits.exclusion_reason is null
)

select * from final
