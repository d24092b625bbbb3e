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

{# One value of seeds/settings.csv. #}
{% macro setting(name, type='bigint') -%}
    (select cast(settings.value as {{ type }}) from {{ ref('settings') }} as settings where settings.name = '{{ name }}')
{%- endmacro %}
