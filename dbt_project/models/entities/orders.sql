-- Grain: one row per (source, order_id).
with

files_orders as (

    select * from {{ ref('stg_files__orders') }}
    where not is_deleted

),

final as (

    select
        source,
        order_id,
        customer_id,
        currency,
        total,
        refunded,
        created_at,
        {{ known_by_the_cut('cancelled_at') }} as cancelled_at,
        {{ known_by_the_cut('fulfilled_at') }} as fulfilled_at,
        {{ known_by_the_cut('promised_at') }} as promised_at,
        {{ known_by_the_cut('delivered_at') }} as delivered_at,
        updated_at,
        is_test
    from files_orders
    where created_at <= {{ as_of() }}

)

select * from final
