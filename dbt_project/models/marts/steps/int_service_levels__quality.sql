-- Grain: one row per month, channel and measure of quality.
with figures as (
    select * from {{ ref('kpi_values') }}
    where
        period_grain = 'month'
        and slice = 'all'
        and channel <> 'all'
        and is_complete
),

means as (
    select * from figures
    where kpi_id = 'csat_mean'
),

shares as (
    select
        cast(date_trunc('month', {{ local_timestamp('observed_at') }}) as date) as period_start,
        channel,
        100 * {{ ratio('count(*) filter (where numerator >= 3)', 'count(*)') }} as value
    from {{ ref('kpi_csat_mean') }}
    group by
        period_start,
        channel
),

reviews as (
    select * from figures
    where kpi_id = 'internal_quality_score'
),

final as (
    select
        period_start,
        channel,
        'mean_csat' as measure,
        value,
        n,
        is_rateable
    from means

    union all

    select
        means.period_start,
        means.channel,
        'share_of_threes_and_over' as measure,
        shares.value,
        means.n,
        means.is_rateable
    from means
    inner join shares
        on
            means.period_start = shares.period_start
            and means.channel = shares.channel

    union all

    -- Reviews stand beside the answers: a single one is there.
    select
        means.period_start,
        means.channel,
        'internal_quality_score' as measure,
        reviews.value,
        means.n,
        means.is_rateable
    from means
    inner join reviews
        on
            means.period_start = reviews.period_start
            and means.channel = reviews.channel
)

select * from final
