{# What the engines name differently. #}

{% macro text_type() -%}
    {{ adapter.dispatch('text_type')() }}
{%- endmacro %}

{% macro duckdb__text_type() -%}
    varchar
{%- endmacro %}

{% macro double_type() -%}
    {{ adapter.dispatch('double_type')() }}
{%- endmacro %}

{% macro duckdb__double_type() -%}
    double
{%- endmacro %}

{# A list of text with these elements (SQL expressions). #}
{% macro text_list(elements=[]) -%}
    {{ adapter.dispatch('text_list')(elements) }}
{%- endmacro %}

{% macro duckdb__text_list(elements) -%}
    cast([{{ elements | join(', ') }}] as varchar[])
{%- endmacro %}
