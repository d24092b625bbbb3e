with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'month': 'date',
            'channel': 'varchar',
            'category': 'varchar',
            'amount': 'decimal(18,4)',
            'currency': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'support_costs') }}

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
