-- Grain: one row per (source, shift_id).
with

files_shifts as (

    select * from {{ ref('stg_files__agent_shifts') }}
    where not is_deleted

),

channel_words as (

    select * from {{ ref('int_channels__words') }}

),

final as (

    select
        shifts.source,
        shifts.shift_id,
        shifts.agent_id,
        channel_words.channel,
        shifts.started_at,
        {{ known_by_the_cut('shifts.ended_at') }} as ended_at,
        shifts.updated_at
    from files_shifts as shifts
    left join channel_words
        on
            shifts.source = channel_words.source
            and shifts.vendor_channel = channel_words.vendor_channel
    where shifts.started_at <= {{ as_of() }}

)

select * from final
