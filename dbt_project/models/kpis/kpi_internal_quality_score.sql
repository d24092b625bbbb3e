-- Grain: one row per review of a person's work.
with reviews as (
    select * from {{ ref('fct_quality_reviews') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        reviews.reviewed_at as observed_at,
        tickets.channel,
        reviews.agent_id as agent,
        tickets.team_id as team,
        reviews.points as numerator,
        reviews.points_possible as denominator,
        0 as n_pending
    from reviews
    inner join tickets
        on
            reviews.source = tickets.source
            and reviews.ticket_id = tickets.ticket_id
    where reviews.exclusion_reason is null
)

select * from final
