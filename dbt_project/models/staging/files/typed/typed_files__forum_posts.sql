with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'thread_id': 'varchar',
            'created_at': 'timestamp',
            'author_kind': 'varchar',
            'author_id': 'varchar',
            'is_solution': 'boolean',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'forum_posts') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.*
    from records

)

select * from final
