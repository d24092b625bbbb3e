-- Grain: one row per KPI that has a definition.
{% for kpi in var('kpis') %}
select
    '{{ kpi.id }}' as kpi_id,
    '{{ kpi.kind }}' as kind,
    '{{ kpi.unit }}' as unit,
    cast({{ kpi.scale }} as {{ double_type() }}) as scale,
    '{{ kpi.better }}' as better,
    {{ kpi.by_channel | tojson }} as is_by_channel,
    {% for floor in ['points', 'times', 'errors'] %}
    cast({{ (kpi.watched or {})[floor] | default('null', true) }} as {{ double_type() }})
        as floor_{{ floor }},
    {% endfor %}
    cast({{ kpi.matures_after_seconds }} as bigint) as matures_after_seconds,
    {{ text_list(kpi.statistics | map('tojson') | map('replace', '"', "'") | list) }} as statistics,
    {{ text_list(kpi.grains | map('tojson') | map('replace', '"', "'") | list) }} as grains,
    {{ text_list(kpi.needs | map('tojson') | map('replace', '"', "'") | list) }} as needs
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
