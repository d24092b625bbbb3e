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
            'team_id': 'varchar',
            'role': 'varchar',
            'active_from': 'timestamp',
            'active_until': 'timestamp',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'agents') }}

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
