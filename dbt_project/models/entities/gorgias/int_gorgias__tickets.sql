-- Grain: one row per (source, ticket_id), with what Gorgias keeps beside its tickets.
with

tickets as (

    select * from {{ ref('stg_gorgias__tickets') }}

),

events as (

    select events.*
    from {{ ref('stg_gorgias__events') }} as events
    where
        events.type in ('ticket-merged', 'ticket-deleted')
        and not events.is_deleted
        and events.at <= {{ as_of() }}

),

ticket_tags as (

    select * from {{ ref('int_gorgias__ticket_tags') }}

),

tagged as (

    select
        source,
        ticket_id,
        {{ sorted_array_agg('tag') }} as tags,
        bool_or(tag = {{ setting('test_tag', text_type()) }}) as is_test
    from ticket_tags
    group by source, ticket_id

),

merge_events as (

    select
        source,
        ticket_id,
        merged_into_ticket_id,
        row_number() over (
            partition by source, ticket_id
            order by events.at desc, events.event_id desc
        ) as place
    from events
    where merged_into_ticket_id is not null

),

deletions as (

    select
        source,
        ticket_id
    from events
    where type = 'ticket-deleted'
    group by source, ticket_id

),

final as (

    select
        tickets.source,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.assignee_id,
        tickets.team_id,
        merge_events.merged_into_ticket_id,
        tickets.status,
        tickets.opened_by,
        tickets.vendor_channel,
        tickets.priority,
        tickets.brand,
        tickets.language,
        tagged.tags,
        tickets.subject_matches,
        tickets.created_at,
        tickets.updated_at,
        tickets.closed_at,
        tickets.is_spam,
        coalesce(tagged.is_test, false) as is_test,
        (tickets.is_deleted or deletions.ticket_id is not null) as is_deleted
    from tickets
    left join tagged
        on
            tickets.source = tagged.source
            and tickets.ticket_id = tagged.ticket_id
    left join merge_events
        on
            tickets.source = merge_events.source
            and tickets.ticket_id = merge_events.ticket_id
            and merge_events.place = 1
    left join deletions
        on
            tickets.source = deletions.source
            and tickets.ticket_id = deletions.ticket_id

)

select * from final
