-- Grain: one row per subscription.
with subscriptions as (
    select * from {{ ref('subscriptions') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

final as (
    select
        subscriptions.source,
        subscriptions.subscription_id,
        subscriptions.customer_id,
        persons.person_id,
        cast(null as {{ text_type() }}) as exclusion_reason,
        subscriptions.started_at,
        subscriptions.ended_at
    from subscriptions
    left join persons
        on
            subscriptions.source = persons.source
            and subscriptions.customer_id = persons.customer_id
)

select * from final
