{# Lists: building them in a stated order, and taking them apart. #}

{# In the order of the values themselves. Unknown ones are left out; a list of none is unknown. #}
{% macro sorted_array_agg(value) -%}
    {{ adapter.dispatch('sorted_array_agg')(value) }}
{%- endmacro %}

{% macro duckdb__sorted_array_agg(value) -%}
    list_sort(array_agg({{ value }}) filter (where {{ value }} is not null))
{%- endmacro %}

{% macro string_agg(value, separator, order_by) -%}
    {{ adapter.dispatch('string_agg')(value, separator, order_by) }}
{%- endmacro %}

{% macro duckdb__string_agg(value, separator, order_by) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{# In a select: one row per element; a row whose list is empty or unknown gives none. #}
{% macro unnest(list) -%}
    {{ adapter.dispatch('unnest')(list) }}
{%- endmacro %}

{% macro duckdb__unnest(list) -%}
    unnest({{ list }})
{%- endmacro %}

{% macro list_contains(list, element) -%}
    {{ adapter.dispatch('list_contains')(list, element) }}
{%- endmacro %}

{% macro duckdb__list_contains(list, element) -%}
    coalesce(array_contains({{ list }}, {{ element }}), false)
{%- endmacro %}

{# Each element as a word (lower case, trimmed), empty ones left out. #}
{% macro word_list(list) -%}
    {{ adapter.dispatch('word_list')(list) }}
{%- endmacro %}

{% macro duckdb__word_list(list) -%}
    list_filter(
        list_transform({{ list }}, lambda element: {{ word('element') }}),
        lambda element: element is not null
    )
{%- endmacro %}

{# The first element; unknown where there is none. #}
{% macro first_element(list) -%}
    {{ adapter.dispatch('first_element')(list) }}
{%- endmacro %}

{% macro duckdb__first_element(list) -%}
    ({{ list }})[1]
{%- endmacro %}

{# Of a list of objects the first whose field has this value. #}
{% macro first_with(list, field, value) -%}
    {{ adapter.dispatch('first_with')(list, field, value) }}
{%- endmacro %}

{% macro duckdb__first_with(list, field, value) -%}
    list_filter({{ list }}, lambda element: element.{{ field }} = '{{ value }}')[1]
{%- endmacro %}

{# How many elements; unknown for an unknown list. #}
{% macro list_length(list) -%}
    {{ adapter.dispatch('list_length')(list) }}
{%- endmacro %}

{% macro duckdb__list_length(list) -%}
    len({{ list }})
{%- endmacro %}

{# The elements of a text in which they stand one after the other, as words. #}
{% macro split_words(text, separator) -%}
    {{ adapter.dispatch('split_words')(text, separator) }}
{%- endmacro %}

{% macro duckdb__split_words(text, separator) -%}
    {{ duckdb__word_list("string_split(" ~ text ~ ", '" ~ separator ~ "')") }}
{%- endmacro %}
