{# What the night tells every model. #}

{% macro as_of() -%}
    {%- if execute and not var('as_of') -%}
        {{ exceptions.raise_compiler_error(
            "as_of is not given, and no model asks the clock: run `make nightly`, or add"
            ~ " --vars '{as_of: \"2026-11-20 15:00:00\"}' (UTC)"
        ) }}
    {%- endif -%}
    cast('{{ var("as_of") }}' as timestamp)
{%- endmacro %}

{% macro reporting_timezone() -%}
    {{ var('reporting_timezone') }}
{%- endmacro %}

{# Whether a source is one of the shop file: one that was taken out of it is not read any more. #}
{% macro is_in_the_shop(source) -%}
    {{ source }} is not null
    {%- if var('sources') is not none %} and {{ source }} in ('{{ var("sources") | join("', '") }}')
    {%- endif %}
{%- endmacro %}

{# One value of seeds/settings.csv. #}
{% macro setting(name, type='bigint') -%}
    (select cast(settings.value as {{ type }}) from {{ ref('settings') }} as settings where settings.name = '{{ name }}')
{%- endmacro %}

{# The instant to which a KPI is computed: the last to which all streams that it needs are loaded, and
   never after `as_of`. A ratio or a distribution is cut there by its roll-up; a set or a state, which
   is observed by period, cuts itself. #}
{% macro cut_of(kpi_id) -%}
    (select spans.cut_at from {{ ref('int_kpis__span') }} as spans where spans.kpi_id = '{{ kpi_id }}')
{%- endmacro %}
