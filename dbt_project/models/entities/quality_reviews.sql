-- Grain: one row per (source, review_id).
with

files_reviews as (

    select * from {{ ref('stg_files__quality_reviews') }}
    where not is_deleted

),

final as (

    select
        source,
        review_id,
        ticket_id,
        agent_id,
        points,
        points_possible,
        reviewed_at,
        updated_at
    from files_reviews
    where reviewed_at <= {{ as_of() }}

)

select * from final
