with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'kind': 'varchar',
            'sent_at': 'timestamp',
            'responded_at': 'timestamp',
            'score': 'decimal(18,4)',
            'ticket_id': 'varchar',
            'contact_id': 'varchar',
            'agent_id': 'varchar',
            'customer_id': 'varchar',
            'channel': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'surveys') }}

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
