-- Grain: one row per period in which people answered anybody.
with messages as (
    select * from {{ ref('fct_messages') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

answers as (
    select
        channel,
        sent_at as answered_at
    from messages
    where
        sender_kind = 'human'
        and exclusion_reason is null

    union all

    select
        channel,
        started_at as answered_at
    from contacts
    where
        is_answered
        and exclusion_reason is null
),

by_day as (
    select
        {{ to_local_date('answered_at') }} as on_date,
        channel
    from answers
    where
        channel <> 'unmapped'
        and answered_at <= {{ cut_of('active_channels') }}
    group by
        on_date,
        channel
),

used as (
    {% for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        cast(date_trunc('{{ grain }}', on_date) as date) as period_start,
        channel
    from by_day
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        count(distinct used.channel) as value,
        count(distinct used.channel) as n
    from used
    group by
        period_grain,
        period_start
)

select * from final
