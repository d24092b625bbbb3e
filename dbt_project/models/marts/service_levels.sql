-- Grain: one row per month that is over, channel and dimension of the service-level ladder.
with rated as (
    select * from {{ ref('int_service_levels__rated') }}
),

next_levels as (
    select * from {{ ref('int_service_levels__next') }}
),

gestures as (
    select * from {{ ref('int_service_levels__requirements') }}
    where dimension = 'delight'
),

steps as (
    select * from {{ ref('level_steps') }}
),

labels as (
    select
        told.level,
        told.label_en,
        told.label_ko
    from (
        values
        (1, 'Unacceptable', '허용되지 않음'),
        (2, 'Below average', '평균 이하'),
        (3, 'Average', '평균'),
        (4, 'Above average', '평균 이상'),
        (5, 'Stellar', '스텔라')
    ) as told (level, label_en, label_ko)
),

-- The dimensions that make up the whole, in the order in which they are named.
dimensions as (
    select
        told.dimension,
        told.place
    from (
        values
        ('response', 1),
        ('resolution', 2),
        ('quality', 3),
        ('channels', 4)
    ) as told (dimension, place)
),

months as (
    select period_start
    from rated
    group by period_start
),

by_channel as (
    select
        *,
        sum(case when level is not null then n end) over (
            partition by period_start, dimension
            order by level desc nulls last
            range between unbounded preceding and current row
        ) as tickets_here_or_better,
        sum(case when level is not null then n end) over (partition by period_start, dimension)
            as tickets
    from rated
    where channel <> 'all'
),

-- Within a dimension: the level that at least half of the month's tickets enjoy or better.
of_half as (
    select
        period_start,
        dimension,
        max(level) filter (where 2 * tickets_here_or_better >= tickets) as level,
        min(level) as lowest_level,
        {{ string_agg(
            'case when level is null and n > 0 then channel end', ', ', 'channel'
        ) }} as unrated,
        coalesce(max(tickets), 0) as n,
        bool_and(is_mature) as is_mature
    from by_channel
    group by
        period_start,
        dimension
),

-- Those at that level keep the dimension from the next one, the greatest of them most.
brakes as (
    select
        by_channel.period_start,
        by_channel.dimension,
        by_channel.channel,
        bool_or(by_channel.is_assumed) over (
            partition by by_channel.period_start, by_channel.dimension
        ) as is_assumed,
        row_number() over (
            partition by by_channel.period_start, by_channel.dimension
            order by by_channel.n desc, by_channel.channel asc
        ) as place
    from by_channel
    inner join of_half
        on
            by_channel.period_start = of_half.period_start
            and by_channel.dimension = of_half.dimension
            and by_channel.level = of_half.level
),

lowest as (
    select
        by_channel.period_start,
        by_channel.dimension,
        by_channel.channel || ', level ' || by_channel.level as told,
        row_number() over (
            partition by by_channel.period_start, by_channel.dimension
            order by by_channel.n desc, by_channel.channel asc
        ) as place
    from by_channel
    inner join of_half
        on
            by_channel.period_start = of_half.period_start
            and by_channel.dimension = of_half.dimension
            and by_channel.level = of_half.lowest_level
),

whole_dimensions as (
    select
        of_half.period_start,
        of_half.dimension,
        case when of_half.is_mature then of_half.level end as level,
        of_half.n,
        coalesce(brakes.is_assumed, false) as is_assumed,
        of_half.is_mature,
        brakes.channel as brake,
        case when of_half.lowest_level < of_half.level then lowest.told end as lowest_channel,
        of_half.unrated
    from of_half
    left join brakes
        on
            of_half.period_start = brakes.period_start
            and of_half.dimension = brakes.dimension
            and brakes.place = 1
    left join lowest
        on
            of_half.period_start = lowest.period_start
            and of_half.dimension = lowest.dimension
            and lowest.place = 1
),

found as (
    select
        period_start,
        dimension,
        level,
        n,
        is_assumed,
        is_mature,
        brake,
        lowest_channel
    from whole_dimensions

    union all

    select
        period_start,
        dimension,
        level,
        n,
        is_assumed,
        is_mature,
        channel as brake,
        cast(null as {{ text_type() }}) as lowest_channel
    from rated
    where channel = 'all'
),

parts as (
    select
        months.period_start,
        dimensions.dimension,
        dimensions.place,
        found.level,
        coalesce(found.n, 0) as n,
        coalesce(found.is_assumed, false) as is_assumed,
        coalesce(found.is_mature, true) as is_mature,
        found.brake,
        found.lowest_channel
    from months
    cross join dimensions
    left join found
        on
            months.period_start = found.period_start
            and dimensions.dimension = found.dimension
),

