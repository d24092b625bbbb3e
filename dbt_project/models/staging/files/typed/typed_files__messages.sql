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
            'sent_at': 'timestamp',
            'sender': 'varchar',
            'agent_id': 'varchar',
            'channel': 'varchar',
            'is_public': 'boolean',
            'is_failed': 'boolean',
            'macro_id': 'varchar',
            'purpose': 'varchar',
            'body_matches': ['varchar'],
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'messages') }}

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
