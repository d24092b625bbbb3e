-- Grain: one row per interaction.
with interactions as (
    select * from {{ ref('fct_interactions') }}
),

final as (
    select
        started_at as observed_at,
        channel,
        case when is_abandoned then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from interactions
    where service_type <> 'community'
)

select * from final
