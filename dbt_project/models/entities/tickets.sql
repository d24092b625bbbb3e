-- Grain: one row per (source, ticket_id); deleted tickets stay, marked.
with

gorgias_tickets as (

    select * from {{ ref('int_gorgias__tickets') }}

),

files_tickets as (

    select * from {{ ref('stg_files__tickets') }}

),

messages as (

    select * from {{ ref('messages') }}

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

topic_rules as (

    select * from {{ ref('topic_rules') }}

),

unioned as (

    select
        source,
        ticket_id,
        customer_id,
        assignee_id,
        team_id,
        cast(null as varchar) as order_id,
        merged_into_ticket_id,
        status,
        opened_by,
        cast(null as varchar) as closed_by,
        vendor_channel,
        priority,
        cast(null as varchar) as topic,
        brand,
        language,
        tags,
        subject_matches,
        created_at,
        updated_at,
        closed_at,
        is_spam,
        is_test,
        is_deleted
    from gorgias_tickets
    union all
    select
        source,
        ticket_id,
        customer_id,
        assignee_id,
        team_id,
        order_id,
        merged_into_ticket_id,
        status,
        opened_by,
        closed_by,
        vendor_channel,
        priority,
        topic,
        brand,
        language,
        tags,
        subject_matches,
        created_at,
        updated_at,
        closed_at,
        is_spam,
        is_test,
        is_deleted
    from files_tickets

),

of_the_cut as (

    select * from unioned
    where created_at <= {{ as_of() }}

),

without_topic as (

    select
        source,
        ticket_id,
        language,
        tags,
        subject_matches
    from of_the_cut
    where topic is null

),

found as (

    select
        source,
        ticket_id,
        'tag' as field,
        {{ unnest('tags') }} as pattern
    from without_topic
    union all
    select
        source,
        ticket_id,
        'subject' as field,
        {{ unnest('subject_matches') }} as pattern
    from without_topic
    union all
    -- What a customer wrote; an agent's answer speaks of much in passing.
    select
        source,
        ticket_id,
        'body' as field,
        {{ unnest('body_matches') }} as pattern
    from messages
    where sender = 'customer' and is_public and is_failed is not true

),

topics as (

    select
        tickets.source,
        tickets.ticket_id,
        topic_rules.topic,
        row_number() over (
            partition by tickets.source, tickets.ticket_id
            order by topic_rules.priority, topic_rules.topic
        ) as place
    from without_topic as tickets
    inner join found
        on
            tickets.source = found.source
            and tickets.ticket_id = found.ticket_id
    inner join topic_rules
        on
            found.field = topic_rules.field
            and found.pattern = case
                when topic_rules.field = 'tag' then {{ word('topic_rules.pattern') }}
                else topic_rules.pattern
            end
            and (topic_rules.language is null or tickets.language = topic_rules.language)

),

final as (

    select
        tickets.source,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.assignee_id,
        tickets.team_id,
        tickets.order_id,
        tickets.merged_into_ticket_id,
        tickets.status,
        tickets.opened_by,
        tickets.closed_by,
        channel_words.channel,
        case
            when tickets.priority in ('low', 'normal', 'high', 'urgent') then tickets.priority
            when tickets.priority is not null then 'unmapped'
        end as priority,
        coalesce(tickets.topic, topics.topic) as topic,
        tickets.brand,
        tickets.language,
        tickets.tags,
        tickets.created_at,
        tickets.updated_at,
        {{ known_by_the_cut('tickets.closed_at') }} as closed_at,
        tickets.is_spam,
        tickets.is_test,
        tickets.is_deleted
    from of_the_cut as tickets
    left join channel_words
        on
            tickets.source = channel_words.source
            and tickets.vendor_channel = channel_words.vendor_channel
    left join topics
        on
            tickets.source = topics.source
            and tickets.ticket_id = topics.ticket_id
            and topics.place = 1

)

select * from final
