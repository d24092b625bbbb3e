-- Grain: one row per inbound ticket on what comes after a purchase whose order can be told.
with topics as (
    select * from {{ ref('dim_topics') }}
),

tickets as (
    select
        tickets.source,
        tickets.ticket_id,
        tickets.person_id,
        tickets.order_id,
        tickets.created_at
    from {{ ref('fct_tickets') }} as tickets
    inner join topics
        on tickets.topic = topics.topic
    where
        tickets.is_inbound
        and topics.is_post_purchase
),

orders as (
    select
        source,
        order_id,
        person_id,
        created_at,
        promised_at,
        coalesce(
            cancelled_at is null
            and promised_at < {{ as_of() }}
            and (delivered_at > promised_at or delivered_at is null),
            false
        ) as is_late
    from {{ ref('fct_orders') }}
    where exclusion_reason is null
),

named as (
    select
        tickets.source,
        tickets.ticket_id,
        orders.order_id
    from tickets
    inner join orders
        on
            tickets.source = orders.source
            and tickets.order_id = orders.order_id
),

unnamed as (
    select tickets.*
    from tickets
    left join named
        on
            tickets.source = named.source
            and tickets.ticket_id = named.ticket_id
    where
        tickets.person_id is not null
        and named.ticket_id is null
),

numbered as (
    select
        orders.*,
        row_number() over (
            partition by orders.person_id
            order by
                orders.created_at,
                orders.source,
                orders.order_id
        ) as place
    from orders
    where orders.person_id in (select unnamed.person_id from unnamed)
),

events as (
    select
        person_id,
        cast(null as {{ text_type() }}) as source,
        cast(null as {{ text_type() }}) as ticket_id,
        created_at,
        1 as ordered
    from numbered

    union all

    select
        person_id,
        source,
        ticket_id,
        created_at,
        0 as ordered
    from unnamed
),

-- How many orders the person had made by then; one made in the same instant is one of them.
counted as (
    select
        source,
        ticket_id,
        person_id,
        sum(ordered) over (
            partition by person_id
            order by created_at
            range between unbounded preceding and current row
        ) as orders_by_then
    from events
),

found as (
    select
        named.source,
        named.ticket_id,
        orders.source as order_source,
        orders.order_id,
        orders.promised_at,
        orders.is_late
    from named
    inner join orders
        on
            named.source = orders.source
            and named.order_id = orders.order_id

    union all

    select
        counted.source,
        counted.ticket_id,
        numbered.source as order_source,
        numbered.order_id,
        numbered.promised_at,
        numbered.is_late
    from counted
    inner join unnamed
        on
            counted.source = unnamed.source
            and counted.ticket_id = unnamed.ticket_id
    inner join numbered
        on
            counted.person_id = numbered.person_id
            and counted.orders_by_then = numbered.place
            and unnamed.created_at <= numbered.created_at + interval '90' day
),

final as (
    select
        found.source,
        found.ticket_id,
        found.order_source,
        found.order_id,
        found.is_late and found.promised_at < tickets.created_at as was_late
    from found
    inner join tickets
        on
            found.source = tickets.source
            and found.ticket_id = tickets.ticket_id
)

select * from final
