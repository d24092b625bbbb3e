-- Grain: one row per (source, post_id).
with

files_posts as (

    select * from {{ ref('stg_files__forum_posts') }}
    where not is_deleted

),

final as (

    select
        source,
        post_id,
        thread_id,
        author_id,
        author_kind,
        created_at,
        updated_at,
        is_solution
    from files_posts
    where created_at <= {{ as_of() }}

)

select * from final
