-- Grain: one row per (source, subscription_id).
with

files_subscriptions as (

    select * from {{ ref('stg_files__subscriptions') }}
    where not is_deleted

),

final as (

    select
        source,
        subscription_id,
        customer_id,
        started_at,
        {{ known_by_the_cut('ended_at') }} as ended_at,
        updated_at
    from files_subscriptions
    where started_at <= {{ as_of() }}

)

select * from final
