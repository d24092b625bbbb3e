-- Grain: one row per customer-initiated ticket with a customer message.
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
        case when is_unanswered then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    where
        is_customer_initiated
        and first_customer_message_at is not null
)

select * from final
