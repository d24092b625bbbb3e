-- Grain: one row per question in the forum, seven days old at least.
with threads as (
    select * from {{ ref('fct_forum_threads') }}
),

final as (
    select
        created_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when first_answered_at <= created_at + interval '7' day then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from threads
    where
        is_question
        and created_at <= {{ as_of() }} - interval '7' day
)

select * from final
