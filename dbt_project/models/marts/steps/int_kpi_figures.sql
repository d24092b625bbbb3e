-- Grain: one row per KPI, period, channel and slice with any observation; '' is unknown.
{% for kpi in var('kpis') %}
{{ roll_up(kpi) }}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
