-- Grain: one row per month, channel and dimension that is measured, delight apart.
with requirements as (
    select * from {{ ref('int_service_levels__requirements') }}
    where dimension <> 'delight'
),

-- What is unknown is not met, and a condition that is met makes no level an assumption.
tried as (
    select
        period_start,
        channel,
        dimension,
        level,
        bool_and(coalesce(is_met, false)) as is_held,
        bool_and(coalesce(is_met, true)) and bool_or(is_met is null) as is_unknown,
        bool_or(
            provenance = 'assumption' and not (met_where_unknown and coalesce(is_met, false))
        ) as is_assumed,
        {{ string_agg('case when is_met is null then measure end', ', ', 'measure') }}
            as unknown
    from requirements
    group by
        period_start,
        channel,
        dimension,
        level
),

-- The highest level all of whose requirements are met; that none is has to be known.
reached as (
    select
        period_start,
        channel,
        dimension,
        max(case when is_held then level else 1 end) as level,
        min(case when is_unknown then level end) as unknown_level,
        min_by(unknown, case when is_unknown then level end) as unknown,
        max_by(is_assumed, case when is_held then level else -level end) as is_assumed
    from tried
    group by
        period_start,
        channel,
        dimension
),

told as (
    select
        period_start,
        channel,
        dimension,
        max(value) filter (
            where measure in (
                'median_response', 'median_resolution', 'mean_csat', 'self_service_rate'
            )
        ) as value,
        max(n) filter (where measure <> 'abandonment_rate') as n,
        max(n) filter (where measure = 'abandonment_rate' and not is_met) as n_abandoning,
        bool_and(is_mature) as is_mature
    from requirements
    group by
        period_start,
        channel,
        dimension
),

judged as (
    select
        reached.period_start,
        reached.channel,
        reached.dimension,
        reached.level as level_reached,
        case
            when reached.dimension in ('channels', 'proactivity') then told.n
            else told.value
        end as value,
        -- Calls that nobody resolved by ticket are rated by those who gave up.
        greatest(told.n, coalesce(told.n_abandoning, 0)) as n,
        reached.is_assumed,
        told.is_mature,
        case
            when not told.is_mature
                then 'still maturing: tickets of the month can still change it'
            when reached.level > 1 or reached.unknown_level is null then null
            when
                reached.dimension in ('response', 'resolution', 'quality')
                and told.n < {{ setting('rateable_n') }}
                then 'too few: ' || told.n || ' of ' || {{ setting('rateable_n') }}
            when reached.dimension = 'resolution'
                then 'unknown: the business schedule is never open in the month'
            else 'unknown: nobody saw or attests ' || replace(reached.unknown, '_or_', ' or ')
        end as unrated_because
    from reached
    inner join told
        on
            reached.period_start = told.period_start
            and reached.channel = told.channel
            and reached.dimension = told.dimension
),

final as (
    select
        period_start,
        channel,
        dimension,
        case when unrated_because is null then level_reached end as level,
        value,
        n,
        is_assumed,
        is_mature,
        unrated_because
    from judged
)

select * from final
