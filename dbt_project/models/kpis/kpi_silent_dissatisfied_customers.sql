-- Grain: one row per period with a complaint, for the whole shop.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

periods as (
    select * from {{ ref('int_periods') }}
),

complaints as (
    select
        person_id,
        created_at
    from tickets
    where
        is_inbound
        and person_id is not null
        and (
            {{ word('topic') }} = 'complaint'
            or {{ list_contains('tags', "'complaint'") }}
        )
        and created_at <= {{ cut_of('silent_dissatisfied_customers') }}
),

complainants as (
    select
        periods.period_grain,
        periods.period_start,
        complaints.person_id
    from periods
    inner join complaints
        on
            periods.start_at <= complaints.created_at
            and periods.end_at > complaints.created_at
    group by
        periods.period_grain,
        periods.period_start,
        complaints.person_id
),

-- For each who complains, 25 of 26 disappointed customers say nothing.
final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        25 * count(*) as value,
        count(*) as n
    from complainants
    group by
        period_grain,
        period_start
)

select * from final
