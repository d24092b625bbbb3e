with

newest as (

    {{ newest_versions('gorgias', 'customers') }}

),

final as (

    select
        source,
        record_id as customer_id,
        {{ known('email') }} as email,
        {{ known(first_with('channels', 'type', 'phone') ~ '.address') }} as phone,
        {{ known('name') }} as name,
        {{ known('external_id') }} as external_id,
        created_at,
        updated_at,
        is_vip,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
