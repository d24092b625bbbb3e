-- Grain: one row per human message.
with messages as (
    select * from {{ ref('fct_messages') }}
),

final as (
    select
        sent_at as observed_at,
        channel,
        case when macro_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from messages
    where
        sender_kind = 'human'
        and exclusion_reason is null
)

select * from final
