-- Grain: one row per month and type of service: self_service, live and community.
with interactions as (
    select
        service_type,
        cast(date_trunc('month', {{ local_timestamp('started_at') }}) as date) as period_start,
        outcome
    from {{ ref('fct_interactions') }}
    where
        started_at <= case
            when service_type = 'community' then {{ cut_of('community_solution_rate') }}
            else {{ cut_of('abandonment_rate') }}
        end
),

channels as (
    select
        channel,
        case
            when channel = 'forum' then 'community'
            when is_human then 'live'
            else channel
        end as service_type
    from {{ ref('dim_channels') }}
),

scores as (
    select
        cast(date_trunc('month', {{ local_timestamp('answers.responded_at') }}) as date)
            as period_start,
        coalesce(
            channels.service_type,
            -- By whatever channel, a ticket, a call or a chat is live service.
            case when coalesce(answers.ticket_id, answers.contact_id) is not null then 'live' end
        ) as service_type,
        answers.score
    from {{ ref('fct_survey_responses') }} as answers
    left join channels
        on answers.channel = channels.channel
    where
        answers.kind = 'csat'
        and answers.is_latest
        and answers.responded_at <= {{ cut_of('csat_score') }}
),

costs as (
    select
        costs.month_start as period_start,
        channels.service_type,
        case
            when bool_or(costs.has_costs) and not bool_or(costs.has_unknown_costs)
                then cast(sum(costs.amount) as decimal(24, 4))
        end as cost
    from {{ ref('int_support_costs__by_channel') }} as costs
    inner join channels
        on costs.channel = channels.channel
    group by
        costs.month_start,
        channels.service_type
),

counted as (
    select
        period_start,
        service_type,
        count(*) as interactions,
        count(*) filter (where outcome = 'resolved') as resolved,
        count(*) filter (where outcome in ('resolved', 'answered')) as answered
    from interactions
    group by
        period_start,
        service_type
),

satisfaction as (
    select
        period_start,
        service_type,
        count(*) as csat_answers,
        count(*) filter (where score >= 4) as satisfied
    from scores
    where service_type is not null
    group by
        period_start,
        service_type
),

months as (
    select
        period_start,
        end_at <= least(
            {{ cut_of('abandonment_rate') }},
            {{ cut_of('community_solution_rate') }},
            {{ cut_of('cost_per_contact') }},
            {{ cut_of('csat_score') }}
        ) as is_complete
    from {{ ref('int_periods') }}
    where
        period_grain = 'month'
        and period_start >= (
            select min(told.period_start)
            from (
                select period_start from counted
                union all
                select period_start from costs
            ) as told
        )
),

types as (
    {% for service_type in ['self_service', 'live', 'community'] %}
    select '{{ service_type }}' as service_type
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        months.period_start,
        types.service_type,
        coalesce(counted.interactions, 0) as interactions,
        coalesce(counted.resolved, 0) as resolved,
        coalesce(counted.answered, 0) as answered,
        costs.cost,
        {{ ratio('costs.cost', 'counted.interactions') }} as cost_per_interaction,
        coalesce(satisfaction.csat_answers, 0) as csat_answers,
        100 * {{ ratio('satisfaction.satisfied', 'satisfaction.csat_answers') }} as csat_score,
        months.is_complete
    from months
    cross join types
    left join counted
        on
            months.period_start = counted.period_start
            and types.service_type = counted.service_type
    left join costs
        on
            months.period_start = costs.period_start
            and types.service_type = costs.service_type
    left join satisfaction
        on
            months.period_start = satisfaction.period_start
            and types.service_type = satisfaction.service_type
)

select * from final
