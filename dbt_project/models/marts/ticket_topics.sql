-- Grain: one row per month and topic that an inbound ticket or a question in the forum is about.
with topics as (
    select * from {{ ref('dim_topics') }}
),

orders as (
    select
        *,
        {{ hash_key(['order_source', 'order_id']) }} as order_key
    from {{ ref('int_tickets__order') }}
),

months as (
    select
        period_start,
        cast(period_start - interval '1' month as date) as month_before,
        end_at <= {{ cut_of('one_touch_resolution_rate') }} as is_over
    from {{ ref('int_periods') }}
    where period_grain = 'month'
),

tickets as (
    select
        tickets.topic,
        orders.order_key,
        cast(date_trunc('month', {{ local_timestamp('tickets.created_at') }}) as date)
            as period_start,
        case when orders.was_late then orders.order_key end as late_order_key
    from {{ ref('fct_tickets') }} as tickets
    left join orders
        on
            tickets.source = orders.source
            and tickets.ticket_id = orders.ticket_id
    where
        tickets.is_inbound
        and tickets.created_at <= {{ cut_of('one_touch_resolution_rate') }}
),

of_topics as (
    select
        period_start,
        topic,
        count(*) as tickets,
        count(distinct order_key) as orders_asked_about,
        count(distinct late_order_key) as orders_affected
    from tickets
    group by
        period_start,
        topic
),

of_months as (
    select
        period_start,
        cast(sum(tickets) as bigint) as tickets
    from of_topics
    group by period_start
),

questions as (
    select
        cast(date_trunc('month', {{ local_timestamp('created_at') }}) as date) as period_start,
        topic,
        count(*) as questions
    from {{ ref('fct_forum_threads') }}
    where
        is_question
        and exclusion_reason is null
        and topic is not null
    group by
        period_start,
        topic
),

figures as (
    select
        period_start,
        slice_value as topic,
        max(value) filter (where kpi_id = 'csat_score') as csat_score,
        max(value) filter (where kpi_id = 'average_resolution_time' and statistic = 'median')
            as median_resolution_seconds,
        max(value) filter (where kpi_id = 'one_touch_resolution_rate') as one_touch_percent
    from {{ ref('kpi_values') }}
    where
        slice = 'topic'
        and channel = 'all'
        and period_grain = 'month'
        and kpi_id in ('csat_score', 'average_resolution_time', 'one_touch_resolution_rate')
    group by
        period_start,
        slice_value
),

keys as (
    select
        period_start,
        topic
    from of_topics
    where topic is not null

    union

    select
        period_start,
        topic
    from questions
),

joined as (
    select
        keys.period_start,
        keys.topic,
        topics.label_en,
        topics.label_ko,
        coalesce(of_topics.tickets, 0) as tickets,
        coalesce(of_months.tickets, 0) as tickets_of_month,
        case when months.is_over then before.tickets end as tickets_before,
        coalesce(questions.questions, 0) as questions,
        figures.csat_score,
        figures.median_resolution_seconds,
        {{ ratio('figures.one_touch_percent', '100') }} as one_touch_share,
        coalesce(of_topics.orders_asked_about, 0) as orders_asked_about,
        coalesce(of_topics.orders_affected, 0) as orders_affected,
        coalesce(topics.is_post_purchase, false) as is_post_purchase
    from keys
    left join topics
        on keys.topic = topics.topic
    left join months
        on keys.period_start = months.period_start
    left join of_topics
        on
            keys.period_start = of_topics.period_start
            and keys.topic = of_topics.topic
    left join of_topics as before
        on
            months.month_before = before.period_start
            and keys.topic = before.topic
    left join of_months
        on keys.period_start = of_months.period_start
    left join questions
        on
            keys.period_start = questions.period_start
            and keys.topic = questions.topic
    left join figures
        on
            keys.period_start = figures.period_start
            and keys.topic = figures.topic
),

final as (
    select
        period_start,
        topic,
        label_en,
        label_ko,
        tickets,
        coalesce({{ ratio('tickets', 'tickets_of_month') }}, 0) as share,
        {{ ratio('tickets - tickets_before', 'tickets_before') }} as change,
        questions as forum_questions,
        csat_score,
        median_resolution_seconds,
        one_touch_share,
        case when is_post_purchase then orders_asked_about end as orders_asked_about,
        case when is_post_purchase then orders_affected end as orders_affected,
        is_post_purchase,
        questions >= 2 as repeated_in_forum,
        questions >= 2
        or (
            tickets >= {{ setting('rateable_n') }}
            and coalesce(one_touch_share >= 0.5, false)
        ) as wants_article
    from joined
)

select * from final
