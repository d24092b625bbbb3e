{#
  The figures of the KPIs of some kinds by period, channel and slice, from what their models observed.

  A ratio or a distribution observes instants (`observed_at`); a set or a state is observed by period. Rows
  without a channel count under `all` alone, rows without a slice's value in no slice.
#}
{% macro roll_ups(kinds) -%}
    {% for kpi in var('kpis') if kpi.kind in kinds %}
    {{ _roll_up(kpi) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro _roll_up(kpi) -%}
    {{ _roll_up_sums(kpi) if kpi.kind == 'ratio' else _roll_up_rows(kpi) }}
{%- endmacro %}

{# Sums of a day, and in a slice of a month, are all that longer periods need. #}
{% macro _roll_up_sums(kpi) -%}
{%- set starts = _starts(kpi.grains) -%}
select
    '{{ kpi.id }}' as kpi_id,
    {{ _period(kpi.grains) }},
    {{ "coalesce(channel, 'all')" if kpi.by_channel else "'all'" }} as channel,
    slice,
    slice_value,
    {{ _measures(kpi) }}
from (
    select
        {{ _truncated(kpi.grains) }},
        channel,
        slice,
        slice_value,
        {{ _measured(kpi) | join(', ') }}
    from (
        select
            {{ 'coalesce(observed_on, month_start)' if kpi.slices else 'observed_on' }} as observed_on,
            -- A slice is of all channels together.
            coalesce(channel, '') as channel,
            {{ _slice(kpi) }},
            {% for measure in _measured(kpi) %}
            sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
            {% endfor %}
        from (
            select
                *,
                cast(date_trunc('month', observed_on) as date) as month_start
            from {{ _told(kpi) }}
        ) as dated
        group by grouping sets (
            (observed_on, channel){% for slice in kpi.slices %},
            (month_start, {{ slice }}){% endfor %}
        )
    ) as summed
) as observed
group by grouping sets (
    {% for start in starts %}
    ({{ start }}, slice, slice_value){% if kpi.by_channel %},
    ({{ start }}, channel, slice, slice_value){% endif %}{{ ',' if not loop.last }}
    {% endfor %}
)
{% for start in _starts(_sliced(kpi.grains)) %}
{{ 'having slice = \'all\'' if loop.first }} or ({{ start }} is not null{{ ' and channel is null' if kpi.by_channel }})
{% endfor %}
{%- endmacro %}

{% macro _roll_up_rows(kpi) -%}
{%- set is_by_period = kpi.kind in ['set', 'state'] -%}
select
    '{{ kpi.id }}' as kpi_id,
    {% if is_by_period %}
    period_grain,
    period_start,
    {% else %}
    {{ _period(kpi.grains) }},
    {% endif %}
    {{ "coalesce(channel, 'all')" if kpi.by_channel else "'all'" }} as channel,
    {{ _slice(kpi) }},
    {{ _measures(kpi) }}
from (
    select
        {{ 'period_grain, period_start' if is_by_period else _truncated(kpi.grains) }},
        channel,
        {% for slice in kpi.slices %}
        {{ slice }},
        {% endfor %}
        {{ _measured(kpi) | join(', ') }}
    from {{ _told(kpi) }}
) as observed
group by grouping sets (
    {% if is_by_period %}
    (period_grain, period_start){% if kpi.by_channel %},
    (period_grain, period_start, channel){% endif %}
    {% else %}
    {% for start in _starts(kpi.grains) %}
    ({{ start }}){% if kpi.by_channel %},
    ({{ start }}, channel){% endif %}{{ ',' if not loop.last }}
    {% endfor %}
    {% for start in _starts(_sliced(kpi.grains)) %}{% for slice in kpi.slices %},
    ({{ start }}, {{ slice }})
    {% endfor %}{% endfor %}
    {% endif %}
)
{%- endmacro %}

{# A relation: what the KPI's model observed up to its cut, unknown being told from `all` by the empty text. #}
{% macro _told(kpi) -%}
{%- set is_by_period = kpi.kind in ['set', 'state'] -%}
(
    select
        {% if is_by_period %}
        period_grain,
        period_start,
        {% else %}
        {{ to_local_date('observations.observed_at') }} as observed_on,
        {% endif %}
        coalesce(nullif(observations.channel, 'unmapped'), '') as channel,
        {% for slice in kpi.slices %}
        coalesce(cast(observations.{{ slice }} as {{ text_type() }}), '') as {{ slice }},
        {% endfor %}
        {% for measure in _measured(kpi) %}
        observations.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('kpi_' ~ kpi.id) }} as observations
    {% if not is_by_period %}
    inner join {{ ref('int_kpis__span') }} as spans
        on
            spans.kpi_id = '{{ kpi.id }}'
            and observations.observed_at <= spans.cut_at
    {% endif %}
) as told
{%- endmacro %}

{% macro _sliced(grains) -%}
    {{ return(grains | select('in', ['month', 'quarter', 'year']) | list) }}
{%- endmacro %}

{% macro _starts(grains) -%}
    {% set starts = [] %}
    {% for grain in grains %}{% do starts.append(grain ~ '_start') %}{% endfor %}
    {{ return(starts) }}
{%- endmacro %}

{% macro _truncated(grains) -%}
    {% for grain in grains %}
    cast(date_trunc('{{ grain }}', observed_on) as date) as {{ grain }}_start{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro _period(grains) -%}
    case
        {% for grain in grains %}
        when {{ grain }}_start is not null then '{{ grain }}'
        {% endfor %}
    end as period_grain,
    coalesce({{ _starts(grains) | join(', ') }}) as period_start
{%- endmacro %}

{% macro _slice(kpi) -%}
    {% if kpi.slices %}
    case
        {% for slice in kpi.slices %}
        when {{ slice }} is not null then '{{ slice }}'
        {% endfor %}
        else 'all'
    end as slice,
    coalesce({% for slice in kpi.slices %}{{ slice }}, {% endfor %}'all') as slice_value
    {% else %}
    'all' as slice,
    'all' as slice_value
    {% endif %}
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
