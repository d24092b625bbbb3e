-- Grain: one row per month, channel, weekday and hour with a live contact or anybody scheduled.
with cells as (
    select * from {{ ref('int_contact_hours__cells') }}
),

needed as (
    select * from {{ ref('int_contact_hours__agents_needed') }}
),

joined as (
    select
        cells.*,
        case
            when cells.share_target is null then null
            when cells.contacts = 0 then 0
            -- Work that takes no time still wants somebody there.
            when cells.erlangs = 0 then 1
            else needed.agents_needed
        end as agents_needed,
        needed.answered_in_time
    from cells
    left join needed
        on
            cells.period_start = needed.period_start
            and cells.channel = needed.channel
            and cells.weekday = needed.weekday
            and cells.hour = needed.hour
),

final as (
    select
        period_start,
        channel,
        weekday,
        hour,
        contacts,
        abandoned,
        round({{ ratio('seconds_observed', '3600') }}, 6) as hours_observed,
        cast(agents_needed as bigint) as agents_needed,
        round(answered_in_time, 6) as answered_in_time,
        round(agents_scheduled, 6) as agents_scheduled,
        median_wait_seconds,
        mean_handle_seconds,
        agents_scheduled < agents_needed as is_gap
    from joined
)

select * from final
