with

records as (

    select
        source,
        record_id,
        load_id,
        cast(extracted_at as timestamp) as extracted_at,
        operation,
        {{ from_json('payload', {
            'status': 'varchar',
            'priority': 'varchar',
            'channel': 'varchar',
            'via': 'varchar',
            'language': 'varchar',
            'from_agent': 'boolean',
            'spam': 'boolean',
            'customer': {'id': 'varchar'},
            'assignee_user': {'id': 'varchar'},
            'assignee_team': {'id': 'varchar'},
            'integrations': [{'name': 'varchar'}],
            'tags': [{'id': 'varchar', 'name': 'varchar'}],
            'subject_matches': ['varchar'],
            'created_datetime': 'varchar',
            'updated_datetime': 'varchar',
            'closed_datetime': 'varchar',
            'snooze_datetime': 'varchar',
            'trashed_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'tickets') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.status,
        record.priority,
        record.channel,
        record.via,
        record.language,
        record.customer.id as customer_id,
        record.assignee_user.id as assignee_user_id,
        record.assignee_team.id as assignee_team_id,
        {{ first_element('record.integrations') }}.name as first_integration_name,
        record.tags,
        record.subject_matches,
        record.from_agent,
        record.spam,
        {{ parse_instant('record.created_datetime') }} as created_at,
        {{ parse_instant('record.updated_datetime') }} as updated_at,
        {{ parse_instant('record.closed_datetime') }} as closed_at,
        {{ parse_instant('record.snooze_datetime') }} as snooze_at,
        {{ parse_instant('record.trashed_datetime') }} as trashed_at
    from records

)

select * from final
