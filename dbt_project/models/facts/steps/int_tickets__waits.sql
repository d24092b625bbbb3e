-- Grain: one row per customer turn: a wait for a person's word, over where one came.
with customer_messages as (
    select
        source,
        ticket_id,
        turn_number,
        sent_at
    from {{ ref('int_messages__turns') }}
    where sender_kind = 'customer'
),

-- Every other turn is the customer's, and the one after it is the answer to it.
told as (
    select
        *,
        sender_kind = 'customer' as is_question,
        case when sender_kind = 'customer' then turn_number else turn_number - 1 end
            as question_number
    from {{ ref('int_messages__turns') }}
),

questions as (
    select
        source,
        ticket_id,
        question_number as turn_number,
        min(sent_at) filter (where is_question) as asked_at,
        max(sent_at) filter (where is_question) as last_asked_at,
        max(turn_number) filter (where not is_question) as answer_number,
        min(message_id) filter (where not is_question and begins_turn) as message_id,
        min(agent_id) filter (where not is_question and begins_turn) as agent_id,
        min(sent_at) filter (where not is_question) as responded_at
    from told
    group by
        source,
        ticket_id,
        question_number
    -- What a person says before the customer does answers nothing.
    having bool_or(is_question)
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
