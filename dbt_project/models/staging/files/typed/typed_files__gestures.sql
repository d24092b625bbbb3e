with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'made_at': 'timestamp',
            'customer_id': 'varchar',
            'kind': 'varchar',
            'agent_id': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'gestures') }}

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
