-- Grain: one row per (source, customer_id, address) where the address links customers.
with

-- What landing made of a phone number (kind:version:digest) is compared as it is.
customers as (

    select
        source,
        customer_id,
        {{ word('email') }} as email,
        case
            when phone like '%:v%:%' then {{ known('phone') }}
            else {{ digits('phone') }}
        end as phone,
        external_ids
    from {{ ref('customers') }}

),

person_links as (

    select * from {{ ref('person_links') }}

),

declared_ids as (

    select
        source,
        customer_id,
        {{ unnest('external_ids') }} as external_id
    from customers

),

addresses as (

    select
        source,
        customer_id,
        'email ' || email as address
    from customers
    union all
    select
        source,
        customer_id,
        'phone ' || phone as address
    from customers
    union all
    select
        source,
        customer_id,
        'id ' || {{ known('external_id') }} as address
    from declared_ids

),

split_off as (

    select
        source_b as source,
        customer_b as customer_id
    from person_links
    where action = 'split'
    group by source_b, customer_b

),

of_customers as (

    select
        addresses.source,
        addresses.customer_id,
        addresses.address
    from addresses
    left join split_off
        on
            addresses.source = split_off.source
            and addresses.customer_id = split_off.customer_id
    where addresses.address is not null and split_off.source is null
    group by addresses.source, addresses.customer_id, addresses.address

),

-- More customers than the cap behind one address: a shop's own address, or a family of robots.
shared as (

    select address
    from of_customers
    group by address
    having count(*) between 2 and {{ setting('person_link_cap') }}

),

joined as (

    select
        {{ hash_key(['source_a', 'customer_a', 'source_b', 'customer_b']) }} as link,
        source_a,
        customer_a,
        source_b,
        customer_b
    from person_links
    where action = 'join'

),

final as (

    select
        of_customers.source,
        of_customers.customer_id,
        of_customers.address
    from of_customers
    inner join shared
        on of_customers.address = shared.address
    union all
    select
        source_a as source,
        customer_a as customer_id,
        'link ' || link as address
    from joined
    union all
    select
        source_b as source,
        customer_b as customer_id,
        'link ' || link as address
    from joined

)

select * from final
