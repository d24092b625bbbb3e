-- Grain: one row per KPI, period, channel, slice and statistic.
with kpis as (
    select * from {{ ref('int_kpis') }}
),

spans as (
    select * from {{ ref('int_kpis__span') }}
),

periods as (
    select * from {{ ref('int_periods') }}
),

figures as (
    select * from {{ ref('int_kpi_figures') }}
    where
        channel <> ''
        and slice_value <> ''
),

channels as (
    select
        kpi_id,
        'all' as channel
    from kpis

    union

    select
        kpi_id,
        channel
    from figures
),

grains as (
    select
        kpi_id,
        {{ unnest('grains') }} as period_grain
    from kpis
),

-- Every period from the first record on, for `all` and each channel ever seen: no gaps in a chart.
spine as (
    select
        grains.kpi_id,
        periods.period_grain,
        periods.period_start,
        channels.channel,
        'all' as slice,
        'all' as slice_value
    from grains
    inner join spans
        on grains.kpi_id = spans.kpi_id
    inner join periods
        on
            grains.period_grain = periods.period_grain
            and spans.first_record_at < periods.end_at
    inner join channels
        on grains.kpi_id = channels.kpi_id
),

cells as (
    select * from spine

    union all

    select
        kpi_id,
        period_grain,
        period_start,
        channel,
        slice,
        slice_value
    from figures
    where slice <> 'all'
),

filled as (
    select
        cells.kpi_id,
        cells.period_grain,
        cells.period_start,
        cells.channel,
        cells.slice,
        cells.slice_value,
        case when figures.kpi_id is null then 0 else figures.numerator end as numerator,
        case when figures.kpi_id is null then 0 else figures.denominator end as denominator,
        figures.median,
        figures.p90,
        coalesce(figures.total, 0) as total,
        coalesce(figures.n, 0) as n,
        coalesce(figures.n_pending, 0) as n_pending
    from cells
    left join figures
        on
            cells.kpi_id = figures.kpi_id
            and cells.period_grain = figures.period_grain
            and cells.period_start = figures.period_start
            and cells.channel = figures.channel
            and cells.slice = figures.slice
            and cells.slice_value = figures.slice_value
),

statistics as (
    select
        kpi_id,
        {{ unnest('statistics') }} as statistic
    from kpis
),

final as (
    select
        filled.kpi_id,
        filled.period_grain,
        filled.period_start,
        filled.channel,
        filled.slice,
        filled.slice_value,
        statistics.statistic,
        case when statistics.statistic in ('value', 'mean') then filled.numerator end as numerator,
        case when statistics.statistic in ('value', 'mean') then filled.denominator end
            as denominator,
        case statistics.statistic
            when 'median' then filled.median
            when 'p90' then filled.p90
            when 'count' then filled.total
            else kpis.scale * {{ ratio('filled.numerator', 'filled.denominator') }}
        end as value,
        filled.n,
        kpis.unit,
        periods.end_at <= spans.cut_at as is_complete,
        periods.end_at <= spans.cut_at
        and {{ seconds_after('periods.end_at', 'kpis.matures_after_seconds') }} <= {{ as_of() }}
            as is_mature,
        filled.n >= {{ setting('rateable_n') }} as is_rateable,
        filled.n_pending,
        cast(null as {{ text_type() }}) as withheld_reason
    from filled
    inner join statistics
        on filled.kpi_id = statistics.kpi_id
    inner join kpis
        on filled.kpi_id = kpis.kpi_id
    inner join spans
        on filled.kpi_id = spans.kpi_id
    inner join periods
        on
            filled.period_grain = periods.period_grain
            and filled.period_start = periods.period_start
)

select * from final
