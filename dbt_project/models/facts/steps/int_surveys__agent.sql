-- Grain: one row per survey that hangs on a counted ticket.
with surveys as (
    select
        surveys.source,
        surveys.survey_id,
        surveys.sent_at,
        homes.home_ticket_id as ticket_id
    from {{ ref('surveys') }} as surveys
    inner join {{ ref('int_tickets__home') }} as homes
        on
            surveys.source = homes.source
            and surveys.ticket_id = homes.ticket_id
    where homes.home_ticket_id is not null
),

assignments as (
    select
        events.source,
        events.ticket_id,
        events.event_id,
        events.at as occurred_at,
        events.from_value,
        events.to_value
    from {{ ref('ticket_events') }} as events
    where events.kind = 'assignee'
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

tickets as (
    select * from {{ ref('tickets') }}
),

placed as (
    select
        surveys.source,
        surveys.survey_id,
        assignments.event_id,
        assignments.from_value,
        assignments.to_value,
        assignments.occurred_at,
        assignments.occurred_at <= surveys.sent_at as is_before
    from surveys
    inner join assignments
        on
            surveys.source = assignments.source
            and surveys.ticket_id = assignments.ticket_id
),

-- Whoever the newest assignment up to the survey named; before the first, whom it took over from.
assigned as (
    select
        source,
        survey_id,
        agent_id
    from (
        select
            placed.source,
            placed.survey_id,
            case when placed.is_before then placed.to_value else placed.from_value end as agent_id,
            row_number() over (
                partition by placed.source, placed.survey_id
                order by
                    placed.is_before desc,
                    case when placed.is_before then placed.occurred_at end desc nulls last,
                    case when placed.is_before then placed.event_id end desc nulls last,
                    placed.occurred_at asc,
                    placed.event_id asc
            ) as nearness
        from placed
    ) as ranked
    where nearness = 1
),

replied as (
    select
        source,
        survey_id,
        agent_id
    from (
        select
            surveys.source,
            surveys.survey_id,
            messages.agent_id,
            row_number() over (
                partition by surveys.source, surveys.survey_id
                order by messages.sent_at desc, messages.message_id desc
            ) as nearness
        from surveys
        inner join {{ ref('int_messages__sides') }} as messages
            on
                surveys.source = messages.source
                and surveys.ticket_id = messages.ticket_id
                and surveys.sent_at >= messages.sent_at
        where
            messages.sender_kind = 'human'
            and messages.agent_id is not null
            and messages.exclusion_reason is null
    ) as ranked
    where nearness = 1
),

candidates as (
    select
        surveys.source,
        surveys.survey_id,
        case
            when assigned.survey_id is not null then assigned.agent_id
            else tickets.assignee_id
        end as assigned_id,
        replied.agent_id as replied_id
    from surveys
    inner join tickets
        on
            surveys.source = tickets.source
            and surveys.ticket_id = tickets.ticket_id
    left join assigned
        on
            surveys.source = assigned.source
            and surveys.survey_id = assigned.survey_id
    left join replied
        on
            surveys.source = replied.source
            and surveys.survey_id = replied.survey_id
),

final as (
    select
        candidates.source,
        candidates.survey_id,
        case
            when bots.agent_id is null
                then coalesce(candidates.assigned_id, candidates.replied_id)
            else candidates.replied_id
        end as agent_id
    from candidates
    left join bots
        on
            candidates.source = bots.source
            and candidates.assigned_id = bots.agent_id
)

select * from final
