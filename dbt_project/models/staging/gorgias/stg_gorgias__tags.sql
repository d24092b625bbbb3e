with

newest as (

    {{ newest_versions('gorgias', 'tags') }}

),

final as (

    select
        source,
        record_id as tag_id,
        {{ word('name') }} as tag,
        updated_at,
        operation = 'delete' as is_deleted
    from newest

)

select * from final
