-- Grain: one row per (source, thread_id).
with

files_threads as (

    select * from {{ ref('stg_files__forum_threads') }}
    where not is_deleted

),

final as (

    select
        source,
        thread_id,
        author_id,
        topic,
        views,
        created_at,
        {{ known_by_the_cut('solved_at') }} as solved_at,
        updated_at,
        is_question
    from files_threads
    where created_at <= {{ as_of() }}

)

select * from final
