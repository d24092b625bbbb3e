-- Grain: one row per agent and day on which answered chats of theirs began.
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

-- A chat of after the cut must not lengthen the day that it is cut out of.
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

-- What each chat adds to the time in which the agent had any of the day's chats.
measured as (
    select
        source,
        agent_id,
        started_on,
        started_at,
        {{ seconds_between('answered_at', 'ended_at') }} as chat_seconds,
        case
            when reached_at is null or reached_at <= answered_at
                then {{ microseconds_between('answered_at', 'ended_at') }}
            when reached_at < ended_at
                then {{ microseconds_between('reached_at', 'ended_at') }}
            else 0
        end as added_microseconds
    from reached
),

final as (
    select
        min(started_at) as observed_at,
        cast(null as {{ text_type() }}) as channel,
        agent_id as agent,
        cast(sum(chat_seconds) as bigint) as numerator,
        {{ integer_division('cast(sum(added_microseconds) as bigint)', 1000000) }} as denominator,
        0 as n_pending
    from measured
    group by
        source,
        agent_id,
        started_on
)

select * from final
