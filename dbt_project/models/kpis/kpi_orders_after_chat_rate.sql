-- Grain: one row per chat of a known person that people handled, old enough to be judged.
with chats as (
    select
        source,
        kind,
        record_id,
        person_id,
        started_at,
        started_at + {{ setting('order_after_chat_days') }} * interval '1' day as ordered_until
    from {{ ref('int_interactions__human_handled') }}
    where
        (kind = 'chat' or channel = 'chat')
        and person_id is not null
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_qualifying
),

followed as (
    select
        chats.source,
        chats.kind,
        chats.record_id
    from chats
    inner join orders
        on
            chats.person_id = orders.person_id
            and chats.started_at < orders.created_at
            and chats.ordered_until >= orders.created_at
    group by
        chats.source,
        chats.kind,
        chats.record_id
),

final as (
    select
        chats.started_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when followed.record_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from chats
    left join followed
        on
            chats.source = followed.source
            and chats.kind = followed.kind
            and chats.record_id = followed.record_id
    where chats.ordered_until <= {{ as_of() }}
)

select * from final
