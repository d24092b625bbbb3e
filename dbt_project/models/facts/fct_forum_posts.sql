-- Grain: one row per post in the forum.
with posts as (
    select * from {{ ref('forum_posts') }}
),

threads as (
    select * from {{ ref('forum_threads') }}
),

final as (
    select
        posts.source,
        posts.post_id,
        posts.thread_id,
        posts.author_id,
        posts.author_kind,
        case when threads.thread_id is null then 'no_thread' end as exclusion_reason,
        posts.created_at,
        coalesce(posts.is_solution, false) as is_solution,
        coalesce(
            threads.is_question
            and posts.created_at >= threads.created_at
            -- With one of the two unknown it is another; with both, nobody can tell.
            and posts.author_id is distinct from threads.author_id,
            false
        ) as is_answer
    from posts
    left join threads
        on
            posts.source = threads.source
            and posts.thread_id = threads.thread_id
)

select * from final
