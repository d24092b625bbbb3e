with

newest as (

    {{ newest_versions('files', 'forum_posts') }}

),

final as (

    select
        source,
        record_id as post_id,
        {{ known('thread_id') }} as thread_id,
        {{ known('author_id') }} as author_id,
        {{ word('author_kind') }} as author_kind,
        created_at,
        updated_at,
        is_solution,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
