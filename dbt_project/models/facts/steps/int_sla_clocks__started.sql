-- Grain: one row per reply or resolution that a customer waits for or had.
with waits as (
    select * from {{ ref('int_tickets__waits') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

replies as (
    select
        waits.source,
        waits.ticket_id,
        case
            when tickets.is_customer_initiated and waits.wait_number = 1 then 'first_reply'
            else 'next_reply'
        end as clock,
        waits.wait_number,
        tickets.channel,
        tickets.priority,
        tickets.customer_group,
        tickets.person_id,
        waits.asked_at as started_at,
        waits.responded_at as reached_at,
        case
            when waits.responded_at is not null then waits.responded_at
            -- Given up; what the customer writes after a closing is not given up by it.
            when tickets.is_closed_now and tickets.closed_at >= waits.asked_at
                then tickets.closed_at
        end as stopped_at
    from waits
    inner join tickets
        on
            waits.source = tickets.source
            and waits.ticket_id = tickets.ticket_id
),

resolutions as (
    select
        source,
        ticket_id,
        'resolution' as clock,
        0 as wait_number,
        channel,
        priority,
        customer_group,
        person_id,
        case
            when not is_closed_now or first_customer_message_at <= closed_at
                then coalesce(first_customer_message_at, created_at)
            else created_at
        end as started_at,
        case when is_closed_now then closed_at end as reached_at,
        case when is_closed_now then closed_at end as stopped_at
    from tickets
    where
        is_inbound
        -- A closing before the ticket began is unknown.
        and (not is_closed_now or resolution_seconds is not null)
),

final as (
    select * from replies

    union all

    select * from resolutions
)

select * from final
