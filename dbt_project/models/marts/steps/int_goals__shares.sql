-- Grain: one row per goal of a share within a time, and period of its grain.
with goals as (
    select
        goal_id,
        kpi_id,
        channel,
        threshold_seconds,
        period_grain
    from {{ ref('int_goals') }}
    where
        threshold_seconds is not null
        and refused_because is null
),

-- Who was never answered, or hung up, was not answered in time.
observed as (
    select
        goals.goal_id,
        goals.period_grain,
        {{ to_local_date('tickets.created_at') }} as observed_on,
        case
            when tickets.first_response_seconds <= goals.threshold_seconds then 1
            else 0
        end as is_within
    from {{ ref('fct_tickets') }} as tickets
    inner join goals
        on
            goals.kpi_id = 'first_response_time'
            and goals.channel in ('all', tickets.channel)
    where
        tickets.is_customer_initiated
        and {{ seconds_after('tickets.first_customer_message_at', 'goals.threshold_seconds') }}
        <= {{ as_of() }}

    union all

    select
        goals.goal_id,
        goals.period_grain,
        {{ to_local_date('tickets.created_at') }} as observed_on,
        case
            when tickets.first_response_business_seconds <= goals.threshold_seconds then 1
            else 0
        end as is_within
    from {{ ref('fct_tickets') }} as tickets
    inner join goals
        on
            goals.kpi_id = 'first_response_time_business'
            and goals.channel in ('all', tickets.channel)
    where
        tickets.is_customer_initiated
        and {{ seconds_after('tickets.first_customer_message_at', 'goals.threshold_seconds') }}
        <= {{ as_of() }}
        -- Answered in hours that nobody knows: unknown, on neither side.
        and (
            tickets.first_response_seconds is null
            or tickets.first_response_business_seconds is not null
        )

    union all

    select
        goals.goal_id,
        goals.period_grain,
        {{ to_local_date('contacts.started_at') }} as observed_on,
        case
            when
                contacts.outcome = 'answered' and contacts.queue_seconds <= goals.threshold_seconds
                then 1
            else 0
        end as is_within
    from {{ ref('fct_live_contacts') }} as contacts
    inner join goals
        on
            goals.kpi_id = 'average_wait_time'
            and goals.channel in ('all', contacts.channel)
    where
        contacts.exclusion_reason is null
        and contacts.has_wait
    {% for kpi in var('kpis')
        if kpi.kind == 'distribution'
        and kpi.id not in ['first_response_time', 'first_response_time_business', 'average_wait_time'] %}

    union all

    select
        goals.goal_id,
        goals.period_grain,
        {{ to_local_date('observations.observed_at') }} as observed_on,
        case when observations.value <= goals.threshold_seconds then 1 else 0 end as is_within
    from {{ ref('kpi_' ~ kpi.id) }} as observations
    inner join goals
        on
            goals.kpi_id = '{{ kpi.id }}'
            and goals.channel in ('all', observations.channel)
    where
        observations.value is not null
        or observations.n_pending > 0
    {% endfor %}
),

final as (
    select
        goal_id,
        case period_grain
            when 'day' then observed_on
            when 'week' then cast(date_trunc('week', observed_on) as date)
            else cast(date_trunc('month', observed_on) as date)
        end as period_start,
        cast(sum(is_within) as bigint) as numerator,
        count(*) as denominator
    from observed
    group by
        goal_id,
        period_start
)

select * from final
