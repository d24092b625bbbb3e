-- Grain: one row per channel.
with channels as (
    select * from {{ ref('channels') }}
),

final as (
    select
        channel,
        label_en,
        label_ko,
        is_real_time,
        is_human
    from channels
)

select * from final
