-- Grain: one row per source and entity with any record that ends before it begins.
with

backward as (

    -- terms: Resolution. A closing before the ticket began leaves it out of the KPI.
    select
        source,
        'tickets' as stream
    from {{ ref('fct_tickets') }}
    where
        is_inbound
        and is_closed_now
        and resolution_seconds is null

    {% for entity, condition in {
        'live_contacts':
            'answered_at < started_at or ended_at < started_at or ended_at < answered_at',
        'self_service_sessions': 'ended_at < started_at',
        'agent_shifts': 'ended_at < started_at',
        'orders': 'delivered_at < created_at',
        'subscriptions': 'ended_at < started_at',
    }.items() %}
    union all

    select
        source,
        '{{ entity }}' as stream
    from {{ ref(entity) }}
    where {{ condition }}
    {% endfor %}

)

select
    source,
    stream,
    count(*) as backward_spans
from backward
group by source, stream
