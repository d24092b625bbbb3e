-- Grain: one row per (source, gesture_id).
with

files_gestures as (

    select * from {{ ref('stg_files__gestures') }}
    where not is_deleted

),

kind_words as (

    select * from {{ ref('int_streams__listed_words') }}
    where stream = 'gestures'

),

final as (

    select
        gestures.source,
        gestures.gesture_id,
        gestures.customer_id,
        gestures.agent_id,
        kind_words.word as kind,
        gestures.made_at,
        gestures.updated_at
    from files_gestures as gestures
    left join kind_words
        on
            gestures.source = kind_words.source
            and gestures.vendor_kind = kind_words.vendor_word
    where gestures.made_at <= {{ as_of() }}

)

select * from final
