-- Grain: one row per kind of experience and how it went, of 30 customers or more.
with experiences as (
    select * from {{ ref('int_persons__experiences') }}
),

orders as (
    select
        person_id,
        created_at
    from {{ ref('fct_orders') }}
    where is_qualifying
),

buyers as (
    select
        experiences.person_id,
        experiences.experience
    from experiences
    inner join orders
        on
            experiences.person_id = orders.person_id
            and experiences.experienced_at < orders.created_at
            and experiences.until_at >= orders.created_at
    group by
        experiences.person_id,
        experiences.experience
),

counted as (
    select
        experiences.experience,
        experiences.value,
        count(*) as customers,
        count(buyers.person_id) as bought_again
    from experiences
    left join buyers
        on
            experiences.person_id = buyers.person_id
            and experiences.experience = buyers.experience
    group by
        experiences.experience,
        experiences.value
),

final as (
    select
        experience,
        value,
        customers,
        bought_again,
        {{ ratio('bought_again', 'customers') }} as share,
        {{ wilson('bought_again', 'customers', 'low') }} as low,
        {{ wilson('bought_again', 'customers', 'high') }} as high
    from counted
    where customers >= 30
)

select * from final
