-- Grain: one row per (source, cost_id).
with

files_costs as (

    select * from {{ ref('stg_files__marketing_costs') }}
    where not is_deleted

),

final as (

    select
        source,
        cost_id,
        campaign,
        currency,
        amount,
        attributed_revenue,
        date,
        {{ local_to_utc('cast(date as timestamp)') }} as begins_at,
        updated_at
    from files_costs
    where {{ local_to_utc('cast(date as timestamp)') }} <= {{ as_of() }}

)

select * from final
