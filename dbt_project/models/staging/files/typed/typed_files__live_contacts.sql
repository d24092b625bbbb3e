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
            'started_at': 'timestamp',
            'channel': 'varchar',
            'ticket_id': 'varchar',
            'customer_id': 'varchar',
            'agent_id': 'varchar',
            'ivr_seconds': 'bigint',
            'queue_seconds': 'bigint',
            'answered_at': 'timestamp',
            'ended_at': 'timestamp',
            'talk_seconds': 'bigint',
            'hold_seconds': 'bigint',
            'wrap_up_seconds': 'bigint',
            'transfers': 'bigint',
            'outcome': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'live_contacts') }}

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
