-- Grain: one row per month, quarter or year and person active at its start or end, or new in it.
with streams as (
    select least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where stream in ('orders', 'subscriptions')
),

periods as (
    select
        periods.period_grain,
        periods.period_start,
        periods.start_at,
        periods.end_at,
        streams.cut_at,
        least(periods.end_at, streams.cut_at) as judged_at
    from {{ ref('int_periods') }} as periods
    cross join streams
    where periods.period_grain in ('month', 'quarter', 'year')
),

spells as (
    select * from {{ ref('int_persons__spells') }}
),

firsts as (
    select
        person_id,
        min(began_at) as first_at
    from spells
    group by person_id
),

-- Before a whole look back nobody knows who was active at a start.
history as (
    select
        {{ seconds_after(
            'coalesce(min(created_at), min(began_at))',
            setting('active_days') ~ ' * 86400'
        ) }} as enough_at
    from (
        select
            created_at,
            cast(null as timestamp) as began_at
        from {{ ref('fct_orders') }}
        where is_qualifying

        union all

        select
            cast(null as timestamp) as created_at,
            began_at
        from spells
    ) as beginnings
),

flags as (
    select
        periods.period_grain,
        periods.period_start,
        spells.person_id,
        spells.began_at < periods.start_at and spells.lapses_at >= periods.start_at as is_at_start,
        spells.began_at < periods.judged_at and spells.lapses_at >= periods.judged_at as is_at_end,
        firsts.first_at >= periods.start_at
        and firsts.first_at < periods.end_at
        and firsts.first_at <= periods.cut_at as is_new
    from periods
    inner join spells
        on
            periods.end_at > spells.began_at
            and periods.start_at <= spells.lapses_at
    inner join firsts
        on spells.person_id = firsts.person_id
),

final as (
    select
        flags.period_grain,
        flags.period_start,
        flags.person_id,
        bool_or(flags.is_at_start) as is_at_start,
        bool_or(flags.is_at_end) as is_at_end,
        bool_or(flags.is_new) as is_new,
        bool_or(periods.start_at >= history.enough_at) as has_enough_history
    from flags
    inner join periods
        on
            flags.period_grain = periods.period_grain
            and flags.period_start = periods.period_start
    cross join history
    group by
        flags.period_grain,
        flags.period_start,
        flags.person_id
)

select * from final
