{#
  The figures of one KPI by period, channel and slice, from what its model observed.

  A ratio or a distribution observes instants (`observed_at`); a set or a state is observed by period. Rows
  without a channel count under `all` alone, rows without a slice's value in no slice.
#}
{% macro roll_up(kpi) -%}
{%- set grains = kpi.grains -%}
{%- set sliced_grains = grains | select('in', ['month', 'quarter', 'year']) | list -%}
{%- set is_by_period = kpi.kind in ['set', 'state'] -%}
{#- Sums of a day are all that its longer periods need, unless slices leave little to sum. -#}
{%- set is_summed_by_day = kpi.kind == 'ratio' and not kpi.slices -%}
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
        cast(date_trunc('{{ grain }}', observed_on) as date) as {{ grain }}_start,
        {% endfor %}
        {% endif %}
        channel,
        {% for slice in kpi.slices %}
        {{ slice }},
        {% endfor %}
        {{ _measured(kpi) | join(', ') }}
    from (
        select
            {% if is_by_period %}
            period_grain,
            period_start,
            {% else %}
            {{ to_local_date('observations.observed_at') }} as observed_on,
            {% endif %}
            -- Unknown is told from `all` by the empty text.
            coalesce(nullif(observations.channel, 'unmapped'), '') as channel,
            {% for slice in kpi.slices %}
            coalesce(cast(observations.{{ slice }} as {{ text_type() }}), '') as {{ slice }},
            {% endfor %}
            {% for measure in _measured(kpi) %}
            {{ 'sum(observations.' ~ measure ~ ') as ' ~ measure if is_summed_by_day else 'observations.' ~ measure }}
            {{- ',' if not loop.last }}
            {% endfor %}
        from {{ ref('kpi_' ~ kpi.id) }} as observations
        {% if not is_by_period %}
        inner join {{ ref('int_kpis__span') }} as spans
            on
                spans.kpi_id = '{{ kpi.id }}'
                and observations.observed_at <= spans.cut_at
        {% endif %}
        {% if is_summed_by_day %}
        group by
            {{ to_local_date('observations.observed_at') }},
            coalesce(nullif(observations.channel, 'unmapped'), '')
        {% endif %}
    ) as told
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
    {%- set shares = {'median': 0.5, 'p90': 0.9} -%}
    {%- if kpi.kind == 'distribution' -%}
    cast(coalesce(sum(value), 0) as {{ double_type() }}) as numerator,
    cast(count(value) as {{ double_type() }}) as denominator,
    {% for statistic, share in shares.items() %}
    {% if statistic in kpi.statistics %}
    {{ percentile('value', share, shares.values() | list) }} as {{ statistic }},
    {% else %}
    cast(null as {{ double_type() }}) as {{ statistic }},
    {% endif %}
    {% endfor %}
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
