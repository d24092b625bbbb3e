{# Money times its day's rate; wide enough in between for any amount that money can hold, which costs
   too much for money that is in the reporting currency already. #}
{% macro in_reporting_currency(amount, rate) -%}
    case
        when {{ rate }} = 1 then cast({{ amount }} as decimal(18, 4))
        else cast(cast({{ amount }} as decimal(20, 4)) * cast({{ rate }} as decimal(18, 8)) as decimal(18, 4))
    end
{%- endmacro %}
