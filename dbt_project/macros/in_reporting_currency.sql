{# Money times its day's rate; wide enough in between for any amount that money can hold. #}
{% macro in_reporting_currency(amount, rate) -%}
    cast(cast({{ amount }} as decimal(20, 4)) * cast({{ rate }} as decimal(18, 8)) as decimal(18, 4))
{%- endmacro %}
