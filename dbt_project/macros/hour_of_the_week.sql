{# Columns: in which hour of which weekday an instant lies by the clocks of the reporting zone, and in
   which month. Monday is 1. #}
{% macro hour_of_the_week(at) -%}
    cast(date_trunc('month', {{ local_timestamp(at) }}) as date) as period_start,
        cast({{ iso_weekday(to_local_date(at)) }} as integer) as weekday,
        cast(extract(hour from {{ local_timestamp(at) }}) as integer) as hour
{%- endmacro %}
