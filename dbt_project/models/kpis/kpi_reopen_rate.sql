-- Grain: one row per inbound ticket that was ever closed.
with tickets as (
    select
        *,
        first_closed_at + {{ setting('reopen_days') }} * interval '1' day as counts_until
    from {{ ref('fct_tickets') }}
    where
        is_inbound
        and first_closed_at is not null
),

reopenings as (
    select * from {{ ref('int_tickets__reopenings') }}
    where not is_thank_you
),

reopened as (
    select
        tickets.source,
        tickets.ticket_id
    from tickets
    inner join reopenings
        on
            tickets.source = reopenings.source
            and tickets.ticket_id = reopenings.ticket_id
            and tickets.first_closed_at < reopenings.reopened_at
            and tickets.counts_until >= reopenings.reopened_at
    group by
        tickets.source,
        tickets.ticket_id
),

final as (
    select
        tickets.first_closed_at as observed_at,
        tickets.channel,
        case when reopened.ticket_id is not null then 1 else 0 end as numerator,
        1 as denominator,
        0 as n_pending
    from tickets
    left join reopened
        on
            tickets.source = reopened.source
            and tickets.ticket_id = reopened.ticket_id
)

select * from final
