-- Grain: one row per inbound ticket that is closed now and whose resolution's business time is
-- known.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

persons as (
    select * from {{ ref('dim_persons') }}
),

final as (
    select
        tickets.closed_at as observed_at,
        tickets.channel,
        tickets.team_id as team,
        tickets.assignee_id as agent,
        tickets.topic,
        tickets.brand,
        tickets.language,
        persons.is_vip as vip,
        tickets.resolution_business_seconds as value,
        0 as n_pending
    from tickets
    left join persons
        on tickets.person_id = persons.person_id
    where
        tickets.is_inbound
        and tickets.is_closed_now
        and tickets.resolution_business_seconds is not null
)

select * from final
