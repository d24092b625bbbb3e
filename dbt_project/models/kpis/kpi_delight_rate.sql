-- Grain: one row per month, quarter and year, for the whole shop.
with periods as (
    select
        *,
        least(end_at, {{ cut_of('delight_rate') }}) as judged_at
    from {{ ref('int_periods') }}
    where period_grain in ('month', 'quarter', 'year')
),

gestures as (
    select * from {{ ref('fct_gestures') }}
    where
        exclusion_reason is null
        and made_at <= {{ cut_of('delight_rate') }}
),

spells as (
    select * from {{ ref('int_persons__spells') }}
),

made as (
    select
        periods.period_grain,
        periods.period_start,
        count(*) as gestures
    from periods
    inner join gestures
        on
            periods.start_at <= gestures.made_at
            and periods.end_at > gestures.made_at
    group by
        periods.period_grain,
        periods.period_start
),

-- Nobody has two spells at one instant.
active as (
    select
        periods.period_grain,
        periods.period_start,
        count(*) as persons
    from periods
    inner join spells
        on
            periods.judged_at > spells.began_at
            and periods.judged_at <= spells.lapses_at
    group by
        periods.period_grain,
        periods.period_start
),

final as (
    select
        periods.period_grain,
        periods.period_start,
        cast(null as {{ text_type() }}) as channel,
        coalesce(made.gestures, 0) as numerator,
        coalesce(active.persons, 0) as denominator,
        coalesce(active.persons, 0) as n
    from periods
    left join made
        on
            periods.period_grain = made.period_grain
            and periods.period_start = made.period_start
    left join active
        on
            periods.period_grain = active.period_grain
            and periods.period_start = active.period_start
)

select * from final
