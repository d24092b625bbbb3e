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

active as (
    select
        ends.period_grain,
        ends.period_start,
        orders.person_id
    from ends
    cross join settings
    inner join {{ ref('fct_orders') }} as orders
        on
            ends.judged_at > orders.created_at
            and {{ seconds_after('ends.judged_at', '-86400 * settings.active_days') }}
            <= orders.created_at
    where orders.is_qualifying

    union

    select
        ends.period_grain,
        ends.period_start,
        subscriptions.person_id
    from ends
    inner join {{ ref('fct_subscriptions') }} as subscriptions
        on
            ends.judged_at > subscriptions.started_at
            and (
                subscriptions.ended_at is null
                or ends.judged_at <= subscriptions.ended_at
            )
    where subscriptions.person_id is not null
),

counted as (
    select
        period_grain,
        period_start,
        count(*) as at_end
    from active
    group by
        period_grain,
        period_start
),

balance as (
    select
        period_grain,
        period_start,
        count(*) filter (where is_at_start)
        - count(*) filter (where is_at_start and not is_at_end)
        + count(*) filter (where is_new and is_at_end)
        + count(*) filter (where is_at_end and not is_at_start and not is_new) as at_end
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
