-- Grain: one row per call or live chat.
with contacts as (
    select * from {{ ref('live_contacts') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

flagged as (
    select
        *,
        outcome = 'abandoned'
        and coalesce(queue_seconds < {{ setting('short_abandon_seconds') }}, false)
            as is_short_abandon
    from contacts
),

final as (
    select
        flagged.source,
        flagged.contact_id,
        flagged.kind,
        coalesce(flagged.channel, case flagged.kind when 'call' then 'phone' else 'chat' end)
            as channel,
        -- Short abandons name no ticket; nor does one that we do not have.
        case when not flagged.is_short_abandon then homes.home_ticket_id end as ticket_id,
        flagged.customer_id,
        persons.person_id,
        flagged.agent_id,
        flagged.outcome,
        case
            when
                not flagged.is_short_abandon
                and homes.ticket_id is not null
                and homes.home_ticket_id is null
                then homes.exclusion_reason
        end as exclusion_reason,
        flagged.started_at,
        flagged.answered_at,
        flagged.ended_at,
        flagged.ivr_seconds,
        flagged.queue_seconds,
        flagged.talk_seconds,
        flagged.hold_seconds,
        flagged.wrap_up_seconds,
        coalesce(flagged.transfers, 0) as transfers,
        flagged.is_short_abandon,
        flagged.outcome = 'answered' as is_answered,
        flagged.outcome = 'abandoned' and not flagged.is_short_abandon as is_abandoned,
        flagged.queue_seconds is not null
        and flagged.outcome in ('answered', 'abandoned')
        and not flagged.is_short_abandon as has_wait
    from flagged
    left join homes
        on
            flagged.source = homes.source
            and flagged.ticket_id = homes.ticket_id
    left join persons
        on
            flagged.source = persons.source
            and flagged.customer_id = persons.customer_id
)

select * from final
