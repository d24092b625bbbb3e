-- Grain: one row per gesture towards a customer.
with gestures as (
    select * from {{ ref('gestures') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

final as (
    select
        gestures.source,
        gestures.gesture_id,
        gestures.customer_id,
        persons.person_id,
        gestures.agent_id,
        gestures.kind,
        cast(null as {{ text_type() }}) as exclusion_reason,
        gestures.made_at
    from gestures
    left join persons
        on
            gestures.source = persons.source
            and gestures.customer_id = persons.customer_id
)

select * from final
