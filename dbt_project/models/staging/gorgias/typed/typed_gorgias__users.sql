with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'name': 'varchar',
            'role': {'name': 'varchar'},
            'created_datetime': 'varchar',
            'deactivated_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'users') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.name,
        record.role.name as role,
        cast(null as timestamp) as updated_at,
        {{ parse_instant('record.created_datetime') }} as created_at,
        {{ parse_instant('record.deactivated_datetime') }} as deactivated_at
    from records

)

select * from final
