-- Grain: one row per inbound ticket and per session that does not count as a ticket.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

sessions as (
    select * from {{ ref('fct_self_service_sessions') }}
),

final as (
    select
        started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when is_resolved then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from sessions
    where
        exclusion_reason is null
        and not is_ticket

    union all

    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when is_self_service_resolved then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    where is_inbound
)

select * from final
