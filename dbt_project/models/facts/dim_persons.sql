-- Grain: one row per person.
with persons as (
    select * from {{ ref('int_customers__person') }}
),

customers as (
    select * from {{ ref('customers') }}
),

tickets as (
    select
        person_id,
        min(created_at) as first_ticket_at
    from {{ ref('fct_tickets') }}
    where is_inbound
    group by person_id
),

contacts as (
    select
        person_id,
        min(started_at) as first_contact_at
    from {{ ref('fct_live_contacts') }}
    where
        not is_short_abandon
        and exclusion_reason is null
    group by person_id
),

orders as (
    select
        person_id,
        min(created_at) as first_order_at,
        count(*) as orders
    from {{ ref('fct_orders') }}
    where is_qualifying
    group by person_id
),

of_sources as (
    select
        persons.person_id,
        persons.source,
        min(customers.created_at) as first_created_at,
        bool_or(persons.is_vip) as is_vip
    from persons
    left join customers
        on
            persons.source = customers.source
            and persons.customer_id = customers.customer_id
    group by
        persons.person_id,
        persons.source
),

known as (
    select
        person_id,
        min(first_created_at) as first_created_at,
        {{ sorted_array_agg('source') }} as sources,
        bool_or(is_vip) as is_vip
    from of_sources
    group by person_id
),

final as (
    select
        known.person_id,
        known.sources,
        coalesce(orders.orders, 0) as orders,
        least(
            known.first_created_at,
            orders.first_order_at,
            tickets.first_ticket_at,
            contacts.first_contact_at
        ) as first_seen_at,
        orders.first_order_at,
        least(tickets.first_ticket_at, contacts.first_contact_at) as first_contact_at,
        known.is_vip
    from known
    left join tickets
        on known.person_id = tickets.person_id
    left join contacts
        on known.person_id = contacts.person_id
    left join orders
        on known.person_id = orders.person_id
)

select * from final
