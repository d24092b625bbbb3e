-- Grain: one row per customer-initiated ticket.
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
        case when is_one_touch then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    where
        is_customer_initiated
)

select * from final
