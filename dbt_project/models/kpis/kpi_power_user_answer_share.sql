-- Grain: one row per answer in the forum.
with posts as (
    select * from {{ ref('fct_forum_posts') }}
),

final as (
    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when author_kind = 'power_user' then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from posts
    where is_answer
)

select * from final
