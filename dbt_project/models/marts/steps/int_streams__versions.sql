-- Grain: one row per source and stream of the landing zone with any record.
{% set streams = {
    'gorgias': [
        'tickets', 'messages', 'satisfaction_surveys', 'customers', 'users', 'events', 'tags'
    ],
    'files': [
        'tickets', 'messages', 'ticket_events', 'live_contacts', 'self_service_sessions', 'surveys',
        'customers', 'agents', 'orders', 'subscriptions', 'quality_reviews',
        'forum_threads', 'forum_posts', 'web_visits', 'marketing_costs', 'support_costs', 'gestures',
        'agent_shifts'
    ],
} %}
{% for kind, names in streams.items() %}
{% for name in names %}
select
    source,
    '{{ name }}' as stream,
    count(distinct record_id) as newest,
    count(*) - count(distinct record_id) as superseded
from {{ ref('typed_' ~ kind ~ '__' ~ name) }}
group by source
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
