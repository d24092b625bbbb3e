{#
  The figures of one KPI by period, channel and slice, from what its model observed.

  A ratio or a distribution observes instants (`observed_at`); a set or a state is observed by period. Rows
  without a channel count under `all` alone, rows without a slice's value in no slice.
#}
{% macro roll_up(kpi) -%}
{%- set grains = kpi.grains -%}
{%- set sliced_grains = grains | select('in', ['month', 'quarter', 'year']) | list -%}
{%- set is_by_period = kpi.kind in ['set', 'state'] -%}
select
    '{{ kpi.id }}' as kpi_id,
    {% if is_by_period %}
    period_grain,
    period_start,
    {% else %}
    case
        {% for grain in grains %}
        when {{ grain }}_start is not null then '{{ grain }}'
        {% endfor %}
    end as period_grain,
    coalesce({% for grain in grains %}{{ grain }}_start{% if not loop.last %}, {% endif %}{% endfor %}) as period_start,
    {% endif %}
    {{ "coalesce(channel, 'all')" if kpi.by_channel else "'all'" }} as channel,
    {% if kpi.slices %}
    case
        {% for slice in kpi.slices %}
        when {{ slice }} is not null then '{{ slice }}'
        {% endfor %}
        else 'all'
    end as slice,
    coalesce({% for slice in kpi.slices %}{{ slice }}, {% endfor %}'all') as slice_value,
    {% else %}
    'all' as slice,
    'all' as slice_value,
    {% endif %}
    {{ _measures(kpi) }}
from (
    select
        {% if is_by_period %}
        period_grain,
        period_start,
        {% else %}
        {% for grain in grains %}
        cast(date_trunc('{{ grain }}', {{ local_timestamp('observations.observed_at') }}) as date) as {{ grain }}_start,
        {% endfor %}
        {% endif %}
        -- Unknown is told from `all` by the empty text.
        coalesce(nullif(observations.channel, 'unmapped'), '') as channel,
        {% for slice in kpi.slices %}
        coalesce(cast(observations.{{ slice }} as {{ text_type() }}), '') as {{ slice }},
        {% endfor %}
        {% for measure in _measured(kpi) %}
        observations.{{ measure }},
        {% endfor %}
    from {{ ref('kpi_' ~ kpi.id) }} as observations
    {% if not is_by_period %}
    inner join {{ ref('int_kpis__span') }} as spans
        on
            spans.kpi_id = '{{ kpi.id }}'
            and observations.observed_at <= spans.cut_at
    {% endif %}
) as observed
group by grouping sets (
    {% if is_by_period %}
    (period_grain, period_start){% if kpi.by_channel %},
    (period_grain, period_start, channel){% endif %}
    {% else %}
    {% for grain in grains %}
    ({{ grain }}_start){% if kpi.by_channel %},
    ({{ grain }}_start, channel){% endif %}{% if not loop.last %},{% endif %}
    {% endfor %}
    {% for grain in sliced_grains %}{% for slice in kpi.slices %},
    ({{ grain }}_start, {{ slice }})
    {% endfor %}{% endfor %}
    {% endif %}
)
{%- endmacro %}

{% macro _measured(kpi) -%}
    {{ return({
        'ratio': ['numerator', 'denominator', 'n_pending'],
        'distribution': ['value', 'n_pending'],
        'set': ['numerator', 'denominator', 'n'],
        'state': ['value', 'n'],
    }[kpi.kind]) }}
{%- endmacro %}

{% macro _measures(kpi) -%}
    {%- if kpi.kind == 'distribution' -%}
    cast(coalesce(sum(value), 0) as {{ double_type() }}) as numerator,
    cast(count(value) as {{ double_type() }}) as denominator,
    {{ percentile('value', 0.5) if 'median' in kpi.statistics else 'cast(null as ' ~ double_type() ~ ')' }} as median,
    {{ percentile('value', 0.9) if 'p90' in kpi.statistics else 'cast(null as ' ~ double_type() ~ ')' }} as p90,
    cast(null as {{ double_type() }}) as total,
    cast(count(value) as bigint) as n,
    cast(sum(n_pending) as bigint) as n_pending
    {%- elif kpi.kind == 'state' -%}
    cast(null as {{ double_type() }}) as numerator,
    cast(null as {{ double_type() }}) as denominator,
    cast(null as {{ double_type() }}) as median,
    cast(null as {{ double_type() }}) as p90,
    cast(sum(value) as {{ double_type() }}) as total,
    cast(sum(n) as bigint) as n,
    cast(0 as bigint) as n_pending
    {%- else -%}
    cast(sum(numerator) as {{ double_type() }}) as numerator,
    cast(sum(denominator) as {{ double_type() }}) as denominator,
    cast(null as {{ double_type() }}) as median,
    cast(null as {{ double_type() }}) as p90,
    cast(null as {{ double_type() }}) as total,
    {% if kpi.kind == 'ratio' %}
    cast(floor(coalesce(sum(denominator), 0)) as bigint) as n,
    cast(sum(n_pending) as bigint) as n_pending
    {% else %}
    cast(sum(n) as bigint) as n,
    cast(0 as bigint) as n_pending
    {% endif %}
    {%- endif -%}
{%- endmacro %}
