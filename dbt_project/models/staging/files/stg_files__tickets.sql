-- A ticket that is deleted stays, so what its newest full version said of it stays with it: the
-- deletion itself may hold nothing but the id.
with

newest as (

    {{ newest_versions('files', 'tickets') }}

),

described as (

    {{ newest_versions('files', 'tickets', also='version.created_at is not null') }}

),

final as (

    select
        described.source,
        described.record_id as ticket_id,
        {{ known('described.customer_id') }} as customer_id,
        {{ known('described.assignee_id') }} as assignee_id,
        {{ known('described.team_id') }} as team_id,
        {{ known('described.order_id') }} as order_id,
        {{ known('described.merged_into_ticket_id') }} as merged_into_ticket_id,
        {{ word('described.status') }} as status,
        {{ word('described.opened_by') }} as opened_by,
        {{ word('described.closed_by') }} as closed_by,
        {{ word('described.channel') }} as vendor_channel,
        {{ word('described.priority') }} as priority,
        {{ known('described.topic') }} as topic,
        {{ known('described.brand') }} as brand,
        {{ word('described.language') }} as language,
        {{ word_list('described.tags') }} as tags,
        described.subject_matches,
        described.created_at,
        newest.updated_at,
        described.closed_at,
        described.is_spam,
        described.is_test,
        newest.operation = 'delete' as is_deleted
    from described
    inner join newest
        on
            described.source = newest.source
            and described.record_id = newest.record_id

)

select * from final
