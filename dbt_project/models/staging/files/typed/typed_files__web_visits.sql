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
            'visitor_id': 'varchar',
            'source': 'varchar',
            'medium': 'varchar',
            'campaign': 'varchar',
            'page_views': 'bigint',
            'filled_cart': 'boolean',
            'order_id': 'varchar',
            'is_bot': 'boolean',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'web_visits') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        -- What the visit came from; `source` is the system that told of it.
        record.source as visit_source,
        record.started_at,
        record.visitor_id,
        record.medium,
        record.campaign,
        record.page_views,
        record.filled_cart,
        record.order_id,
        record.is_bot,
        record.updated_at
    from records

)

select * from final
