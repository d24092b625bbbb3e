with

newest as (

    {{ newest_versions('files', 'marketing_costs') }}

),

final as (

    select
        source,
        record_id as cost_id,
        {{ known('campaign') }} as campaign,
        upper({{ known('currency') }}) as currency,
        amount,
        attributed_revenue,
        date,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
