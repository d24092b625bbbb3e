with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'external_id': 'varchar',
            'email': 'varchar',
            'name': 'varchar',
            'channels': [{'type': 'varchar', 'address': 'varchar'}],
            'data': {'is_vip': 'boolean'},
            'created_datetime': 'varchar',
            'updated_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'customers') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.external_id,
        record.email,
        record.name,
        record.channels,
        record.data.is_vip,
        {{ parse_instant('record.created_datetime') }} as created_at,
        {{ parse_instant('record.updated_datetime') }} as updated_at
    from records

)

select * from final
