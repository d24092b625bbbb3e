-- Grain: one row per month in which the business schedule is ever open.
with hours as (
    select * from {{ ref('int_schedules__hours') }}
    where schedule_id = {{ setting('business_schedule', text_type()) }}
),

by_day as (
    select
        on_date,
        cast(sum({{ seconds_between('opened_at', 'closed_at') }}) as bigint) as seconds
    from hours
    group by on_date
),

final as (
    select
        cast(date_trunc('month', on_date) as date) as period_start,
        {{ ratio('sum(seconds)', 'count(*)') }} as seconds
    from by_day
    group by period_start
)

select * from final
