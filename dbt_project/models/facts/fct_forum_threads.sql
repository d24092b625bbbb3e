-- Grain: one row per thread of the forum.
with threads as (
    select * from {{ ref('forum_threads') }}
),

answers as (
    select
        source,
        thread_id,
        min(created_at) as first_answered_at
    from {{ ref('fct_forum_posts') }}
    where is_answer
    group by
        source,
        thread_id
),

final as (
    select
        threads.source,
        threads.thread_id,
        threads.author_id,
        threads.topic,
        threads.views,
        cast(null as {{ text_type() }}) as exclusion_reason,
        threads.created_at,
        answers.first_answered_at,
        threads.solved_at,
        coalesce(threads.is_question, false) as is_question
    from threads
    left join answers
        on
            threads.source = answers.source
            and threads.thread_id = answers.thread_id
)

select * from final
