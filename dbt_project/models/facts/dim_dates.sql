-- Grain: one row per day of the reporting calendar.
with days as (
    select
        period_start as on_date,
        period_end as next_on
    from {{ ref('int_periods') }}
    where period_grain = 'day'
),

final as (
    select
        on_date,
        cast(date_trunc('week', on_date) as date) as week_start_on,
        cast(date_trunc('month', on_date) as date) as month_start_on,
        cast(date_trunc('quarter', on_date) as date) as quarter_start_on,
        cast(date_trunc('year', on_date) as date) as year_start_on,
        cast({{ iso_weekday('on_date') }} as integer) as weekday,
        {{ iso_weekday('on_date') }} >= 6 as is_weekend
    from days
)

select * from final
