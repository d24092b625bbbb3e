-- Grain: one row per review of an agent's work.
with reviews as (
    select * from {{ ref('quality_reviews') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

final as (
    select
        reviews.source,
        reviews.review_id,
        coalesce(homes.home_ticket_id, reviews.ticket_id) as ticket_id,
        reviews.agent_id,
        tickets.person_id,
        case
            when homes.ticket_id is null then 'no_ticket'
            when homes.home_ticket_id is null then homes.exclusion_reason
            when bots.agent_id is not null then 'bot'
        end as exclusion_reason,
        reviews.points,
        reviews.points_possible,
        reviews.reviewed_at
    from reviews
    left join homes
        on
            reviews.source = homes.source
            and reviews.ticket_id = homes.ticket_id
    left join tickets
        on
            homes.source = tickets.source
            and homes.home_ticket_id = tickets.ticket_id
    left join bots
        on
            reviews.source = bots.source
            and reviews.agent_id = bots.agent_id
)

select * from final
