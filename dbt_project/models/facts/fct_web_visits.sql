-- Grain: one row per visit to the shop's site.
with visits as (
    select
        *,
        coalesce(is_bot, false) as is_of_a_bot
    from {{ ref('web_visits') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

-- A visitor who came back in time and ordered then did not abandon the cart.
ordered_later as (
    select
        carts.source,
        carts.visit_id
    from visits as carts
    inner join visits as later
        on
            carts.source = later.source
            and carts.visitor_id = later.visitor_id
            and carts.started_at < later.started_at
            and {{ seconds_after('carts.started_at', setting('cart_hours') ~ ' * 3600') }}
            >= later.started_at
    where
        carts.filled_cart
        and later.order_id is not null
        and not later.is_of_a_bot
    group by
        carts.source,
        carts.visit_id
),

judged as (
    select
        *,
        not is_of_a_bot
        and filled_cart
        and {{ seconds_after('started_at', setting('cart_hours') ~ ' * 3600') }} <= {{ as_of() }}
            as is_cart_visit
    from visits
),

final as (
    select
        judged.source,
        judged.visit_id,
        judged.visitor_id,
        judged.order_id,
        orders.person_id,
        case when judged.is_of_a_bot then 'bot' end as exclusion_reason,
        judged.visit_source,
        judged.medium,
        judged.campaign,
        judged.page_views,
        judged.started_at,
        judged.filled_cart,
        judged.is_bot,
        judged.is_cart_visit,
        judged.is_cart_visit
        and judged.order_id is null
        and ordered_later.visit_id is null as is_abandoned_cart
    from judged
    left join ordered_later
        on
            judged.source = ordered_later.source
            and judged.visit_id = ordered_later.visit_id
    left join orders
        on
            judged.source = orders.source
            and judged.order_id = orders.order_id
)

select * from final
