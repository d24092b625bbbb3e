-- Grain: one row per source and entity with any record of which nobody says what it counts as.
with threads as (
    select * from {{ ref('forum_threads') }}
),

final as (
    select
        source,
        'forum_threads' as stream,
        count(*) as undecided
    from threads
    where is_question is null
    group by source
)

select * from final
