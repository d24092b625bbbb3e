-- Grain: one row per source, stream and exclusion reason; null is what counts.
{% set facts = {
    'tickets': 'fct_tickets',
    'messages': 'fct_messages',
    'live_contacts': 'fct_live_contacts',
    'self_service_sessions': 'fct_self_service_sessions',
    'surveys': 'fct_survey_responses',
    'quality_reviews': 'fct_quality_reviews',
    'orders': 'fct_orders',
    'web_visits': 'fct_web_visits',
    'forum_posts': 'fct_forum_posts',
} %}
{% for stream, fact in facts.items() %}
select
    source,
    '{{ stream }}' as stream,
    exclusion_reason,
    count(*) as rows_excluded
from {{ ref(fact) }}
group by
    source,
    exclusion_reason
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
