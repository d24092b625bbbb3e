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
            'created_at': 'timestamp',
            'currency': 'varchar',
            'total': 'decimal(18,4)',
            'refunded': 'decimal(18,4)',
            'cancelled_at': 'timestamp',
            'fulfilled_at': 'timestamp',
            'promised_at': 'timestamp',
            'delivered_at': 'timestamp',
            'is_test': 'boolean',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'orders') }}

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
