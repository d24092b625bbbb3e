-- Grain: one row per time that a known person got in touch.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

final as (
    select
        person_id,
        source,
        'ticket' as kind,
        ticket_id as record_id,
        channel,
        topic,
        created_at as occurred_at
    from tickets
    where
        is_inbound
        and person_id is not null

    union all

    -- A call or chat on a ticket that we have is part of it.
    select
        person_id,
        source,
        'contact' as kind,
        contact_id as record_id,
        channel,
        cast(null as {{ text_type() }}) as topic,
        started_at as occurred_at
    from contacts
    where
        exclusion_reason is null
        and ticket_id is null
        and not is_short_abandon
        and person_id is not null
)

select * from final
