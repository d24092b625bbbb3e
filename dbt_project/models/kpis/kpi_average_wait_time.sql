-- Grain: one row per live contact whose wait is known.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

final as (
    select
        started_at as observed_at,
        channel,
        queue_seconds as value,
        0 as n_pending
    from contacts
    where
        exclusion_reason is null
        and has_wait
)

select * from final
