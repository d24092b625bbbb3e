with

newest as (

    {{ newest_versions('files', 'forum_threads') }}

),

final as (

    select
        source,
        record_id as thread_id,
        {{ known('author_id') }} as author_id,
        {{ known('topic') }} as topic,
        views,
        created_at,
        solved_at,
        updated_at,
        is_question,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
