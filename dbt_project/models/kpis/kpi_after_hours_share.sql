-- Grain: one row per request with a person of which it is known whether the desk was open.
with requests as (
    select * from {{ ref('fct_interactions') }}
    where is_request
),

segments as (
    select * from {{ ref('int_schedules__segments') }}
    where schedule_id = {{ setting('business_schedule', 'varchar') }}
),

final as (
    select
        requests.started_at as observed_at,
        requests.channel,
        case when segments.is_open then 0 else 1 end as numerator,
        1 as denominator,
        0 as n_pending
    from requests
    inner join segments
        on {{ is_in_segment('requests.started_at', 'segments') }}
)

select * from final
