-- Grain: one row per customer turn: a wait for a person's word, over where one came.
with turns as (
    select
        source,
        ticket_id,
        turn_number,
        sender_kind,
        min(sent_at) as started_at,
        max(sent_at) as last_at,
        min(message_id) filter (where begins_turn) as message_id,
        min(agent_id) filter (where begins_turn) as agent_id
    from {{ ref('int_messages__turns') }}
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

questions as (
    select
        question.source,
        question.ticket_id,
        question.turn_number,
        question.started_at as asked_at,
        question.last_at as last_asked_at,
        answer.turn_number as answer_number,
        answer.message_id,
        answer.agent_id,
        answer.started_at as responded_at
    from turns as question
    left join turns as answer
        on
            question.source = answer.source
            and question.ticket_id = answer.ticket_id
            and question.turn_number + 1 = answer.turn_number
    where question.sender_kind = 'customer'
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
        questions.source,
        questions.ticket_id,
        questions.turn_number,
        max(settled_by_bot.closed_at) as closed_at
    from questions
    inner join settled_by_bot
        on
            questions.source = settled_by_bot.source
            and questions.ticket_id = settled_by_bot.ticket_id
            and questions.asked_at < settled_by_bot.answered_at
            and questions.last_asked_at > settled_by_bot.closed_at
    group by
        questions.source,
        questions.ticket_id,
        questions.turn_number
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
            and last_settlements.turn_number = customer_messages.turn_number
            and last_settlements.closed_at < customer_messages.sent_at
    group by
        last_settlements.source,
        last_settlements.ticket_id,
        last_settlements.turn_number
),

final as (
    select
        questions.source,
        questions.ticket_id,
        questions.turn_number,
        questions.answer_number,
        questions.message_id,
        questions.agent_id,
        -- Every other turn is the customer's.
        {{ integer_division('(questions.turn_number + 1)', 2) }} as wait_number,
        coalesce(restarts.asked_at, questions.asked_at) as asked_at,
        questions.responded_at
    from questions
    left join restarts
        on
            questions.source = restarts.source
            and questions.ticket_id = restarts.ticket_id
            and questions.turn_number = restarts.turn_number
)

select * from final
