-- Grain: one row per (source, ticket_id); deleted tickets stay, marked.
with

gorgias_tickets as (

    select * from {{ ref('int_gorgias__tickets') }}

),

files_tickets as (

    select * from {{ ref('stg_files__tickets') }}

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

tagged as (

    select
        source,
        ticket_id,
        language,
        {{ unnest('tags') }} as tag
    from of_the_cut
    where topic is null

),

topics as (

    select
        tagged.source,
        tagged.ticket_id,
        topic_rules.topic,
        row_number() over (
            partition by tagged.source, tagged.ticket_id
            order by topic_rules.priority, topic_rules.topic
        ) as place
    from tagged
    inner join topic_rules
        on
            tagged.tag = {{ word('topic_rules.pattern') }}
            and (topic_rules.language is null or tagged.language = topic_rules.language)
    where topic_rules.field = 'tag'

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
