-- Grain: one row per answered live contact whose time of talking is known.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

final as (
    select
        coalesce(ended_at, started_at) as observed_at,
        channel,
        talk_seconds + coalesce(hold_seconds, 0) + coalesce(wrap_up_seconds, 0) as numerator,
        1 as denominator,
        0 as n_pending
    from contacts
    where
        exclusion_reason is null
        and is_answered
        and talk_seconds is not null
)

select * from final
