-- Grain: one row per status event of a counted ticket.
with events as (
    select
        events.source,
        events.ticket_id,
        events.event_id,
        events.at as occurred_at,
        events.actor,
        events.from_value,
        events.to_value,
        events.from_value in ('solved', 'closed') as was_closed,
        events.to_value in ('solved', 'closed') as became_closed,
        coalesce(events.to_value = 'pending', false) as is_pending
    from {{ ref('ticket_events') }} as events
    inner join {{ ref('int_tickets__home') }} as homes
        on
            events.source = homes.source
            and events.ticket_id = homes.ticket_id
    -- The events of a merged ticket pass to nobody.
    where
        events.kind = 'status'
        and homes.exclusion_reason is null
),

final as (
    select
        source,
        ticket_id,
        event_id,
        occurred_at,
        actor,
        from_value,
        was_closed,
        became_closed,
        is_pending,
        row_number() over (
            partition by source, ticket_id
            order by occurred_at, event_id
        ) as event_number,
        -- An unknown state before counts as open, an unknown one after as neither.
        became_closed is true and was_closed is not true as is_closing,
        was_closed is true and became_closed is false and coalesce(actor, 'customer') = 'customer'
            as is_reopening
    from events
)

select * from final
