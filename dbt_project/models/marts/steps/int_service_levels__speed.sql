-- Grain: one row per month, channel and measure of response or resolution.
with figures as (
    select * from {{ ref('kpi_values') }}
    where
        period_grain = 'month'
        and slice = 'all'
        and channel <> 'all'
        and is_complete
),

channels as (
    select * from {{ ref('channels') }}
),

clocks as (
    select
        band,
        max(clock) as clock
    from {{ ref('level_bands') }}
    where
        dimension = 'resolution'
        and band is not null
    group by band
),

medians as (
    select * from figures
    where statistic = 'median'
),

-- A call's response is its wait in the queue, and so is a chat's where most of its chats queue.
responses as (
    select
        medians.*,
        channels.response_band as band,
        row_number() over (
            partition by medians.period_start, medians.channel
            order by
                medians.n desc,
                medians.kpi_id desc
        ) as place
    from medians
    inner join channels
        on medians.channel = channels.channel
    where
        channels.response_band is not null
        and (
            (medians.kpi_id = 'average_wait_time' and channels.is_real_time)
            -- A message on the phone's channel says nothing of its queue.
            or (medians.kpi_id = 'first_response_time' and channels.response_band <> 'phone')
        )
),

resolutions as (
    select
        medians.*,
        channels.resolution_band as band
    from medians
    inner join channels
        on medians.channel = channels.channel
    inner join clocks
        on channels.resolution_band = clocks.band
    where
        medians.kpi_id = case clocks.clock
            when 'business' then 'average_resolution_time_business'
            else 'average_resolution_time'
        end
),

abandonments as (
    select
        figures.*,
        channels.resolution_band as band
    from figures
    inner join channels
        on figures.channel = channels.channel
    where
        figures.kpi_id = 'abandonment_rate'
        and channels.resolution_band is not null
),

final as (
    select
        period_start,
        channel,
        'response' as dimension,
        'median_response' as measure,
        band,
        kpi_id,
        value,
        n,
        is_mature,
        is_rateable
    from responses
    where place = 1

    union all

    select
        period_start,
        channel,
        'resolution' as dimension,
        'median_resolution' as measure,
        band,
        kpi_id,
        value,
        n,
        is_mature,
        is_rateable
    from resolutions

    union all

    select
        period_start,
        channel,
        'resolution' as dimension,
        'abandonment_rate' as measure,
        band,
        kpi_id,
        value,
        n,
        is_mature,
        is_rateable
    from abandonments
)

select * from final
