-- Grain: one row per customer-initiated ticket that waits for its first response or has one whose
-- business time is known.
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
        tickets.first_response_business_seconds as value,
        case when tickets.first_response_seconds is null then 1 else 0 end as n_pending
    from tickets
    left join persons
        on tickets.person_id = persons.person_id
    where
        tickets.is_customer_initiated
        and (
            tickets.first_response_business_seconds is not null
            or (tickets.first_response_seconds is null and tickets.is_waiting)
        )
)

select * from final
