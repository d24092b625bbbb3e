with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'created_at': 'timestamp',
            'author_id': 'varchar',
            'is_question': 'boolean',
            'topic': 'varchar',
            'views': 'bigint',
            'solved_at': 'timestamp',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'forum_threads') }}

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
