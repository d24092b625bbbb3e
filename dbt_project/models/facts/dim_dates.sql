-- Grain: one row per day of the reporting calendar.
with days as (
    select
        period_start as on_date,
        period_end as next_on
    from {{ ref('int_periods') }}
    where period_grain = 'day'
),

opening_dates as (
    select on_date
    from {{ ref('int_schedules__hours') }}
    where schedule_id = {{ setting('business_schedule', 'varchar') }}
    group by on_date
),

holiday_dates as (
    select on_date
    from {{ ref('holidays') }}
    where schedule_id = {{ setting('business_schedule', 'varchar') }}
    group by on_date
),

final as (
    select
        days.on_date,
        cast(date_trunc('week', days.on_date) as date) as week_start_on,
        cast(date_trunc('month', days.on_date) as date) as month_start_on,
        cast(date_trunc('quarter', days.on_date) as date) as quarter_start_on,
        cast(date_trunc('year', days.on_date) as date) as year_start_on,
        cast({{ iso_weekday('days.on_date') }} as integer) as weekday,
        {{ iso_weekday('days.on_date') }} >= 6 as is_weekend,
        holiday_dates.on_date is not null as is_holiday,
        opening_dates.on_date is not null as is_business_day
    from days
    left join opening_dates
        on days.on_date = opening_dates.on_date
    left join holiday_dates
        on days.on_date = holiday_dates.on_date
)

select * from final
