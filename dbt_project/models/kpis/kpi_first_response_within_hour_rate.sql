-- Grain: one row per customer-initiated ticket whose first customer message is an hour old.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        created_at as observed_at,
        channel,
        case when first_response_seconds <= 3600 then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    where
        is_customer_initiated
        -- Whoever wrote within the hour may still be answered in time.
        and first_customer_message_at <= {{ as_of() }} - interval '1' hour
)

select * from final
