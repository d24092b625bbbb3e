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
            'agent_id': 'varchar',
            'reviewed_at': 'timestamp',
            'points': 'decimal(18,4)',
            'points_possible': 'decimal(18,4)',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'quality_reviews') }}

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
