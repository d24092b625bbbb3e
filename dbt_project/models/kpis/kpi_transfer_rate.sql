-- Grain: one row per interaction that people handled.
with interactions as (
    select * from {{ ref('int_interactions__human_handled') }}
),

final as (
    select
        started_at as observed_at,
        channel,
        topic,
        team_id as team,
        case when is_transferred then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from interactions
)

select * from final
