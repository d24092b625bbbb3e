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
            'email': 'varchar',
            'phone': 'varchar',
            'name': 'varchar',
            'is_vip': 'boolean',
            'country': 'varchar',
            'external_ids': ['varchar'],
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'customers') }}

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
