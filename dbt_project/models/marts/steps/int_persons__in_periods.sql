-- Grain: one row per month, quarter or year and what persons are in it.
with streams as (
    select least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where stream in ('orders', 'subscriptions')
),

spells as (
    select * from {{ ref('int_persons__spells') }}
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

periods as (
    select
        periods.period_grain,
        periods.period_start,
        periods.start_at,
        periods.end_at,
        streams.cut_at,
        least(periods.end_at, streams.cut_at) as judged_at,
        periods.start_at >= history.enough_at as has_enough_history
    from {{ ref('int_periods') }} as periods
    cross join streams
    cross join history
    where periods.period_grain in ('month', 'quarter', 'year')
),

persons as (
    select
        person_id,
        count(*) as spells,
        min(began_at) as first_at,
        max(lapses_at) as last_at
    from spells
    group by person_id
),

-- Most persons have one spell. They need no name, and are counted as they come.
named as (
    select
        cast(null as {{ text_type() }}) as returner_id,
        first_at as began_at,
        last_at as lapses_at,
        first_at
    from persons
    where spells = 1

    union all

    select
        spells.person_id as returner_id,
        spells.began_at,
        spells.lapses_at,
        persons.first_at
    from spells
    inner join persons
        on spells.person_id = persons.person_id
    where persons.spells > 1
),

flags as (
    select
        periods.period_grain,
        periods.period_start,
        periods.has_enough_history,
        named.returner_id,
        named.began_at < periods.start_at and named.lapses_at >= periods.start_at as is_at_start,
        named.began_at < periods.judged_at and named.lapses_at >= periods.judged_at as is_at_end,
        named.first_at >= periods.start_at
        and named.first_at < periods.end_at
        and named.first_at <= periods.cut_at as is_new
    from periods
    inner join named
        on
            periods.end_at > named.began_at
            -- A period that begins after the cut is judged before it begins.
            and least(periods.start_at, periods.judged_at) <= named.lapses_at
),

counted as (
    select
        *,
        count(*) as persons
    from flags
    group by
        period_grain,
        period_start,
        has_enough_history,
        returner_id,
        is_at_start,
        is_at_end,
        is_new
),

-- What a person is in one spell or another.
together as (
    select
        period_grain,
        period_start,
        is_at_start,
        is_at_end,
        is_new,
        has_enough_history,
        persons
    from counted
    where returner_id is null

    union all

    select
        period_grain,
        period_start,
        bool_or(is_at_start) as is_at_start,
        bool_or(is_at_end) as is_at_end,
        bool_or(is_new) as is_new,
        has_enough_history,
        1 as persons
    from counted
    where returner_id is not null
    group by
        period_grain,
        period_start,
        has_enough_history,
        returner_id
),

final as (
    select
        period_grain,
        period_start,
        is_at_start,
        is_at_end,
        is_new,
        has_enough_history,
        cast(sum(persons) as bigint) as persons
    from together
    group by
        period_grain,
        period_start,
        is_at_start,
        is_at_end,
        is_new,
        has_enough_history
)

select * from final
