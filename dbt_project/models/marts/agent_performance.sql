-- Grain: one row per month and agent, bots left out.
with figures as (
    select * from {{ ref('kpi_values') }}
    where
        slice = 'agent'
        and period_grain = 'month'
        and kpi_id in (
            'first_response_time',
            'reply_time',
            'one_touch_resolution_rate',
            'csat_score',
            'internal_quality_score'
        )
),

-- Every agent's row of a month is as mature as the last of its KPIs.
months as (
    select
        period_start,
        bool_and(is_mature) as is_mature
    from figures
    group by period_start
),

of_kpis as (
    select
        period_start,
        slice_value as agent_id,
        max(n) filter (where kpi_id = 'one_touch_resolution_rate') as tickets,
        max(n) filter (where kpi_id = 'first_response_time') as first_responses,
        max(n) filter (where kpi_id = 'reply_time') as replies,
        max(value) filter (where kpi_id = 'first_response_time' and statistic = 'median')
            as median_first_response_seconds,
        max(value) filter (where kpi_id = 'reply_time' and statistic = 'median')
            as median_reply_seconds,
        max(value) filter (where kpi_id = 'one_touch_resolution_rate') as one_touch,
        max(n) filter (where kpi_id = 'csat_score') as csat_answers,
        max(numerator) filter (where kpi_id = 'csat_score') as csat_satisfied,
        max(value) filter (where kpi_id = 'csat_score') as csat_score,
        max(value) filter (where kpi_id = 'internal_quality_score') as quality_score
    from figures
    group by
        period_start,
        agent_id
),

-- What is counted one by one, at the instant at which it happened.
happened as (
    select
        agent,
        observed_at,
        1 as quality_reviews,
        0 as transfers,
        0 as chat_seconds,
        0 as seconds_with_a_chat
    from {{ ref('kpi_internal_quality_score') }}
    where observed_at <= {{ cut_of('internal_quality_score') }}

    union all

    -- Whoever passes a ticket on, not whoever gets it.
    select
        from_id as agent,
        occurred_at as observed_at,
        0 as quality_reviews,
        1 as transfers,
        0 as chat_seconds,
        0 as seconds_with_a_chat
    from {{ ref('int_tickets__handovers') }}
    where
        kind = 'assignee'
        and occurred_at <= {{ cut_of('transfer_rate') }}

    union all

    select
        agent_id as agent,
        started_at as observed_at,
        0 as quality_reviews,
        transfers,
        0 as chat_seconds,
        0 as seconds_with_a_chat
    from {{ ref('fct_live_contacts') }}
    where
        is_answered
        and exclusion_reason is null
        and transfers > 0
        and started_at <= {{ cut_of('transfer_rate') }}

    union all

    select
        agent,
        observed_at,
        0 as quality_reviews,
        0 as transfers,
        numerator as chat_seconds,
        denominator as seconds_with_a_chat
    from {{ ref('kpi_chat_concurrency') }}
),

counted as (
    select
        cast(date_trunc('month', {{ local_timestamp('observed_at') }}) as date) as period_start,
        agent as agent_id,
        cast(sum(quality_reviews) as bigint) as quality_reviews,
        cast(sum(transfers) as bigint) as transfers,
        {{ ratio('sum(chat_seconds)', 'sum(seconds_with_a_chat)') }} as chats_at_once
    from happened
    where agent is not null
    group by
        period_start,
        agent_id
),

-- The keys of other marts have no source, so that an id of two sources is one agent here too.
bots as (
    select agent_id
    from {{ ref('dim_agents') }}
    group by agent_id
    having bool_and(role = 'bot')
),

joined as (
    select
        coalesce(of_kpis.period_start, counted.period_start) as period_start,
        coalesce(of_kpis.agent_id, counted.agent_id) as agent_id,
        coalesce(of_kpis.tickets, 0) as tickets,
        coalesce(of_kpis.first_responses, 0) as first_responses,
        coalesce(of_kpis.replies, 0) as replies,
        of_kpis.median_first_response_seconds,
        of_kpis.median_reply_seconds,
        of_kpis.one_touch,
        coalesce(of_kpis.csat_answers, 0) as csat_answers,
        of_kpis.csat_satisfied,
        of_kpis.csat_score,
        coalesce(counted.quality_reviews, 0) as quality_reviews,
        of_kpis.quality_score,
        coalesce(counted.transfers, 0) as transfers,
        counted.chats_at_once
    from of_kpis
    full outer join counted
        on
            of_kpis.period_start = counted.period_start
            and of_kpis.agent_id = counted.agent_id
),

final as (
    select
        joined.period_start,
        joined.agent_id,
        joined.tickets,
        joined.first_responses,
        joined.replies,
        joined.median_first_response_seconds,
        joined.median_reply_seconds,
        joined.one_touch,
        joined.csat_answers,
        joined.csat_score,
        100 * {{ wilson('joined.csat_satisfied', 'joined.csat_answers', 'low') }} as csat_low,
        100 * {{ wilson('joined.csat_satisfied', 'joined.csat_answers', 'high') }} as csat_high,
        joined.quality_reviews,
        joined.quality_score,
        joined.transfers,
        joined.chats_at_once,
        least(joined.tickets, joined.first_responses, joined.replies) >= {{ setting('rateable_n') }}
            as is_rateable,
        joined.csat_answers >= {{ setting('rateable_n') }} as is_csat_rateable,
        joined.quality_reviews >= {{ setting('rateable_n') }} as is_quality_rateable,
        coalesce(months.is_mature, false) as is_mature
    from joined
    left join months
        on joined.period_start = months.period_start
    left join bots
        on joined.agent_id = bots.agent_id
    where bots.agent_id is null
)

select * from final
