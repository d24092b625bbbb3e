with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'customer_id': 'varchar',
            'started_at': 'timestamp',
            'ended_at': 'timestamp',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'subscriptions') }}

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
