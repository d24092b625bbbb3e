-- Grain: one row per live contact whose wait is known.
with contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

channels as (
    select * from {{ ref('channels') }}
),

final as (
    select
        contacts.started_at as observed_at,
        contacts.channel,
        case
            when
                contacts.is_answered
                and contacts.queue_seconds
                <= coalesce(
                    channels.wait_target_seconds, {{ setting('answered_within_target_seconds') }}
                )
                then 1
            else 0
        end as numerator,
        1 as denominator,
        0 as n_pending
    from contacts
    left join channels
        on contacts.channel = channels.channel
    where
        contacts.exclusion_reason is null
        and contacts.has_wait
)

select * from final
