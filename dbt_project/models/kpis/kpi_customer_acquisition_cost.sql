-- Grain: one row per cost of marketing, and per customer who is new in a month with any.
with costs as (
    select
        begins_at,
        cast(date_trunc('month', {{ local_timestamp('begins_at') }}) as date) as month_start,
        -- Where no rate of exchange is known the guards withhold the figure.
        coalesce(amount_reporting, 0) as amount
    from {{ ref('fct_marketing_costs') }}
    where begins_at <= {{ cut_of('customer_acquisition_cost') }}
),

months as (
    select month_start
    from costs
    group by month_start
),

firsts as (
    select
        person_id,
        min(began_at) as first_at
    from {{ ref('int_persons__spells') }}
    group by person_id
),

newcomers as (
    select firsts.first_at
    from firsts
    inner join months
        on
            cast(date_trunc('month', {{ local_timestamp('firsts.first_at') }}) as date)
            = months.month_start
),

final as (
    select
        begins_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        amount as numerator,
        0 as denominator,
        0 as n_pending
    from costs

    union all

    select
        first_at as observed_at,
        cast(null as {{ text_type() }}) as channel,
        0 as numerator,
        1 as denominator,
        0 as n_pending
    from newcomers
)

select * from final
