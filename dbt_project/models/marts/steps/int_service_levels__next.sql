-- Grain: one row per month, channel and dimension that has a level and one above it.
{% set medians = [
    'first_response_time', 'average_wait_time', 'average_resolution_time',
    'average_resolution_time_business',
] %}
with rated as (
    select * from {{ ref('int_service_levels__rated') }}
),

requirements as (
    select * from {{ ref('int_service_levels__requirements') }}
),

observations as (
    {% for kpi_id in medians %}
    select
        '{{ kpi_id }}' as kpi_id,
        cast(date_trunc('month', {{ local_timestamp('observed_at') }}) as date) as period_start,
        channel,
        value
    from {{ ref('kpi_' ~ kpi_id) }}
    where value is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

months as (
    select
        period_start,
        {{ seconds_between('start_at', 'end_at') }} as seconds
    from {{ ref('int_periods') }}
    where period_grain = 'month'
),

-- Of several things that the next level asks for, one that is measured and missed goes first.
missed as (
    select
        rated.n as rated_n,
        requirements.*,
        row_number() over (
            partition by rated.period_start, rated.channel, rated.dimension
            order by requirements.level, requirements.value is null, requirements.measure
        ) as place
    from rated
    inner join requirements
        on
            rated.period_start = requirements.period_start
            and rated.channel = requirements.channel
            and rated.dimension = requirements.dimension
            and rated.level < requirements.level
    where not coalesce(requirements.is_met, false)
),

asked as (
    select * from missed
    where place = 1
),

within as (
    select
        asked.period_start,
        asked.channel,
        asked.dimension,
        count(*) as tickets,
        count(*) filter (
            where
            observations.value < asked.bound
            or (asked.is_inclusive and observations.value = asked.bound)
        ) as tickets_within
    from asked
    inner join observations
        on
            asked.kpi_id = observations.kpi_id
            and asked.period_start = observations.period_start
            and asked.channel = observations.channel
    where asked.measure in ('median_response', 'median_resolution')
    group by
        asked.period_start,
        asked.channel,
        asked.dimension
),

-- With over half of the tickets within a bound the median is; a mean rises point by point.
of_the_month as (
    select
        asked.*,
        case
            when within.tickets is not null
                then {{ integer_division('within.tickets', '2') }} + 1 - within.tickets_within
            when asked.measure = 'mean_csat' then (asked.bound - asked.value) * asked.rated_n
        end as tickets
    from asked
    left join within
        on
            asked.period_start = within.period_start
            and asked.channel = within.channel
            and asked.dimension = within.dimension
),

-- In the greatest unit of which it is a whole number.
in_words as (
    select
        *,
        case
            when unit <> 'seconds' then bound_in_unit
            when bound >= 7200 and bound % 3600 = 0 then bound / 3600
            when bound >= 120 and bound % 60 = 0 then bound / 60
            else bound
        end as figure,
        case
            when unit = 'business_days' and bound_in_unit = 1 then ' business day'
            when unit = 'business_days' then ' business days'
            when unit = 'percent' then ' percent'
            when unit <> 'seconds' then ''
            else
                case when clock = 'business' then ' business' else '' end
                || case
                    when bound >= 7200 and bound % 3600 = 0 then ' hours'
                    when bound >= 120 and bound % 60 = 0 then ' minutes'
                    else ' seconds'
                end
        end as unit_in_words
    from of_the_month
),

final as (
    select
        in_words.period_start,
        in_words.channel,
        in_words.dimension,
        in_words.level as next_level,
        in_words.bound as next_level_needs,
        in_words.value - in_words.bound as gap,
        -- The mean is a double, and 2.0000000001 tickets are 2.
        cast(
            ceil(round(in_words.tickets * 604800.0 / months.seconds, 6)) as bigint
        ) as tickets_a_week,
        case
            when in_words.unit = 'attested'
                then replace(in_words.measure, '_or_', ' or ') || ' seen or attested'
            else
                replace(in_words.measure, '_', ' ')
                || case
                    when in_words.is_floor and in_words.is_inclusive then ' at least '
                    when in_words.is_floor then ' over '
                    when in_words.is_inclusive then ' at most '
                    else ' under '
                end
                || case
                    when in_words.figure = floor(in_words.figure)
                        then cast(cast(in_words.figure as bigint) as {{ text_type() }})
                    else cast(in_words.figure as {{ text_type() }})
                end
                || in_words.unit_in_words
        end as needs_in_words
    from in_words
    inner join months
        on in_words.period_start = months.period_start
)

select * from final
