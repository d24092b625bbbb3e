-- Grain: one row per month, quarter and year, for the whole shop.
with persons as (
    select * from {{ ref('int_persons__in_periods') }}
),

counted as (
    select
        period_grain,
        period_start,
        -- Before a whole look back nobody knows who was active at the start.
        cast(
            coalesce(sum(persons) filter (where is_new and has_enough_history), 0) as bigint
        ) as numerator,
        cast(
            coalesce(sum(persons) filter (where is_at_start and has_enough_history), 0) as bigint
        ) as denominator
    from persons
    group by
        period_grain,
        period_start
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        numerator,
        denominator,
        denominator as n
    from counted
)

select * from final
