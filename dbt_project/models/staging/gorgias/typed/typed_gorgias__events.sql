with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'type': 'varchar',
            'object_type': 'varchar',
            'object_id': 'varchar',
            'user_id': 'varchar',
            'data': {
                'assignee_user_id': 'varchar',
                'assignee_team_id': 'varchar',
                'merged_into_ticket_id': 'varchar',
            },
            'created_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'events') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.type,
        record.object_type,
        record.object_id,
        record.user_id,
        record.data.assignee_user_id,
        record.data.assignee_team_id,
        record.data.merged_into_ticket_id,
        cast(null as timestamp) as updated_at,
        {{ parse_instant('record.created_datetime') }} as created_at
    from records

)

select * from final
