-- Grain: one row per (source, ticket_id, tag), under the names that tags have today.
with

tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

tags as (

    select * from {{ ref('stg_gorgias__tags') }}

),

tagged as (

    select
        source,
        ticket_id,
        {{ unnest('tags') }} as tag
    from tickets

),

named as (

    select
        tagged.source,
        tagged.ticket_id,
        coalesce(tags.tag, {{ word('tagged.tag.name') }}) as tag
    from tagged
    left join tags
        on
            tagged.source = tags.source
            and tagged.tag.id = tags.tag_id

),

-- Two tags may have become one name.
final as (

    select
        source,
        ticket_id,
        tag
    from named
    where tag is not null
    group by source, ticket_id, tag

)

select * from final
