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
            'customer_id': 'varchar',
            'score': 'decimal(18,4)',
            'created_datetime': 'varchar',
            'sent_datetime': 'varchar',
            'scored_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'satisfaction_surveys') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.ticket_id,
        record.customer_id,
        record.score,
        cast(null as timestamp) as updated_at,
        {{ parse_instant('record.created_datetime') }} as created_at,
        {{ parse_instant('record.sent_datetime') }} as sent_at,
        {{ parse_instant('record.scored_datetime') }} as scored_at
    from records

)

select * from final
