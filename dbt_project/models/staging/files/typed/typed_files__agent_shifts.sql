with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'agent_id': 'varchar',
            'started_at': 'timestamp',
            'ended_at': 'timestamp',
            'channel': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'agent_shifts') }}

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
