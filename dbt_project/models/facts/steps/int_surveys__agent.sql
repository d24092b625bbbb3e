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

candidates as (
    select
        surveys.source,
        surveys.survey_id,
        surveys.ticket_id,
        surveys.sent_at,
        case
            when assigned.survey_id is not null then assigned.agent_id
            else tickets.assignee_id
        end as agent_id
    from surveys
    inner join tickets
        on
            surveys.source = tickets.source
            and surveys.ticket_id = tickets.ticket_id
    left join assigned
        on
            surveys.source = assigned.source
            and surveys.survey_id = assigned.survey_id
),

held as (
    select
        candidates.source,
        candidates.survey_id,
        candidates.ticket_id,
        candidates.sent_at,
        case when bots.agent_id is null then candidates.agent_id end as agent_id
    from candidates
    left join bots
        on
            candidates.source = bots.source
            and candidates.agent_id = bots.agent_id
),

-- Where nobody or a bot held the ticket: whoever wrote last before the survey.
replied as (
    select
        source,
        survey_id,
        agent_id
    from (
        select
            held.source,
            held.survey_id,
            messages.agent_id,
            row_number() over (
                partition by held.source, held.survey_id
                order by messages.sent_at desc, messages.message_id desc
            ) as nearness
        from held
        inner join {{ ref('int_messages__sides') }} as messages
            on
                held.source = messages.source
                and held.ticket_id = messages.ticket_id
                and held.sent_at >= messages.sent_at
        where
            held.agent_id is null
            and messages.sender_kind = 'human'
            and messages.agent_id is not null
            and messages.exclusion_reason is null
    ) as ranked
    where nearness = 1
),

final as (
    select
        held.source,
        held.survey_id,
        coalesce(held.agent_id, replied.agent_id) as agent_id
    from held
    left join replied
        on
            held.source = replied.source
            and held.survey_id = replied.survey_id
)

select * from final
