-- Grain: one row per contact event of a known person.
with events as (
    select
        *,
        occurred_at - {{ setting('repeat_days') }} * interval '1' day as looks_back_to
    from {{ ref('int_persons__contact_events') }}
),

repeated as (
    select
        events.kind,
        events.source,
        events.record_id
    from events
    inner join events as earlier
        on
            events.person_id = earlier.person_id
            and events.occurred_at > earlier.occurred_at
            and events.looks_back_to <= earlier.occurred_at
            -- Unknown on either side is the same topic.
            and coalesce(events.topic = earlier.topic, true)
    group by
        events.kind,
        events.source,
        events.record_id
),

final as (
    select
        events.occurred_at as observed_at,
        events.channel,
        case when repeated.record_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from events
    left join repeated
        on
            events.kind = repeated.kind
            and events.source = repeated.source
            and events.record_id = repeated.record_id
)

select * from final
