-- Grain: one row per customer-initiated ticket that has its first response or still waits for it.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        created_at as observed_at,
        channel,
        team_id as team,
        assignee_id as agent,
        topic,
        brand,
        language,
        customer_group = 'vip' as vip,
        first_response_seconds as value,
        case when first_response_seconds is null then 1 else 0 end as n_pending
    from tickets
    where
        is_customer_initiated
        and (first_response_seconds is not null or is_waiting)
)

select * from final
