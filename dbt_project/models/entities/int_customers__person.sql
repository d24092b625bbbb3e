-- Grain: one row per (source, customer_id) that occurs anywhere.
{% set rounds = 12 %}
with

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

occurring as (

    {% for entity in [
        'customers',
        'tickets',
        'live_contacts',
        'self_service_sessions',
        'surveys',
        'orders',
        'subscriptions',
        'gestures',
        'int_customers__addresses',
    ] %}
    select
        source,
        customer_id
    from {{ ref(entity) }}
    where customer_id is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

customers as (

    select
        source,
        customer_id
    from occurring
    group by source, customer_id

),

-- Numbers stand for the customers that share an address, in their order.
numbered as (

    select
        source,
        customer_id,
        row_number() over (order by source, customer_id) as customer_number
    from addresses
    group by source, customer_id

),

reached as (

    select
        addresses.address,
        numbered.customer_number
    from addresses
    inner join numbered
        on
            addresses.source = numbered.source
            and addresses.customer_id = numbered.customer_id

),

starred as (

    select
        customer_number,
        min(customer_number) over (partition by address) as smallest
    from reached

),

links as (

    select
        customer_number as larger,
        smallest as smaller,
        count(*) over (partition by customer_number) as links_of_larger
    from starred
    where smallest < customer_number
    group by customer_number, smallest

),

-- Most customers hang on one other and that is that; only where links meet is there more to find.
links_0 as (

    select
        larger,
        smaller
    from links
    where
        links_of_larger > 1
        or smaller in (select larger_ones.larger from links as larger_ones)
        or larger in (select smaller_ones.smaller from links as smaller_ones)

),

-- Connected components by alternating large and small stars (Kiveris and others, 2014): a round
-- keeps each component connected and about halves its longest chain, until all of its customers
-- hang on the smallest. That suffices for chains of some {{ 2 ** (rounds - 1) }} customers; a test
-- fails where an address is left that leads to two persons.
{% for round in range(1, rounds + 1) %}
neighbours_{{ round }} as (

    select
        larger as customer_number,
        smaller as neighbour
    from links_{{ round - 1 }}
    union all
    select
        smaller as customer_number,
        larger as neighbour
    from links_{{ round - 1 }}

),

large_stars_{{ round }} as (

    select
        customer_number,
        neighbour as larger,
        least(
            customer_number, min(neighbour) over (partition by customer_number)
        ) as smaller
    from neighbours_{{ round }}

),

small_stars_{{ round }} as (

    select
        larger as customer_number,
        smaller as neighbour,
        min(smaller) over (partition by larger) as smallest
    from large_stars_{{ round }}
    where customer_number < larger
    group by larger, smaller

),

links_{{ round }} as (

    select
        customer_number as larger,
        smallest as smaller
    from small_stars_{{ round }}
    union
    select
        neighbour as larger,
        smallest as smaller
    from small_stars_{{ round }}
    where smallest < neighbour

),

{% endfor %}
untangled as (

    select
        larger as customer_number,
        min(smaller) as smallest
    from links_{{ rounds }}
    group by larger

),

hung as (

    select
        larger as customer_number,
        min(smaller) as neighbour
    from links
    group by larger

),

firsts as (

    select
        numbered.source,
        numbered.customer_id,
        first_customer.source as first_source,
        first_customer.customer_id as first_customer_id
    from numbered
    left join hung
        on numbered.customer_number = hung.customer_number
    left join untangled as own
        on numbered.customer_number = own.customer_number
    left join untangled as of_neighbour
        on hung.neighbour = of_neighbour.customer_number
    inner join numbered as first_customer
        on
            coalesce(
                own.smallest, of_neighbour.smallest, hung.neighbour, numbered.customer_number
            )
            = first_customer.customer_number

),

named as (

    select
        customers.source,
        customers.customer_id,
        {{ hash_key([
            'coalesce(firsts.first_source, customers.source)',
            'coalesce(firsts.first_customer_id, customers.customer_id)',
        ]) }} as person_id
    from customers
    left join firsts
        on
            customers.source = firsts.source
            and customers.customer_id = firsts.customer_id

),

vips as (

    select named.person_id
    from named
    inner join {{ ref('customers') }} as customers
        on
            named.source = customers.source
            and named.customer_id = customers.customer_id
    where customers.is_vip
    group by named.person_id

),

final as (

    select
        named.source,
        named.customer_id,
        named.person_id,
        vips.person_id is not null as is_vip
    from named
    left join vips
        on named.person_id = vips.person_id

)

select * from final
