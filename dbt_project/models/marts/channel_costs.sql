-- Grain: one row per month and channel with any cost or handled contact; `all` is the whole shop.
with months as (
    select
        *,
        has_costs and not has_unknown_costs as is_known
    from {{ ref('int_support_costs__by_channel') }}
    where channel <> 'unmapped'
),

periods as (
    select * from {{ ref('int_periods') }}
    where period_grain = 'month'
),

final as (
    select
        months.month_start as period_start,
        months.channel,
        case when months.is_known then months.own_amount end as own_amount,
        case when not months.has_unknown_costs then months.shared_amount end as shared_amount,
        -- A part of the shared costs is all that is known of a channel without costs of its own.
        case
            when months.has_unknown_costs then null
            when months.has_costs or months.shared_amount > 0 then months.amount
        end as amount,
        months.handled,
        case when months.is_known then {{ ratio('months.amount', 'months.handled') }} end
            as cost_per_contact,
        not months.is_known or periods.end_at > {{ cut_of('cost_per_contact') }} as is_partial
    from months
    inner join periods
        on months.month_start = periods.period_start
)

select * from final
