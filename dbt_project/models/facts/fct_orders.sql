-- Grain: one row per order.
with orders as (
    select
        *,
        {{ to_local_date('created_at') }} as created_on
    from {{ ref('orders') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

rates as (
    select * from {{ ref('int_exchange_rates__spans') }}
),

final as (
    select
        orders.source,
        orders.order_id,
        orders.customer_id,
        persons.person_id,
        case when orders.is_test then 'test' end as exclusion_reason,
        orders.currency,
        orders.total,
        orders.refunded,
        {{ in_reporting_currency('orders.total', 'rates.rate') }} as total_reporting,
        {{ in_reporting_currency('orders.refunded', 'rates.rate') }} as refunded_reporting,
        orders.created_at,
        orders.cancelled_at,
        orders.fulfilled_at,
        orders.promised_at,
        orders.delivered_at,
        coalesce(orders.is_test, false) as is_test,
        coalesce(orders.refunded > 0 and orders.refunded >= orders.total, false)
            as is_refunded_in_full,
        not coalesce(orders.is_test, false)
        and orders.cancelled_at is null
        and not coalesce(orders.refunded > 0 and orders.refunded >= orders.total, false)
        and persons.person_id is not null as is_qualifying
    from orders
    left join persons
        on
            orders.source = persons.source
            and orders.customer_id = persons.customer_id
    left join rates
        on
            orders.currency = rates.currency
            and orders.created_on >= rates.valid_from
            and orders.created_on < rates.valid_until
)

select * from final
