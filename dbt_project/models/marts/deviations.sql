-- Grain: one row per watched KPI, channel, day and hour that deviates; the whole day has no hour.
{%- set weeks = range(1, 9) %}
{%- set least_n = 20 %}
{%- set least_baseline_days = 5 %}
{%- set limit = 3.5 %}
{%- set hours_are_surer = 1.5 %}
{%- set slow_seconds = 3600 %}
with figures as (
    select * from {{ ref('int_watched__figures') }}
    where
        channel <> ''
        and n >= {{ least_n }}
        and value is not null
),

kpis as (
    select * from {{ ref('int_kpis') }}
),

spans as (
    select * from {{ ref('int_kpis__span') }}
),

periods as (
    select * from {{ ref('int_periods') }}
    where period_grain = 'day'
),

holidays as (
    {% for days in range(3) %}
    select cast(on_date + interval '{{ days }}' day as date) as felt_on
    from {{ ref('dim_dates') }}
    where is_holiday
    {% if not loop.last %}
    union
    {% endif %}
    {% endfor %}
),

-- Days that were loaded whole; a holiday, and what is made up for in the two days after it, is like
-- no other such weekday.
days as (
    select
        spans.kpi_id,
        periods.period_start as on_date
    from spans
    inner join periods
        on
            spans.first_record_at <= periods.start_at
            and spans.cut_at >= periods.end_at
    left join holidays
        on periods.period_start = holidays.felt_on
    where holidays.felt_on is null
),

ordinary as (
    select
        figures.kpi_id,
        figures.measure,
        figures.channel,
        figures.on_date,
        -- The whole day; null would join with nothing.
        coalesce(figures.hour, -1) as hour,
        figures.value,
        figures.n
    from figures
    inner join days
        on
            figures.kpi_id = days.kpi_id
            and figures.on_date = days.on_date
),

-- Each day once for each of the weeks in which it is looked back to.
looked_back_to as (
    {% for week in weeks %}
    select
        kpi_id,
        measure,
        channel,
        cast(on_date + interval '{{ 7 * week }}' day as date) as on_date,
        hour,
        value as value_before
    from ordinary
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
),

pairs as (
    select
        ordinary.*,
        looked_back_to.value_before
    from ordinary
    inner join looked_back_to
        on
            ordinary.kpi_id = looked_back_to.kpi_id
            and ordinary.measure = looked_back_to.measure
            and ordinary.channel = looked_back_to.channel
            and ordinary.on_date = looked_back_to.on_date
            and ordinary.hour = looked_back_to.hour
),

expectations as (
    select
        kpi_id,
        measure,
        channel,
        on_date,
        hour,
        {{ percentile('value_before', 0.5, [0.5]) }} as expected,
        count(*) as baseline_days
    from pairs
    group by
        kpi_id,
        measure,
        channel,
        on_date,
        hour
),

spreads as (
    select
        pairs.kpi_id,
        pairs.measure,
        pairs.channel,
        pairs.on_date,
        pairs.hour,
        pairs.value,
        pairs.n,
        expectations.expected,
        expectations.baseline_days,
        1.4826 * {{ percentile('abs(pairs.value_before - expectations.expected)', 0.5, [0.5]) }}
            as spread
    from pairs
    inner join expectations
        on
            pairs.kpi_id = expectations.kpi_id
            and pairs.measure = expectations.measure
            and pairs.channel = expectations.channel
            and pairs.on_date = expectations.on_date
            and pairs.hour = expectations.hour
    where
        expectations.baseline_days >= {{ least_baseline_days }}
        -- A slow channel's median jumps between answers of the same day and those of the next.
        and (pairs.measure <> 'median' or expectations.expected <= {{ slow_seconds }})
    group by
        pairs.kpi_id,
        pairs.measure,
        pairs.channel,
        pairs.on_date,
        pairs.hour,
        pairs.value,
        pairs.n,
        expectations.expected,
        expectations.baseline_days
),

-- As many errors as an observation has: the less of them, the more of a change is chance. There are
-- more hours than days to be mistaken about.
errors as (
    select
        spreads.*,
        case when spreads.measure in ('median', 'value') then kpis.unit else 'percent' end as unit,
        kpis.better,
        kpis.floor_points,
        kpis.floor_times * spreads.expected as floor_seconds,
        kpis.floor_errors * case when spreads.hour = -1 then 1 else {{ hours_are_surer }} end
        / sqrt(spreads.n) as errors
    from spreads
    inner join kpis
        on spreads.kpi_id = kpis.kpi_id
),

-- The least change that is worth a word. A time differs by about its own size, a share by what its
-- two sides make, and a share of nearly nothing or all as one of 5 %.
floors as (
    select
        *,
        case
            when measure = 'median' then greatest(floor_seconds, errors * expected)
            else
                greatest(
                    floor_points,
                    errors * sqrt(greatest(expected, 5) * greatest(100 - expected, 5))
                )
        end as least_change
    from errors
),

scored as (
    select
        *,
        {{ ratio('value - expected', 'greatest(spread, least_change / ' ~ limit ~ ')') }} as score
    from floors
),

ranked as (
    select
        *,
        row_number() over (
            partition by kpi_id, channel, on_date, hour
            order by abs(score) desc, measure
        ) as place
    from scored
    where abs(value - expected) > greatest({{ limit }} * spread, least_change)
),

final as (
    select
        kpi_id,
        channel,
        on_date,
        nullif(hour, -1) as hour,
        measure,
        unit,
        value,
        expected,
        spread,
        least_change,
        score,
        case when value > expected then 'up' else 'down' end as direction,
        case
            when
                (value > expected)
                = case when measure in ('median', 'value') then better = 'higher' else true end
                then 'better'
            when abs(score) > 2 * {{ limit }} then 'severe'
            else 'warning'
        end as severity,
        n,
        baseline_days
    from ranked
    where place = 1
)

select * from final
