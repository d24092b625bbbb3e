{# Arithmetic that the engines do differently. #}

{# As a double; unknown where the denominator is 0 or unknown. #}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as {{ double_type() }}) / nullif(cast({{ denominator }} as {{ double_type() }}), 0))
{%- endmacro %}

{# Whole quotient, rounded towards zero. #}
{% macro integer_division(numerator, denominator) -%}
    {{ adapter.dispatch('integer_division')(numerator, denominator) }}
{%- endmacro %}

{% macro duckdb__integer_division(numerator, denominator) -%}
    ({{ numerator }} // {{ denominator }})
{%- endmacro %}

{# Interpolated between the two values around it; rounded, for the engines differ in the last bits. Those of
   `shares` are worked out together, for sorting the values is what costs. #}
{% macro percentile(value, share, shares) -%}
    {{ adapter.dispatch('percentile')(value, share, shares) }}
{%- endmacro %}

{% macro duckdb__percentile(value, share, shares) -%}
    round(quantile_cont(cast({{ value }} as {{ double_type() }}), {{ shares }})[{{ shares.index(share) + 1 }}], 6)
{%- endmacro %}

{# A relation with the column `number`: the whole numbers from the first to the last, both included. Both may be
   expressions over nothing, or subqueries. #}
{% macro integer_series(first, last) -%}
    {{ adapter.dispatch('integer_series')(first, last) }}
{%- endmacro %}

{% macro duckdb__integer_series(first, last) -%}
    (
        select cast(series.number as bigint) as number
        from generate_series(cast({{ first }} as bigint), cast({{ last }} as bigint)) as series (number)
    )
{%- endmacro %}
