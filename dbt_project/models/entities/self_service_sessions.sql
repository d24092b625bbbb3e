-- Grain: one row per (source, session_id).
with

files_sessions as (

    select * from {{ ref('stg_files__self_service_sessions') }}
    where not is_deleted

),

tool_words as (

    select * from {{ ref('int_streams__listed_words') }}
    where stream = 'self_service_sessions'

),

final as (

    select
        sessions.source,
        sessions.session_id,
        sessions.ticket_id,
        sessions.customer_id,
        tool_words.word as tool,
        sessions.topic,
        sessions.outcome,
        sessions.started_at,
        {{ known_by_the_cut('sessions.ended_at') }} as ended_at,
        sessions.updated_at
    from files_sessions as sessions
    left join tool_words
        on
            sessions.source = tool_words.source
            and sessions.vendor_tool = tool_words.vendor_word
    where sessions.started_at <= {{ as_of() }}

)

select * from final
