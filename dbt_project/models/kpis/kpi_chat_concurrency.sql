-- Grain: one row per answered chat of a person who works for us.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

-- A chat after the cut must not lengthen what the others of its day come to.
chats as (
    select
        contacts.source,
        contacts.contact_id,
        contacts.agent_id,
        {{ to_local_date('contacts.started_at') }} as started_on,
        contacts.started_at,
        contacts.answered_at,
        contacts.ended_at
    from contacts
    left join bots
        on
            contacts.source = bots.source
            and contacts.agent_id = bots.agent_id
    where
        contacts.exclusion_reason is null
        and contacts.kind = 'chat'
        and contacts.is_answered
        and contacts.agent_id is not null
        and bots.agent_id is null
        and contacts.answered_at <= contacts.ended_at
        and contacts.started_at <= {{ cut_of('chat_concurrency') }}
),

reached as (
    select
        *,
        max(ended_at) over (
            partition by source, agent_id, started_on
            order by answered_at, contact_id
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from chats
),

-- A stretch is a time in which the agent always had one of the day's chats at least.
numbered as (
    select
        *,
        reached_at is null or reached_at < answered_at as is_first_of_stretch,
        sum(case when reached_at is null or reached_at < answered_at then 1 else 0 end) over (
            partition by source, agent_id, started_on
            order by answered_at, contact_id
            rows between unbounded preceding and current row
        ) as stretch_number
    from reached
),

with_stretch as (
    select
        *,
        max(ended_at) over (
            partition by source, agent_id, started_on, stretch_number
        ) as stretch_ended_at
    from numbered
),

final as (
    select
        started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        {{ seconds_between('answered_at', 'ended_at') }} as numerator,
        case
            when is_first_of_stretch
                then {{ seconds_between('answered_at', 'stretch_ended_at') }}
            else 0
        end as denominator,
        0 as n_pending
    from with_stretch
)

select * from final
