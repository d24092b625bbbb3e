-- Grain: one row per customer-initiated ticket.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

persons as (
    select * from {{ ref('dim_persons') }}
),

final as (
    select
        tickets.created_at as observed_at,
        tickets.channel,
        tickets.team_id as team,
        tickets.assignee_id as agent,
        tickets.topic,
        tickets.brand,
        tickets.language,
        persons.is_vip as vip,
        case when tickets.is_one_touch then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    left join persons
        on tickets.person_id = persons.person_id
    where
        tickets.is_customer_initiated
)

select * from final
