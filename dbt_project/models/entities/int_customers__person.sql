-- Grain: one row per (source, customer_id) that occurs anywhere.
{% set rounds = 10 %}
with

addresses as (

    select * from {{ ref('int_customers__addresses') }}

),

occurring as (

    {% for entity in [
        'customers', 'tickets', 'live_contacts', 'surveys', 'orders', 'subscriptions'
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

-- Numbers stand for customers, in their order, for as long as they are compared.
numbered as (

    select
        source,
        customer_id,
        row_number() over (order by source, customer_id) as customer_number
    from customers

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

-- Connected components by alternating large and small stars (Kiveris and others, 2014): a round
-- keeps each component connected and about halves its longest chain, until all of its customers
-- hang on the smallest. That suffices for chains of some {{ 2 ** (rounds - 1) }} customers; a test
-- fails where an address is left that leads to two persons.
links_0 as (

    select
        customer_number as larger,
        min(customer_number) over (partition by address) as smaller
    from reached

),

{% for round in range(1, rounds + 1) %}
neighbours_{{ round }} as (

    select
        larger as customer_number,
        smaller as neighbour
    from links_{{ round - 1 }}
    where smaller < larger
    union all
    select
        smaller as customer_number,
        larger as neighbour
    from links_{{ round - 1 }}
    where smaller < larger

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
smallest_of_each as (

    select
        larger as customer_number,
        min(smaller) as smallest
    from links_{{ rounds }}
    group by larger

),

final as (

    select
        numbered.source,
        numbered.customer_id,
        {{ hash_key(['first_customer.source', 'first_customer.customer_id']) }} as person_id
    from numbered
    left join smallest_of_each
        on numbered.customer_number = smallest_of_each.customer_number
    inner join numbered as first_customer
        on
            coalesce(smallest_of_each.smallest, numbered.customer_number)
            = first_customer.customer_number

)

select * from final
