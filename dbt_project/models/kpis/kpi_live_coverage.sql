-- Grain: one row per clock hour with a real-time request, and another where one of it was served.
with requests as (
    select * from {{ ref('int_real_time_requests') }}
),

-- As the clocks show it: an hour that comes twice when they are set back is one.
hours as (
    select
        date_trunc('hour', {{ local_timestamp('requested_at') }}) as clock_hour,
        min(requested_at) as first_requested_at,
        min(requested_at) filter (where is_served) as first_served_at
    from requests
    group by clock_hour
),

final as (
    select
        first_requested_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        0 as numerator,
        1 as denominator,
        0 as n_pending
    from hours

    union all

    -- At its own instant, which a cut within the hour may leave out.
    select
        first_served_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        1 as numerator,
        0 as denominator,
        0 as n_pending
    from hours
    where first_served_at is not null
)

select * from final
