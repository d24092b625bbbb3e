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
        }) }} as record
    from {{ source('gorgias', 'tags') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.name,
        cast(null as timestamp) as updated_at
    from records

)

select * from final
