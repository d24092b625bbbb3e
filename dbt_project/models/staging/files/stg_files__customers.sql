with

newest as (

    {{ newest_versions('files', 'customers') }}

),

final as (

    select
        source,
        record_id as customer_id,
        {{ known('email') }} as email,
        {{ known('phone') }} as phone,
        {{ known('name') }} as name,
        {{ known('country') }} as country,
        external_ids,
        created_at,
        updated_at,
        is_vip,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
