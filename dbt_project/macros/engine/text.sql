{# Text, and keys made of it. #}

{# A key that is the same in every build: md5 of the parts, an unknown one told from an empty one. #}
{% macro hash_key(parts) -%}
    {{ adapter.dispatch('hash_key')(parts) }}
{%- endmacro %}

{% macro duckdb__hash_key(parts) -%}
    md5(concat_ws('|',
        {%- for part in parts %}
        coalesce(replace(replace(cast({{ part }} as {{ text_type() }}), '\', '\\'), '|', '\|'), '\0')
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches')(text, pattern) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{# Empty text is unknown. #}
{% macro known(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}

{# A word of a closed list, or a tag: lower case, trimmed, unknown where empty. #}
{% macro word(text) -%}
    nullif(lower(trim({{ text }})), '')
{%- endmacro %}

{# The digits of a text alone; unknown where it has none. #}
{% macro digits(text) -%}
    {{ adapter.dispatch('digits')(text) }}
{%- endmacro %}

{% macro duckdb__digits(text) -%}
    nullif(regexp_replace({{ text }}, '[^0-9]', '', 'g'), '')
{%- endmacro %}
