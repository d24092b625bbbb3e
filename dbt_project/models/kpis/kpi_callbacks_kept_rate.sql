-- Grain: one row per callback that a known person asked for, old enough to be judged.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and person_id is not null
),

callbacks as (
    select
        source,
        contact_id,
        person_id,
        channel,
        started_at,
        started_at + {{ setting('callback_hours') }} * interval '1' hour as promised_until
    from contacts
    where outcome = 'callback'
),

kept as (
    select
        callbacks.source,
        callbacks.contact_id
    from callbacks
    inner join contacts as calls
        on
            callbacks.person_id = calls.person_id
            and callbacks.started_at < calls.started_at
            and callbacks.promised_until >= calls.started_at
    where
        calls.kind = 'call'
        and calls.is_answered
    group by
        callbacks.source,
        callbacks.contact_id
),

final as (
    select
        callbacks.started_at as observed_at,
        callbacks.channel,
        case when kept.contact_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from callbacks
    left join kept
        on
            callbacks.source = kept.source
            and callbacks.contact_id = kept.contact_id
    where callbacks.promised_until <= {{ as_of() }}
)

select * from final
