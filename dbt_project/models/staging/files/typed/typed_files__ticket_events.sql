with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'ticket_id': 'varchar',
            'at': 'timestamp',
            'kind': 'varchar',
            'from_value': 'varchar',
            'to_value': 'varchar',
            'actor': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'ticket_events') }}

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
