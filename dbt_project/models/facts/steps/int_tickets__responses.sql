-- Grain: one row per response: a human turn right after a customer turn.
with turns as (
    select
        source,
        ticket_id,
        turn_number,
        sender_kind,
        min(sent_at) as started_at,
        max(sent_at) as last_at,
        min(message_id) filter (where is_first) as message_id,
        min(agent_id) filter (where is_first) as agent_id
    from (
        select
            *,
            row_number() over (
                partition by source, ticket_id, turn_number
                order by sent_at, message_id
            ) = 1 as is_first
        from {{ ref('int_messages__turns') }}
    ) as numbered
    group by
        source,
        ticket_id,
        turn_number,
        sender_kind
),

customer_messages as (
    select
        source,
        ticket_id,
        turn_number,
        sent_at
    from {{ ref('int_messages__turns') }}
    where sender_kind = 'customer'
),

exchanges as (
    select
        answer.source,
        answer.ticket_id,
        answer.turn_number,
        answer.message_id,
        answer.agent_id,
        question.turn_number as question_number,
        question.started_at as asked_at,
        question.last_at as last_asked_at,
        answer.started_at as responded_at
    from turns as answer
    inner join turns as question
        on
            answer.source = question.source
            and answer.ticket_id = question.ticket_id
            and answer.turn_number = question.turn_number + 1
    where answer.sender_kind = 'human'
),

automated_answers as (
    select
        source,
        ticket_id,
        sent_at
    from {{ ref('int_messages__sides') }}
    where
        is_automated_answer
        and exclusion_reason is null
),

-- What a bot answered and then closed was over: each such closing, with its nearest answer before.
settled_by_bot as (
    select
        closings.source,
        closings.ticket_id,
        closings.occurred_at as closed_at,
        max(automated_answers.sent_at) as answered_at
    from {{ ref('int_tickets__status_events') }} as closings
    inner join automated_answers
        on
            closings.source = automated_answers.source
            and closings.ticket_id = automated_answers.ticket_id
            and closings.occurred_at >= automated_answers.sent_at
    where
        closings.is_closing
        and closings.actor = 'automation'
    group by
        closings.source,
        closings.ticket_id,
        closings.occurred_at
),

last_settlements as (
    select
        exchanges.source,
        exchanges.ticket_id,
        exchanges.turn_number,
        exchanges.question_number,
        max(settled_by_bot.closed_at) as closed_at
    from exchanges
    inner join settled_by_bot
        on
            exchanges.source = settled_by_bot.source
            and exchanges.ticket_id = settled_by_bot.ticket_id
            and exchanges.asked_at < settled_by_bot.answered_at
            and exchanges.last_asked_at > settled_by_bot.closed_at
    group by
        exchanges.source,
        exchanges.ticket_id,
        exchanges.turn_number,
        exchanges.question_number
),

restarts as (
    select
        last_settlements.source,
        last_settlements.ticket_id,
        last_settlements.turn_number,
        min(customer_messages.sent_at) as asked_at
    from last_settlements
    inner join customer_messages
        on
            last_settlements.source = customer_messages.source
            and last_settlements.ticket_id = customer_messages.ticket_id
            and last_settlements.question_number = customer_messages.turn_number
            and last_settlements.closed_at < customer_messages.sent_at
    group by
        last_settlements.source,
        last_settlements.ticket_id,
        last_settlements.turn_number
),

responses as (
    select
        exchanges.source,
        exchanges.ticket_id,
        exchanges.turn_number,
        exchanges.message_id,
        exchanges.agent_id,
        row_number() over (
            partition by exchanges.source, exchanges.ticket_id
            order by exchanges.turn_number
        ) as response_number,
        coalesce(restarts.asked_at, exchanges.asked_at) as asked_at,
        exchanges.responded_at
    from exchanges
    left join restarts
        on
            exchanges.source = restarts.source
            and exchanges.ticket_id = restarts.ticket_id
            and exchanges.turn_number = restarts.turn_number
),

final as (
    select
        *,
        {{ seconds_between('asked_at', 'responded_at') }} as response_seconds
    from responses
)

select * from final
