{# Business time by prefix sums: `int_schedules__segments` says for each day of a schedule how long it
   has been open up to a stretch of it, so that two look-ups measure any interval (rules, 11). #}

{# A join condition: the stretch in which an instant lies. Of a schedule there is one, or none where
   nobody knows its hours. #}
{% macro is_in_segment(at, segments) -%}
    {{ segments }}.on_day = cast({{ at }} as date)
            and {{ segments }}.starts_at <= {{ at }}
            and {{ segments }}.ends_at > {{ at }}
{%- endmacro %}

{# How long a schedule has been open up to an instant in a stretch, in microseconds. #}
{% macro microseconds_open(at, segments) -%}
    {{ segments }}.microseconds_before
    + case when {{ segments }}.is_open then {{ microseconds_between(segments ~ '.starts_at', at) }} else 0 end
{%- endmacro %}

{# Whole open seconds between two instants, each with its stretch; unknown where a schedule's hours are. #}
{% macro business_seconds(from_at, from_segments, to_at, to_segments) -%}
    {{ integer_division(
        '(' ~ microseconds_open(to_at, to_segments) ~ ' - (' ~ microseconds_open(from_at, from_segments) ~ '))',
        1000000
    ) }}
{%- endmacro %}
