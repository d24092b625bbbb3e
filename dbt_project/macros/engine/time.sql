{# Instants are timestamps without a zone, in UTC. #}

{# Whole seconds that passed from one instant to another: elapsed time, rounded down. #}
{% macro seconds_between(from_at, to_at) -%}
    {{ adapter.dispatch('seconds_between')(from_at, to_at) }}
{%- endmacro %}

{% macro duckdb__seconds_between(from_at, to_at) -%}
    cast(floor(date_diff('microsecond', {{ from_at }}, {{ to_at }}) / 1e6) as bigint)
{%- endmacro %}

{# For sums of many short times, which whole seconds would round down one by one. #}
{% macro microseconds_between(from_at, to_at) -%}
    {{ adapter.dispatch('microseconds_between')(from_at, to_at) }}
{%- endmacro %}

{% macro duckdb__microseconds_between(from_at, to_at) -%}
    date_diff('microsecond', {{ from_at }}, {{ to_at }})
{%- endmacro %}

{# An instant that lies a number of microseconds after another. #}
{% macro microseconds_after(at, microseconds) -%}
    {{ adapter.dispatch('microseconds_after')(at, microseconds) }}
{%- endmacro %}

{% macro duckdb__microseconds_after(at, microseconds) -%}
    ({{ at }} + to_microseconds({{ microseconds }}))
{%- endmacro %}

{# An instant that lies a number of seconds after another. #}
{% macro seconds_after(at, seconds) -%}
    {{ adapter.dispatch('seconds_after')(at, seconds) }}
{%- endmacro %}

{% macro duckdb__seconds_after(at, seconds) -%}
    ({{ at }} + to_seconds(cast({{ seconds }} as bigint)))
{%- endmacro %}

{# Text with or without an offset (none means UTC) as an instant; unknown where it is none. #}
{% macro parse_instant(text) -%}
    {{ adapter.dispatch('parse_instant')(text) }}
{%- endmacro %}

{% macro duckdb__parse_instant(text) -%}
    cast(try_cast({{ text }} as timestamptz) as timestamp)
{%- endmacro %}

{# What the clocks of a zone (by default the reporting zone) show at an instant. #}
{% macro local_timestamp(at, timezone=none) -%}
    {{ adapter.dispatch('local_timestamp')(at, timezone or "'" ~ reporting_timezone() ~ "'") }}
{%- endmacro %}

{% macro duckdb__local_timestamp(at, timezone) -%}
    {#- As timezone('UTC', at), for half the price of the whole. -#}
    timezone({{ timezone }}, make_timestamptz(epoch_us({{ at }})))
{%- endmacro %}

{% macro to_local_date(at, timezone=none) -%}
    cast({{ local_timestamp(at, timezone) }} as date)
{%- endmacro %}

{# The instant at which the clocks of a zone (by default the reporting zone) show a time: the earlier
   where a change of the clocks makes it twice, and as if they had not changed where it never is. #}
{% macro local_to_utc(local_at, timezone=none) -%}
    {{ adapter.dispatch('local_to_utc')(local_at, timezone or "'" ~ reporting_timezone() ~ "'") }}
{%- endmacro %}

{% macro duckdb__local_to_utc(local_at, timezone) -%}
    {#- By itself DuckDB takes the later one; by the offset of the day before it is the earlier. -#}
    {%- set told = "timezone('UTC', timezone(" ~ timezone ~ ", " ~ local_at ~ "))" -%}
    {%- set by_the_day_before -%}
        (timezone('UTC', timezone({{ timezone }}, {{ local_at }} - interval '1' day)) + interval '1' day)
    {%- endset -%}
    case
        when {{ local_timestamp(by_the_day_before, timezone) }} = {{ local_at }} then {{ by_the_day_before }}
        else {{ told }}
    end
{%- endmacro %}

{# A relation with the column `on_date`: every so many days, weeks, months ... from the first
   date to the last, both included. Both may be expressions over nothing, or subqueries. #}
{% macro date_series(first_on, last_on, step='1 day') -%}
    {{ adapter.dispatch('date_series')(first_on, last_on, step) }}
{%- endmacro %}

{% macro duckdb__date_series(first_on, last_on, step) -%}
    (
        select cast(series.step_at as date) as on_date
        from generate_series(
            cast({{ first_on }} as timestamp), cast({{ last_on }} as timestamp), interval '{{ step }}'
        ) as series (step_at)
    )
{%- endmacro %}

{% macro format_date(at, pattern) -%}
    {{ adapter.dispatch('format_date')(at, pattern) }}
{%- endmacro %}

{% macro duckdb__format_date(at, pattern) -%}
    strftime({{ at }}, '{{ pattern }}')
{%- endmacro %}

{# Monday is 1. #}
{% macro iso_weekday(on_date) -%}
    {{ adapter.dispatch('iso_weekday')(on_date) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(on_date) -%}
    isodow({{ on_date }})
{%- endmacro %}
