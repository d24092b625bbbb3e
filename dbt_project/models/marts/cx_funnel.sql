-- Grain: one row per month and campaign with any visit or cost; `none` is of no campaign.
with visits as (
    select
        *,
        cast(date_trunc('month', {{ local_timestamp('started_at') }}) as date) as period_start,
        coalesce(campaign, 'none') as named_campaign
    from {{ ref('fct_web_visits') }}
    where
        exclusion_reason is null
        and started_at <= {{ cut_of('conversion_rate') }}
),

-- What several visits name was ordered in the first of them.
ordered as (
    select
        *,
        row_number() over (
            partition by source, order_id
            order by started_at, visit_id
        ) as place
    from visits
    where order_id is not null
),

firsts as (
    select
        person_id,
        cast(date_trunc('month', {{ local_timestamp('min(began_at)') }}) as date) as first_month
    from {{ ref('int_persons__spells') }}
    group by person_id
),

orders as (
    select
        ordered.period_start,
        ordered.named_campaign,
        orders.order_id is not null as is_known,
        case
            when orders.cancelled_at is not null then 0
            else orders.total_reporting - coalesce(orders.refunded_reporting, 0)
        end as revenue,
        case when orders.is_qualifying then orders.person_id end as buyer_id,
        firsts.first_month >= ordered.period_start as is_new
    from ordered
    left join {{ ref('fct_orders') }} as orders
        on
            ordered.source = orders.source
            and ordered.order_id = orders.order_id
    left join firsts
        on orders.person_id = firsts.person_id
    where
        ordered.place = 1
        and orders.is_test is not true
),

of_visits as (
    select
        period_start,
        named_campaign,
        count(*) as visits,
        sum(page_views) as pages,
        count(*) filter (where filled_cart) as carts
    from visits
    group by
        period_start,
        named_campaign
),

of_orders as (
    select
        period_start,
        named_campaign,
        count(*) as orders,
        -- Unknown where we have none of the orders, or do not know what one that we have came to.
        case
            when count(revenue) = count(*) filter (where is_known) then sum(revenue)
        end as revenue,
        count(distinct case when is_new then buyer_id end) as new_customers,
        count(distinct case when not is_new then buyer_id end) as returning_customers
    from orders
    group by
        period_start,
        named_campaign
),

of_costs as (
    select
        cast(date_trunc('month', {{ local_timestamp('begins_at') }}) as date) as period_start,
        campaign as named_campaign,
        case when count(amount_reporting) = count(*) then sum(amount_reporting) end as cost,
        case
            when count(attributed_revenue_reporting) = count(attributed_revenue)
                then sum(attributed_revenue_reporting)
        end as attributed_revenue
    from {{ ref('fct_marketing_costs') }}
    where begins_at <= {{ cut_of('marketing_roi') }}
    group by
        period_start,
        named_campaign
),

months as (
    select
        period_start,
        end_at <= least({{ cut_of('conversion_rate') }}, {{ cut_of('marketing_roi') }})
            as is_complete
    from {{ ref('int_periods') }}
    where period_grain = 'month'
),

joined as (
    select
        coalesce(of_visits.period_start, of_costs.period_start) as period_start,
        coalesce(of_visits.named_campaign, of_costs.named_campaign) as campaign,
        coalesce(of_visits.visits, 0) as visits,
        cast(coalesce(of_visits.pages, 0) as bigint) as pages,
        coalesce(of_visits.carts, 0) as carts,
        coalesce(of_orders.orders, 0) as orders,
        case
            when of_orders.orders is null then 0
            else cast(of_orders.revenue as decimal(24, 4))
        end as revenue,
        cast(of_costs.cost as decimal(24, 4)) as cost,
        cast(of_costs.attributed_revenue as decimal(24, 4)) as attributed_revenue,
        coalesce(of_orders.new_customers, 0) as new_customers,
        coalesce(of_orders.returning_customers, 0) as returning_customers
    from of_visits
    full outer join of_costs
        on
            of_visits.period_start = of_costs.period_start
            and of_visits.named_campaign = of_costs.named_campaign
    left join of_orders
        on
            of_visits.period_start = of_orders.period_start
            and of_visits.named_campaign = of_orders.named_campaign
),

final as (
    select
        joined.*,
        months.is_complete
    from joined
    inner join months
        on joined.period_start = months.period_start
)

select * from final
