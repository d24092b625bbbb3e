-- Grain: one row per inbound ticket with a customer message, answered or not, unless the hours of a
-- response are unknown.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        created_at as observed_at,
        channel,
        response_business_seconds_total as numerator,
        1 as denominator,
        case when is_waiting then 1 else 0 end as n_pending
    from tickets
    where
        is_inbound
        and first_customer_message_at is not null
        and response_business_seconds_total is not null
)

select * from final
