with

newest as (

    {{ newest_versions('files', 'orders') }}

),

final as (

    select
        source,
        record_id as order_id,
        {{ known('customer_id') }} as customer_id,
        upper({{ known('currency') }}) as currency,
        total,
        refunded,
        created_at,
        cancelled_at,
        fulfilled_at,
        promised_at,
        delivered_at,
        updated_at,
        is_test,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
