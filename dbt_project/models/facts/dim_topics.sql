-- Grain: one row per topic.
with topics as (
    select * from {{ ref('topics') }}
),

final as (
    select
        topic,
        label_en,
        label_ko,
        department,
        is_post_purchase
    from topics
)

select * from final