holding as (
    select
        *,
        dimension || case when brake <> 'all' then ' on ' || brake else '' end as told,
        min(level) over (partition by period_start) as lowest_level,
        row_number() over (
            partition by period_start
            order by level asc nulls last, place asc
        ) as rank_from_below
    from parts
),

beside as (
    select
        period_start,
        bool_and(is_mature) as is_mature,
        {{ string_agg('case when not is_mature then dimension end', ', ', 'place') }} as maturing,
        {{ string_agg('case when level is null then dimension end', ', ', 'place') }} as unrated,
        {{ string_agg(
            'case when level = lowest_level and rank_from_below > 1 then told end', ', ', 'place'
        ) }} as as_low
    from holding
    group by period_start
),

overall as (
    select
        holding.period_start,
        case when beside.is_mature then holding.level end as level,
        holding.n,
        holding.is_assumed,
        holding.dimension,
        holding.brake,
        case
            when not beside.is_mature then 'still maturing: ' || beside.maturing
            when holding.level is null then 'not rated: ' || beside.unrated
            else
                coalesce(
                    'held back by ' || holding.told || ': level ' || next_levels.next_level
                    || ' asks for ' || next_levels.needs_in_words
                    || coalesce(', and by ' || beside.as_low, ''),
                    'nothing holds it back'
                )
                || coalesce(
                    '; ' || holding.dimension || ' is lowest on ' || holding.lowest_channel, ''
                )
                || coalesce('; not rated: ' || beside.unrated, '')
        end as reason
    from holding
    inner join beside
        on holding.period_start = beside.period_start
    left join next_levels
        on
            holding.period_start = next_levels.period_start
            and holding.dimension = next_levels.dimension
            and holding.brake = next_levels.channel
    where holding.rank_from_below = 1
),

-- The cherry, not the sundae: gestures count where the rest stands at level 4 or 5.
delight as (
    select
        gestures.period_start,
        max(gestures.n) as n,
        case
            when count(parts.level) filter (where parts.level >= 4) < 3
                then 'counted only where response, resolution and quality are at level 4 or 5'
            when not coalesce(bool_or(gestures.is_met), false) then 'no gesture in the month'
        end as reason
    from gestures
    left join parts
        on
            gestures.period_start = parts.period_start
            and parts.dimension <> 'channels'
    group by gestures.period_start
),

-- What the next level asks for is told of the channel that keeps from it.
judged as (
    select
        period_start,
        channel,
        dimension,
        level,
        value,
        n,
        is_assumed,
        dimension as next_dimension,
        channel as next_channel,
        level as step_level,
        unrated_because as reason
    from rated

    union all

    select
        period_start,
        'all' as channel,
        dimension,
        level,
        cast(null as {{ double_type() }}) as value,
        n,
        is_assumed,
        dimension as next_dimension,
        brake as next_channel,
        level as step_level,
        case
            when not is_mature
                then 'still maturing: tickets of the month can still change it'
            when level is null then 'too few on every channel'
            else
                'at least half of the tickets; kept at it by ' || brake
                || coalesce('; lowest on ' || lowest_channel, '')
                || coalesce('; not rated: ' || unrated, '')
        end as reason
    from whole_dimensions

    union all

    select
        period_start,
        'all' as channel,
        'delight' as dimension,
        case when reason is null then 5 end as level,
        cast(n as {{ double_type() }}) as value,
        n,
        false as is_assumed,
        'delight' as next_dimension,
        'all' as next_channel,
        case when reason = 'no gesture in the month' then 4 end as step_level,
        reason
    from delight

    union all

    select
        period_start,
        'all' as channel,
        'overall' as dimension,
        level,
        cast(null as {{ double_type() }}) as value,
        n,
        is_assumed,
        dimension as next_dimension,
        brake as next_channel,
        level as step_level,
        reason
    from overall
),

final as (
    select
        judged.period_start,
        judged.channel,
        judged.dimension,
        cast(judged.level as integer) as level,
        labels.label_en,
        labels.label_ko,
        judged.value,
        cast(judged.n as bigint) as n,
        next_levels.needs_in_words as next_level_asks,
        next_levels.next_level_needs,
        next_levels.gap,
        next_levels.tickets_a_week as tickets_a_week_it_means,
        steps.step_en as next_step_en,
        steps.step_ko as next_step_ko,
        case when judged.is_assumed then 'assumption' else 'document' end as provenance,
        judged.reason
    from judged
    left join labels
        on judged.level = labels.level
    left join next_levels
        on
            judged.level is not null
            and judged.period_start = next_levels.period_start
            and judged.next_channel = next_levels.channel
            and judged.next_dimension = next_levels.dimension
    left join steps
        on
            judged.step_level = steps.level
            and judged.next_dimension = steps.dimension
)

select * from final
