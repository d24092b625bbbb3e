-- Grain: one row per SLA clock that is met or breached.
with clocks as (
    select * from {{ ref('fct_sla_clocks') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

final as (
    select
        clocks.decided_at as observed_at,
        tickets.channel,
        tickets.team_id as team,
        tickets.assignee_id as agent,
        tickets.topic,
        tickets.brand,
        tickets.language,
        tickets.customer_group = 'vip' as vip,
        case when clocks.outcome = 'met' then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from clocks
    inner join tickets
        on
            clocks.source = tickets.source
            and clocks.ticket_id = tickets.ticket_id
    where clocks.outcome in ('met', 'breached')
)

select * from final
