{# What a watched KPI came to on each day, and in each hour of it where hours are watched, from what its
   model observed: a ratio's value; of a time the shares within 1, 4 and 24 hours, and the median of each
   channel, which together are no one time. Rows without a channel count under `all` alone. #}
{% macro watched_figures(kpi) -%}
select
    '{{ kpi.id }}' as kpi_id,
    measures.measure,
    grouped.channel,
    grouped.on_date,
    grouped.hour,
    {% if kpi.kind == 'ratio' %}
    {{ kpi.scale }} * {{ ratio('grouped.numerator', 'grouped.n') }} as value,
    {% else %}
    case measures.measure
        when 'median' then grouped.median
        {% for hours in [1, 4, 24] %}
        when 'within_{{ hours }}_h' then 100 * {{ ratio('grouped.within_' ~ hours ~ '_h', 'grouped.n') }}
        {% endfor %}
    end as value,
    {% endif %}
    grouped.n
from (
    select
        case when grouping(channel) = 1 then 'all' else channel end as channel,
        on_date,
        {{ 'hour' if kpi.watched.by_hour else 'cast(null as integer) as hour' }},
        {% if kpi.kind == 'ratio' %}
        sum(numerator) as numerator,
        cast(floor(sum(denominator)) as bigint) as n
        {% else %}
        {{ percentile('value', 0.5, [0.5]) }} as median,
        {% for hours in [1, 4, 24] %}
        count_if(value <= {{ 3600 * hours }}) as within_{{ hours }}_h,
        {% endfor %}
        count(value) as n
        {% endif %}
    from (
        select
            *,
            {% if kpi.watched.by_hour %}
            cast(extract(hour from told_at) as integer) as hour,
            {% endif %}
            cast(told_at as date) as on_date
        from (
            select
                coalesce(nullif(channel, 'unmapped'), '') as channel,
                {{ local_timestamp('observed_at') }} as told_at,
                {{ 'numerator, denominator' if kpi.kind == 'ratio' else 'value' }}
            from {{ ref('kpi_' ~ kpi.id) }}
        ) as told
    ) as observed
    group by grouping sets (
        (on_date){% if kpi.by_channel %}, (channel, on_date){% endif %}
        {%- if kpi.watched.by_hour %}, (on_date, hour){% if kpi.by_channel %}, (channel, on_date, hour){% endif %}
        {%- endif %}
    )
) as grouped
inner join (
    {% if kpi.kind == 'ratio' %}
    select 'value' as measure
    {% else %}
    select 'median' as measure
    union all
    select 'within_1_h'
    union all
    select 'within_4_h'
    union all
    select 'within_24_h'
    {% endif %}
) as measures
    on measures.measure <> 'median' or grouped.channel <> 'all'
{%- endmacro %}
