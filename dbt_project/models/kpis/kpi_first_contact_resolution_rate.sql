-- Grain: one row per closed ticket and answered contact without one, of a known person, a week old.
with tickets as (
    select * from {{ ref('fct_tickets') }}
),

interactions as (
    select * from {{ ref('fct_interactions') }}
),

persons as (
    select * from {{ ref('dim_persons') }}
),

events as (
    select * from {{ ref('int_persons__contact_events') }}
),

settled as (
    select
        'ticket' as kind,
        source,
        ticket_id as record_id,
        person_id,
        channel,
        team_id,
        assignee_id as agent_id,
        topic,
        brand,
        language,
        closed_at as settled_at,
        substantive_reopen_count = 0 and transfer_count = 0 as is_of_one_piece
    from tickets
    where
        is_inbound
        and is_closed_now
        and person_id is not null

    union all

    select
        'contact' as kind,
        source,
        contact_id as record_id,
        person_id,
        channel,
        team_id,
        agent_id,
        cast(null as {{ text_type() }}) as topic,
        cast(null as {{ text_type() }}) as brand,
        cast(null as {{ text_type() }}) as language,
        coalesce(ended_at, started_at) as settled_at,
        transfer_count = 0 as is_of_one_piece
    from interactions
    where
        contact_id is not null
        and outcome = 'answered'
        and ticket_id is null
        and person_id is not null
),

-- Sooner nobody knows whether the customer comes back.
old_enough as (
    select * from (
        select
            *,
            settled_at + {{ setting('fcr_days') }} * interval '1' day as silent_until
        from settled
    ) as spanned
    where silent_until <= {{ as_of() }}
),

came_back as (
    select
        old_enough.kind,
        old_enough.source,
        old_enough.record_id
    from old_enough
    inner join events
        on
            old_enough.person_id = events.person_id
            and old_enough.settled_at < events.occurred_at
            and old_enough.silent_until >= events.occurred_at
            -- Unknown on either side is the same topic.
            and coalesce(old_enough.topic = events.topic, true)
            and not (
                old_enough.kind = events.kind
                and old_enough.source = events.source
                and old_enough.record_id = events.record_id
            )
    group by
        old_enough.kind,
        old_enough.source,
        old_enough.record_id
),

final as (
    select
        old_enough.settled_at as observed_at,
        old_enough.channel,
        old_enough.team_id as team,
        old_enough.agent_id as agent,
        old_enough.topic,
        old_enough.brand,
        old_enough.language,
        persons.is_vip as vip,
        case when old_enough.is_of_one_piece and came_back.record_id is null then 1 else 0 end
            as numerator,
        1 as denominator,
        0 as n_pending
    from old_enough
    left join came_back
        on
            old_enough.kind = came_back.kind
            and old_enough.source = came_back.source
            and old_enough.record_id = came_back.record_id
    left join persons
        on old_enough.person_id = persons.person_id
)

select * from final
