-- Grain: one row per period in which anybody bought, for the whole shop.
with orders as (
    select
        person_id,
        created_at,
        {{ local_timestamp('created_at') }} as local_at
    from {{ ref('fct_orders') }}
    where
        is_qualifying
        and created_at <= {{ cut_of('repeat_purchase_rate') }}
),

followed as (
    select
        local_at,
        lag(local_at) over told as previous_local_at,
        created_at > min(created_at) over (partition by person_id) as is_return,
        lag(created_at) over told > min(created_at) over (partition by person_id)
            as is_previous_return
    from orders
    window told as (partition by person_id order by local_at, created_at)
),

in_periods as (
    {% for grain in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        '{{ grain }}' as period_grain,
        cast(date_trunc('{{ grain }}', local_at) as date) as period_start,
        cast(date_trunc('{{ grain }}', previous_local_at) as date) as previous_start,
        is_return,
        is_previous_return
    from followed
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A buyer counts with the first order of the period, and came back with the first in it that was
-- not the person's first of all: before the period, or an earlier one in it, lies another.
final as (
    select
        period_grain,
        period_start,
        cast(null as {{ text_type() }}) as channel,
        count(*) filter (
            where
            is_return
            and (is_previous_return is not true or previous_start < period_start)
        ) as numerator,
        count(*) filter (where previous_start is distinct from period_start) as denominator,
        count(*) filter (where previous_start is distinct from period_start) as n
    from in_periods
    group by
        period_grain,
        period_start
)

select * from final
