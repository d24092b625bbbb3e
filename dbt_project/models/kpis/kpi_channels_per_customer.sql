-- Grain: one row per month, quarter and year with a known person's ticket, call or chat.
with interactions as (
    select
        person_id,
        channel,
        created_at as began_at
    from {{ ref('fct_tickets') }}
    where is_inbound

    union all

    select
        person_id,
        channel,
        started_at as began_at
    from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and not is_short_abandon
),

by_month as (
    select
        cast(date_trunc('month', {{ local_timestamp('began_at') }}) as date) as month_start,
        person_id,
        channel
    from interactions
    where
        person_id is not null
        and began_at <= {{ cut_of('channels_per_customer') }}
    group by
        month_start,
        person_id,
        channel
),

used as (
    {% for grain in ['month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        cast(date_trunc('{{ grain }}', month_start) as date) as period_start,
        person_id,
        channel
    from by_month
    group by
        period_start,
        person_id,
        channel
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        -- A word that no seed maps is no channel, but its person got in touch.
        count(*) filter (where channel <> 'unmapped') as numerator,
        count(distinct person_id) as denominator,
        count(distinct person_id) as n
    from used
    group by
        period_grain,
        period_start
)

select * from final
