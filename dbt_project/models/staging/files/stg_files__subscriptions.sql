with

newest as (

    {{ newest_versions('files', 'subscriptions') }}

),

final as (

    select
        source,
        record_id as subscription_id,
        {{ known('customer_id') }} as customer_id,
        started_at,
        ended_at,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
