-- Grain: one row per live contact whose wait is known.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

final as (
    select
        started_at as observed_at,
        channel,
        case when queue_seconds > 60 then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from contacts
    where
        exclusion_reason is null
        and has_wait
)

select * from final
