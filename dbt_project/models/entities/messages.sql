-- Grain: one row per (source, message_id); none holds its body.
with

gorgias_messages as (

    select * from {{ ref('int_gorgias__messages') }}
    where not is_deleted

),

files_messages as (

    select * from {{ ref('stg_files__messages') }}
    where not is_deleted

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

unioned as (

    select
        source,
        message_id,
        ticket_id,
        agent_id,
        macro_id,
        sender,
        purpose,
        vendor_channel,
        body_matches,
        sent_at,
        updated_at,
        is_public,
        is_failed
    from gorgias_messages
    union all
    select
        source,
        message_id,
        ticket_id,
        agent_id,
        macro_id,
        sender,
        purpose,
        vendor_channel,
        body_matches,
        sent_at,
        updated_at,
        is_public,
        is_failed
    from files_messages

),

final as (

    select
        messages.source,
        messages.message_id,
        messages.ticket_id,
        messages.agent_id,
        messages.macro_id,
        messages.sender,
        messages.purpose,
        channel_words.channel,
        messages.body_matches,
        messages.sent_at,
        messages.updated_at,
        messages.is_public,
        messages.is_failed
    from unioned as messages
    left join channel_words
        on
            messages.source = channel_words.source
            and messages.vendor_channel = channel_words.vendor_channel
    where messages.sent_at <= {{ as_of() }}

)

select * from final
