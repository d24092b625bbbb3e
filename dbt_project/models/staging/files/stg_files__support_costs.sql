with

newest as (

    {{ newest_versions('files', 'support_costs') }}

),

final as (

    select
        source,
        record_id as cost_id,
        {{ word('channel') }} as vendor_channel,
        {{ word('category') }} as vendor_category,
        upper({{ known('currency') }}) as currency,
        amount,
        month,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
