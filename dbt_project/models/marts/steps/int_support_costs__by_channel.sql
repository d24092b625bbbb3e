-- Grain: one row per month and channel with any cost or handled contact; `all` is the whole shop.
with cut as (
    select least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where
        stream in (
            'tickets',
            'messages',
            'ticket_events',
            'live_contacts',
            'self_service_sessions',
            'support_costs'
        )
),

entries as (
    select
        channel,
        begins_at,
        -- Where no rate of exchange is known the guards withhold what hangs on it.
        coalesce(amount_reporting, 0) as amount,
        0 as handled,
        true as is_cost,
        amount_reporting is null as is_unknown
    from {{ ref('fct_support_costs') }}

    union all

    select
        channel,
        started_at as begins_at,
        0 as amount,
        1 as handled,
        false as is_cost,
        false as is_unknown
    from {{ ref('int_interactions__human_handled') }}

    union all

    select
        channel,
        started_at as begins_at,
        0 as amount,
        1 as handled,
        false as is_cost,
        false as is_unknown
    from {{ ref('fct_interactions') }}
    where kind = 'session'
),

by_channel as (
    select
        cast(date_trunc('month', {{ local_timestamp('entries.begins_at') }}) as date)
            as month_start,
        entries.channel,
        cast(sum(entries.amount) as decimal(20, 4)) as own_amount,
        cast(sum(entries.handled) as bigint) as handled,
        bool_or(entries.is_cost) as has_costs,
        bool_or(entries.is_unknown) as has_unknown_costs
    from entries
    inner join cut
        on entries.begins_at <= cut.cut_at
    group by
        month_start,
        entries.channel
),

by_month as (
    select
        by_channel.month_start,
        coalesce(sum(by_channel.own_amount) filter (where by_channel.channel <> 'shared'), 0)
            as own_amount,
        coalesce(sum(by_channel.own_amount) filter (where by_channel.channel = 'shared'), 0)
            as shared_amount,
        cast(sum(by_channel.handled) as bigint) as handled,
        sum(by_channel.handled) filter (where channels.is_human) as handled_by_people,
        bool_or(by_channel.has_costs) as has_costs,
        bool_or(by_channel.has_unknown_costs) as has_unknown_costs,
        bool_or(by_channel.channel = 'shared' and by_channel.has_unknown_costs)
            as has_unknown_shared_costs
    from by_channel
    left join {{ ref('dim_channels') }} as channels
        on by_channel.channel = channels.channel
    group by by_channel.month_start
),

spread as (
    select
        by_channel.month_start,
        by_channel.channel,
        by_channel.own_amount,
        case
            when channels.is_human
                then {{ ratio(
                    'cast(by_month.shared_amount as ' ~ double_type() ~ ') * by_channel.handled',
                    'by_month.handled_by_people'
                ) }}
        end as shared_amount,
        by_channel.handled,
        coalesce(channels.is_human, false) as is_human,
        by_channel.has_costs,
        by_channel.has_unknown_costs
        or (coalesce(channels.is_human, false) and by_month.has_unknown_shared_costs)
            as has_unknown_costs
    from by_channel
    inner join by_month
        on by_channel.month_start = by_month.month_start
    left join {{ ref('dim_channels') }} as channels
        on by_channel.channel = channels.channel
    where by_channel.channel <> 'shared'

    union all

    select
        month_start,
        'all' as channel,
        own_amount,
        cast(shared_amount as {{ double_type() }}) as shared_amount,
        handled,
        false as is_human,
        has_costs,
        has_unknown_costs
    from by_month
),

-- To more digits than money has, so that a month's shares add up to what was shared.
exact as (
    select
        month_start,
        channel,
        cast(own_amount as decimal(20, 4)) as own_amount,
        cast(coalesce(shared_amount, 0) as decimal(28, 12)) as shared_amount,
        handled,
        is_human,
        has_costs,
        has_unknown_costs
    from spread
),

final as (
    select
        month_start,
        channel,
        own_amount,
        shared_amount,
        cast(own_amount + shared_amount as decimal(30, 12)) as amount,
        handled,
        is_human,
        has_costs,
        has_unknown_costs
    from exact
)

select * from final
