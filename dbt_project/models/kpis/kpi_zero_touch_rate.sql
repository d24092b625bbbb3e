-- Grain: one row per customer-initiated ticket.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        created_at as observed_at,
        channel,
        case
            when is_closed_now and touches = 0 and not is_self_service_resolved then 1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    where is_customer_initiated
)

select * from final
