-- Grain: one row per question in the forum.
with threads as (
    select * from {{ ref('fct_forum_threads') }}
),

final as (
    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when solved_at is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from threads
    where is_question
)

select * from final
