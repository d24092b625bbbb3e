-- Grain: one row per day on which somebody may look up whether a schedule is open.
{% set days_ahead = 1096 %}
with streams as (
    select * from {{ ref('int_streams') }}
),

bounds as (
    select
        cast(coalesce(min(first_record_at), {{ as_of() }}) as date) as first_on,
        cast({{ as_of() }} as date) as last_on
    from streams
),

-- A local day may begin the day before and end, after a night shift, two days later.
final as (
    select series.on_date as on_day
    from {{ date_series(
        "(select first_on - interval '3' day from bounds)",
        "(select last_on + interval '" ~ days_ahead ~ "' day from bounds)"
    ) }} as series
)

select * from final
