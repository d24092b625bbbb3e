{# terms: S - lost + new still active + returned = E, counted without the spells. #}
{% test customers_add_up(model) %}

with settings as (
    select {{ setting('active_days') }} as active_days
),

ends as (
    select
        periods.period_grain,
        periods.period_start,
        least(
            periods.end_at,
            {{ as_of() }},
            (
                select min(streams.complete_through)
                from {{ ref('int_streams') }} as streams
                where streams.stream in ('orders', 'subscriptions')
            )
        ) as judged_at
    from {{ ref('int_periods') }} as periods
    where periods.period_grain in ('month', 'quarter', 'year')
),

subscribers as (
    select person_id
    from {{ ref('fct_subscriptions') }}
    where person_id is not null
    group by person_id
),

-- From one order to the next: of one person's no two hold at once, so that most need no name.
ordered as (
    select
        subscribers.person_id as subscriber_id,
        orders.created_at,
        lead(orders.created_at) over (
            partition by orders.person_id
            order by orders.created_at
        ) as next_at
    from {{ ref('fct_orders') }} as orders
    left join subscribers
        on orders.person_id = subscribers.person_id
    where orders.is_qualifying
),

stretches as (
    select
        ordered.subscriber_id,
        ordered.created_at as began_at,
        least(
            {{ seconds_after('ordered.created_at', '86400 * settings.active_days') }},
            ordered.next_at
        ) as ended_at
    from ordered
    cross join settings

    union all

    select
        person_id as subscriber_id,
        started_at as began_at,
        coalesce(ended_at, timestamp '9999-12-31 00:00:00') as ended_at
    from {{ ref('fct_subscriptions') }}
    where person_id is not null
),

active as (
    select
        ends.period_grain,
        ends.period_start,
        stretches.subscriber_id,
        count(*) as stretches
    from ends
    inner join stretches
        on
            ends.judged_at > stretches.began_at
            and ends.judged_at <= stretches.ended_at
    group by
        ends.period_grain,
        ends.period_start,
        stretches.subscriber_id
),

counted as (
    select
        period_grain,
        period_start,
        sum(case when subscriber_id is null then stretches else 1 end) as at_end
    from active
    group by
        period_grain,
        period_start
),

balance as (
    select
        period_grain,
        period_start,
        coalesce(sum(persons) filter (where is_at_start), 0)
        - coalesce(sum(persons) filter (where is_at_start and not is_at_end), 0)
        + coalesce(sum(persons) filter (where is_new and is_at_end), 0)
        + coalesce(sum(persons) filter (where is_at_end and not is_at_start and not is_new), 0)
            as at_end
    from {{ model }}
    group by
        period_grain,
        period_start
)

select
    period_grain,
    period_start,
    counted.at_end as by_orders_and_subscriptions,
    balance.at_end as by_balance
from balance
full outer join counted
    using (period_grain, period_start)
where coalesce(counted.at_end, 0) <> coalesce(balance.at_end, 0)

{% endtest %}
