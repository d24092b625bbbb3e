with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'started_at': 'timestamp',
            'ended_at': 'timestamp',
            'tool': 'varchar',
            'topic': 'varchar',
            'customer_id': 'varchar',
            'outcome': 'varchar',
            'ticket_id': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'self_service_sessions') }}

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
