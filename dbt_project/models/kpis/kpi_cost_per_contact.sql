-- Grain: one row per month and channel, and one for what is in no channel.
with months as (
    select
        month_start,
        channel,
        -- Of a month in which it has no costs of its own a channel has no figure, but it is seen.
        case when has_costs then amount else 0 end as amount,
        case when has_costs then handled else 0 end as handled
    from {{ ref('int_support_costs__by_channel') }}
),

of_channels as (
    select * from months
    where channel not in ('all', 'unmapped')
),

added_up as (
    select
        month_start,
        cast(sum(amount) as decimal(30, 12)) as amount,
        sum(handled) as handled
    from of_channels
    group by month_start
),

-- What is left of the whole shop's: so the rows of a month add up to it.
rest as (
    select
        whole.month_start,
        whole.amount - coalesce(added_up.amount, 0) as amount,
        whole.handled - coalesce(added_up.handled, 0) as handled
    from months as whole
    left join added_up
        on whole.month_start = added_up.month_start
    where whole.channel = 'all'
),

unioned as (
    select
        month_start,
        channel,
        amount,
        handled
    from of_channels

    union all

    select
        month_start,
        cast(null as {{ text_type() }}) as channel,
        amount,
        handled
    from rest
),

final as (
    select
        {{ local_to_utc('cast(month_start as timestamp)') }} as observed_at,
        channel,
        amount as numerator,
        handled as denominator,
        0 as n_pending
    from unioned
)

select * from final
