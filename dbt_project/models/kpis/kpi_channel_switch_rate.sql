-- Grain: one row per inbound ticket of a known person.
with tickets as (
    select
        *,
        occurred_at - {{ setting('repeat_days') }} * interval '1' day as looks_back_to
    from {{ ref('int_persons__contact_events') }}
    where kind = 'ticket'
),

switched as (
    select
        tickets.source,
        tickets.record_id
    from tickets
    inner join tickets as earlier
        on
            tickets.person_id = earlier.person_id
            and tickets.channel <> earlier.channel
            -- A word that no seed maps is no other channel.
            and tickets.channel <> 'unmapped'
            and earlier.channel <> 'unmapped'
            and tickets.occurred_at > earlier.occurred_at
            and tickets.looks_back_to <= earlier.occurred_at
            -- Unknown on either side is the same topic.
            and coalesce(tickets.topic = earlier.topic, true)
    group by
        tickets.source,
        tickets.record_id
),

final as (
    select
        tickets.occurred_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        case when switched.record_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    left join switched
        on
            tickets.source = switched.source
            and tickets.record_id = switched.record_id
)

select * from final
