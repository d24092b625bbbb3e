-- Grain: one row per person and unbroken spell as an active customer.
with orders as (
    select
        person_id,
        created_at as began_at
    from {{ ref('fct_orders') }}
    where is_qualifying
),

subscriptions as (
    select
        person_id,
        started_at as began_at,
        ended_at
    from {{ ref('fct_subscriptions') }}
    where person_id is not null
),

-- Active after `began_at`, up to and with `lapses_at`.
stretches as (
    select
        person_id,
        began_at,
        {{ seconds_after('began_at', setting('active_days') ~ ' * 86400') }} as lapses_at
    from orders

    union all

    select
        person_id,
        began_at,
        coalesce(ended_at, timestamp '9999-12-31 00:00:00') as lapses_at
    from subscriptions
),

reached as (
    select
        person_id,
        began_at,
        lapses_at,
        max(lapses_at) over (
            partition by person_id
            order by began_at, lapses_at
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from stretches
),

numbered as (
    select
        person_id,
        began_at,
        lapses_at,
        sum(case when reached_at is null or reached_at < began_at then 1 else 0 end) over (
            partition by person_id
            order by began_at, lapses_at
            rows between unbounded preceding and current row
        ) as spell_number
    from reached
),

final as (
    select
        person_id,
        spell_number,
        min(began_at) as began_at,
        max(lapses_at) as lapses_at
    from numbered
    group by
        person_id,
        spell_number
)

select * from final
