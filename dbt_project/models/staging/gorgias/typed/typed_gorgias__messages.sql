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
            'channel': 'varchar',
            'via': 'varchar',
            'rule_id': 'varchar',
            'sender': {'id': 'varchar'},
            'meta': {'macros': [{'id': 'varchar'}]},
            'public': 'boolean',
            'from_agent': 'boolean',
            'body_matches': ['varchar'],
            'created_datetime': 'varchar',
            'sent_datetime': 'varchar',
            'failed_datetime': 'varchar',
            'deleted_datetime': 'varchar',
        }) }} as record
    from {{ source('gorgias', 'messages') }}

),

final as (

    select
        source,
        record_id,
        load_id,
        extracted_at,
        operation,
        record.ticket_id,
        record.channel,
        record.via,
        record.rule_id,
        record.sender.id as sender_id,
        {{ first_element('record.meta.macros') }}.id as macro_id,
        record.public,
        record.from_agent,
        record.body_matches,
        cast(null as timestamp) as updated_at,
        {{ parse_instant('record.created_datetime') }} as created_at,
        {{ parse_instant('record.sent_datetime') }} as sent_at,
        {{ parse_instant('record.failed_datetime') }} as failed_at,
        {{ parse_instant('record.deleted_datetime') }} as deleted_at
    from records

)

select * from final
