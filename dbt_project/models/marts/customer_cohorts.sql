-- Grain: one row per month in which customers were new, and month after it, up to the cut.
with spells as (
    select * from {{ ref('int_persons__spells') }}
    where began_at <= {{ cut_of('retention_rate') }}
),

persons as (
    select
        person_id,
        cast(date_trunc('month', {{ local_timestamp('min(began_at)') }}) as date) as cohort_month
    from spells
    group by person_id
),

cohorts as (
    select
        cohort_month,
        count(*) as customers
    from persons
    group by cohort_month
),

history as (
    select
        period_start,
        bool_or(has_enough_history) as has_enough_history
    from {{ ref('int_persons__in_periods') }}
    where period_grain = 'month'
    group by period_start
),

months as (
    select
        period_start,
        end_at <= {{ cut_of('retention_rate') }} as is_over
    from {{ ref('int_periods') }}
    where
        period_grain = 'month'
        and start_at <= {{ cut_of('retention_rate') }}
),

-- Spells of a person do not touch, so that nobody is active twice at an instant.
active_from_to as (
    select
        persons.cohort_month,
        cast(date_trunc('month', {{ local_timestamp('spells.began_at') }}) as date) as began_month,
        cast(date_trunc('month', {{ local_timestamp('spells.lapses_at') }}) as date)
            as lapse_month,
        spells.began_at < {{ cut_of('retention_rate') }}
        and spells.lapses_at >= {{ cut_of('retention_rate') }} as is_active_at_cut,
        count(*) as persons
    from spells
    inner join persons
        on spells.person_id = persons.person_id
    group by
        persons.cohort_month,
        began_month,
        lapse_month,
        is_active_at_cut
),

activity as (
    select
        active_from_to.cohort_month,
        months.period_start,
        cast(sum(active_from_to.persons) as bigint) as active
    from active_from_to
    inner join months
        on
            (
                months.is_over
                and active_from_to.began_month <= months.period_start
                and active_from_to.lapse_month > months.period_start
            )
            or (not months.is_over and active_from_to.is_active_at_cut)
    group by
        active_from_to.cohort_month,
        months.period_start
),

purchases as (
    select
        persons.cohort_month,
        cast(date_trunc('month', {{ local_timestamp('orders.created_at') }}) as date)
            as period_start,
        count(distinct orders.person_id) as buyers,
        count(*) as orders,
        -- Where no rate of exchange is known for one of them nobody knows what they came to.
        case
            when count(orders.total_reporting) = count(*)
                then sum(orders.total_reporting - coalesce(orders.refunded_reporting, 0))
        end as revenue
    from {{ ref('fct_orders') }} as orders
    inner join persons
        on orders.person_id = persons.person_id
    where
        orders.is_qualifying
        and orders.created_at <= {{ cut_of('retention_rate') }}
    group by
        persons.cohort_month,
        period_start
),

final as (
    select
        cohorts.cohort_month,
        cast(
            (extract(year from months.period_start) - extract(year from cohorts.cohort_month)) * 12
            + extract(month from months.period_start) - extract(month from cohorts.cohort_month)
            as integer
        ) as months_after,
        cohorts.customers,
        coalesce(activity.active, 0) as active,
        coalesce(purchases.buyers, 0) as buyers,
        coalesce(purchases.orders, 0) as orders,
        case
            when purchases.orders is null then 0
            else cast(purchases.revenue as decimal(24, 4))
        end as revenue,
        months.is_over as is_complete,
        coalesce(history.has_enough_history, false) as has_enough_history
    from cohorts
    inner join months
        on cohorts.cohort_month <= months.period_start
    left join history
        on cohorts.cohort_month = history.period_start
    left join activity
        on
            cohorts.cohort_month = activity.cohort_month
            and months.period_start = activity.period_start
    left join purchases
        on
            cohorts.cohort_month = purchases.cohort_month
            and months.period_start = purchases.period_start
)

select * from final
