-- Grain: one row per response: a human turn right after a customer turn.
with waits as (
    select * from {{ ref('int_tickets__waits') }}
    where responded_at is not null
),

segments as (
    select * from {{ ref('int_schedules__segments') }}
    where schedule_id = {{ setting('business_schedule', 'varchar') }}
),

final as (
    select
        waits.source,
        waits.ticket_id,
        waits.answer_number as turn_number,
        waits.message_id,
        waits.agent_id,
        -- Only a ticket's last wait can be without a response.
        waits.wait_number as response_number,
        waits.asked_at,
        waits.responded_at,
        {{ seconds_between('waits.asked_at', 'waits.responded_at') }} as response_seconds,
        {{ business_seconds(
            'waits.asked_at', 'asked_in', 'waits.responded_at', 'responded_in'
        ) }} as response_business_seconds
    from waits
    left join segments as asked_in
        on {{ is_in_segment('waits.asked_at', 'asked_in') }}
    left join segments as responded_in
        on {{ is_in_segment('waits.responded_at', 'responded_in') }}
)

select * from final
