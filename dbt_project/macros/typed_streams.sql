{# The streams of each kind of source that are typed. #}
{% macro typed_streams() -%}
    {{ return({
        'gorgias': [
            'tickets', 'messages', 'satisfaction_surveys', 'customers', 'users', 'events', 'tags'
        ],
        'files': [
            'tickets', 'messages', 'ticket_events', 'live_contacts', 'self_service_sessions', 'surveys',
            'customers', 'agents', 'orders', 'subscriptions', 'quality_reviews', 'forum_threads',
            'forum_posts', 'web_visits', 'marketing_costs', 'support_costs', 'gestures', 'agent_shifts'
        ],
    }) }}
{%- endmacro %}
