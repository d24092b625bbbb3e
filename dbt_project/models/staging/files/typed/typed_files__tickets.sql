with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'created_at': 'timestamp',
            'status': 'varchar',
            'channel': 'varchar',
            'subject_matches': ['varchar'],
            'opened_by': 'varchar',
            'customer_id': 'varchar',
            'assignee_id': 'varchar',
            'team_id': 'varchar',
            'topic': 'varchar',
            'tags': ['varchar'],
            'priority': 'varchar',
            'closed_at': 'timestamp',
            'closed_by': 'varchar',
            'is_spam': 'boolean',
            'is_test': 'boolean',
            'merged_into_ticket_id': 'varchar',
            'order_id': 'varchar',
            'brand': 'varchar',
            'language': 'varchar',
            'updated_at': 'timestamp',
        }) }} as record
    from {{ source('files', 'tickets') }}

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
