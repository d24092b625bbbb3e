with

newest as (

    {{ newest_versions('files', 'web_visits') }}

),

final as (

    select
        source,
        record_id as visit_id,
        {{ known('visitor_id') }} as visitor_id,
        {{ known('order_id') }} as order_id,
        {{ known('visit_source') }} as visit_source,
        {{ known('medium') }} as medium,
        {{ known('campaign') }} as campaign,
        page_views,
        started_at,
        updated_at,
        filled_cart,
        is_bot,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
