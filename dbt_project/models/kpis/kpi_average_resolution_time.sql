-- Grain: one row per inbound ticket that is closed now and whose resolution is known.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        closed_at as observed_at,
        channel,
        team_id as team,
        assignee_id as agent,
        topic,
        brand,
        language,
        customer_group = 'vip' as vip,
        resolution_seconds as value,
        0 as n_pending
    from tickets
    where
        is_inbound
        and is_closed_now
        and resolution_seconds is not null
)

select * from final
