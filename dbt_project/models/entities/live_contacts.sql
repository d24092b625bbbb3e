-- Grain: one row per (source, contact_id).
with

files_contacts as (

    select * from {{ ref('stg_files__live_contacts') }}
    where not is_deleted

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

final as (

    select
        live_contacts.source,
        live_contacts.contact_id,
        live_contacts.ticket_id,
        live_contacts.customer_id,
        live_contacts.agent_id,
        live_contacts.kind,
        channel_words.channel,
        live_contacts.outcome,
        live_contacts.transfers,
        live_contacts.started_at,
        {{ known_by_the_cut('live_contacts.answered_at') }} as answered_at,
        {{ known_by_the_cut('live_contacts.ended_at') }} as ended_at,
        live_contacts.updated_at,
        live_contacts.ivr_seconds,
        live_contacts.queue_seconds,
        live_contacts.talk_seconds,
        live_contacts.hold_seconds,
        live_contacts.wrap_up_seconds
    from files_contacts as live_contacts
    left join channel_words
        on
            live_contacts.source = channel_words.source
            and live_contacts.vendor_channel = channel_words.vendor_channel
    where live_contacts.started_at <= {{ as_of() }}

)

select * from final
