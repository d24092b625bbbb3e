-- Grain: one row per period and channel with inbound tickets open at the period's end.
with spells as (
    select * from {{ ref('int_tickets__open_spells') }}
),

periods as (
    select * from {{ ref('int_periods') }}
),

changes as (
    select
        {{ to_local_date('opened_at') }} as on_date,
        channel,
        1 as change
    from spells
    where opened_at <= {{ cut_of('backlog') }}

    union all

    select
        {{ to_local_date('closed_at') }} as on_date,
        channel,
        -1 as change
    from spells
    where closed_at <= {{ cut_of('backlog') }}
),

by_day as (
    select
        on_date,
        channel,
        sum(change) as change
    from changes
    group by
        on_date,
        channel
),

-- What happens on a period's last day still changes the figure at its end.
final as (
    select
        periods.period_grain,
        periods.period_start,
        by_day.channel,
        cast(sum(by_day.change) as bigint) as value,
        cast(sum(by_day.change) as bigint) as n
    from periods
    inner join by_day
        on periods.period_end > by_day.on_date
    group by
        periods.period_grain,
        periods.period_start,
        by_day.channel
)

select * from final
