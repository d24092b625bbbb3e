-- Grain: one row per (source, customer_id).
with

gorgias_customers as (

    select * from {{ ref('stg_gorgias__customers') }}
    where not is_deleted

),

files_customers as (

    select * from {{ ref('stg_files__customers') }}
    where not is_deleted

),

unioned as (

    select
        source,
        customer_id,
        email,
        phone,
        name,
        cast(null as varchar) as country,
        {{ text_list(['external_id']) }} as external_ids,
        created_at,
        updated_at,
        is_vip
    from gorgias_customers
    union all
    select
        source,
        customer_id,
        email,
        phone,
        name,
        country,
        external_ids,
        created_at,
        updated_at,
        is_vip
    from files_customers

),

final as (

    select
        source,
        customer_id,
        email,
        phone,
        name,
        country,
        external_ids,
        created_at,
        updated_at,
        is_vip
    from unioned
    where created_at is null or created_at <= {{ as_of() }}

)

select * from final
