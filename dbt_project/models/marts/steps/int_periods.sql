-- Grain: one row per grain and period, from the first record to the cut.
{% set lengths = {
    'day': "interval '1' day",
    'week': "interval '7' day",
    'month': "interval '1' month",
    'quarter': "interval '3' month",
    'year': "interval '1' year",
} %}
with bounds as (
    select
        {{ to_local_date('min(first_record_at)') }} as first_on,
        {{ to_local_date(as_of()) }} as last_on
    from {{ ref('int_streams') }}
),

days as (
    select series.on_date
    from {{ date_series(
        '(select first_on from bounds)', '(select last_on from bounds)'
    ) }} as series
),

starts as (
    {% for grain, length in lengths.items() %}
    select
        '{{ grain }}' as period_grain,
        cast(date_trunc('{{ grain }}', on_date) as date) as period_start,
        cast(date_trunc('{{ grain }}', on_date) + {{ length }} as date) as period_end
    from days
    group by
        period_start,
        period_end
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        {{ local_to_utc('cast(period_start as timestamp)') }} as start_at,
        {{ local_to_utc('cast(period_end as timestamp)') }} as end_at
    from starts
)

select * from final
