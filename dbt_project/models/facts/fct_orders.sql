-- Grain: one row per order.
with orders as (
    select * from {{ ref('orders') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

rates as (
    select
        currency,
        on_date,
        lead(on_date) over (partition by currency order by on_date) as next_on,
        rate
    from {{ ref('exchange_rates') }}
    where to_currency = '{{ var("currency") }}'
),

rated as (
    select
        orders.*,
        case
            when orders.currency = '{{ var("currency") }}' then 1
            else rates.rate
        end as rate
    from orders
    left join rates
        on
            orders.currency = rates.currency
            and {{ to_local_date('orders.created_at') }} >= rates.on_date
            and (
                rates.next_on is null
                or {{ to_local_date('orders.created_at') }} < rates.next_on
            )
),

final as (
    select
        rated.source,
        rated.order_id,
        rated.customer_id,
        persons.person_id,
        case when rated.is_test then 'test' end as exclusion_reason,
        rated.currency,
        rated.total,
        rated.refunded,
        {{ in_reporting_currency('rated.total', 'rated.rate') }} as total_reporting,
        {{ in_reporting_currency('rated.refunded', 'rated.rate') }} as refunded_reporting,
        rated.created_at,
        rated.cancelled_at,
        rated.fulfilled_at,
        rated.promised_at,
        rated.delivered_at,
        coalesce(rated.is_test, false) as is_test,
        coalesce(rated.refunded > 0 and rated.refunded >= rated.total, false)
            as is_refunded_in_full,
        not coalesce(rated.is_test, false)
        and rated.cancelled_at is null
        and not coalesce(rated.refunded > 0 and rated.refunded >= rated.total, false)
        and persons.person_id is not null as is_qualifying
    from rated
    left join persons
        on
            rated.source = persons.source
            and rated.customer_id = persons.customer_id
)

select * from final
