-- Grain: one row per (source, visit_id).
with

files_visits as (

    select * from {{ ref('stg_files__web_visits') }}
    where not is_deleted

),

final as (

    select
        source,
        visit_id,
        visitor_id,
        order_id,
        visit_source,
        medium,
        campaign,
        page_views,
        started_at,
        updated_at,
        filled_cart,
        is_bot
    from files_visits
    where started_at <= {{ as_of() }}

)

select * from final
