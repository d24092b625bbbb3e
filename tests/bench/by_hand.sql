-- First response, response, resolution and one-touch by day and channel, as somebody would write it down who needs
-- just these four: no exclusions, merges or bots that answer, no periods but days.
create temp table by_hand as
with spoken as (
    select
        messages.ticket_id,
        messages.sent_at,
        messages.sender = 'customer' as is_customer,
        lag(messages.sender) over told as before,
        lag(messages.sent_at) over told as before_at
    from messages
    left join agents on messages.agent_id = agents.record_id
    where messages.sender <> 'automation' and messages.is_public and agents.role is distinct from 'bot'
    window told as (partition by messages.ticket_id order by messages.sent_at, messages.record_id)
),

turns as (
    select
        ticket_id,
        sent_at,
        is_customer,
        lag(sent_at) over (partition by ticket_id order by sent_at) as asked_at,
        lag(is_customer) over (partition by ticket_id order by sent_at) as was_customer
    from spoken
    where before is null or (before = 'customer') <> is_customer
),

responses as (
    select
        ticket_id,
        min(epoch(sent_at - asked_at)) filter (where number = 1) as first_seconds,
        sum(epoch(sent_at - asked_at)) as seconds,
        count(*) as touches
    from (
        select *, row_number() over (partition by ticket_id order by sent_at) as number
        from turns
        where not is_customer and was_customer
    )
    group by ticket_id
),

closings as (
    select ticket_id, max("at") as closed_at
    from ticket_events
    where kind = 'status' and to_value in ('solved', 'closed')
    group by ticket_id
)

select
    date_trunc('day', tickets.created_at + interval 9 hour) as on_date,
    tickets.channel,
    avg(responses.first_seconds) as first_response,
    median(responses.first_seconds) as first_response_median,
    sum(responses.seconds) / count(*) as response,
    avg(epoch(closings.closed_at - tickets.created_at)) as resolution,
    avg((responses.touches = 1 and closings.closed_at is not null)::int) as one_touch
from tickets
left join responses on tickets.record_id = responses.ticket_id
left join closings on tickets.record_id = closings.ticket_id
where tickets.opened_by = 'customer'
group by all;
