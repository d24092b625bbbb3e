-- Grain: one row per watched KPI, measure, channel (or `all`), day and hour; the day has no hour.
{% for kpi in var('kpis') if kpi.watched and kpi.id != 'first_response_time' %}
{{ watched_figures(kpi) }}
union all
{% endfor %}
select
    'first_response_time' as kpi_id,
    measure,
    channel,
    on_date,
    hour,
    value,
    n
from {{ ref('int_first_responses__watched') }}
