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

known as (
    select
        persons.person_id,
        min(customers.created_at) as first_created_at,
        {{ ordered_array_agg(
            'case when persons.is_first then persons.source end', 'persons.source'
        ) }} as sources,
        coalesce(bool_or(customers.is_vip), false) as is_vip
    from (
        select
            person_id,
            source,
            customer_id,
            row_number() over (partition by person_id, source order by customer_id) = 1 as is_first
        from persons
    ) as persons
    left join customers
        on
            persons.source = customers.source
            and persons.customer_id = customers.customer_id
    group by persons.person_id
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
