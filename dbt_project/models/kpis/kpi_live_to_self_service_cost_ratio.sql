-- Grain: one row per month, quarter and year with both sides, for the whole shop.
with periods as (
    select * from {{ ref('int_periods') }}
    where period_grain in ('month', 'quarter', 'year')
),

months as (
    select
        month_start,
        sum(amount) filter (where is_human) as live_amount,
        sum(handled) filter (where is_human) as live_handled,
        sum(amount) filter (where channel = 'self_service') as self_service_amount,
        sum(handled) filter (where channel = 'self_service') as self_service_handled
    from {{ ref('int_support_costs__by_channel') }}
    group by month_start
    having
        bool_or(is_human and has_costs)
        and bool_or(channel = 'self_service' and has_costs)
),

sides as (
    select
        periods.period_grain,
        periods.period_start,
        {{ ratio('sum(months.live_amount)', 'sum(months.live_handled)') }} as live,
        {{ ratio('sum(months.self_service_amount)', 'sum(months.self_service_handled)') }}
            as self_service
    from periods
    inner join months
        on
            periods.period_start <= months.month_start
            and periods.period_end > months.month_start
    group by
        periods.period_grain,
        periods.period_start
),

final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        live as numerator,
        self_service as denominator,
        cast(floor(coalesce(self_service, 0)) as bigint) as n
    from sides
)

select * from final
