-- Grain: one row per survey sent.
with surveys as (
    select * from {{ ref('surveys') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

tickets as (
    select * from {{ ref('fct_tickets') }}
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

agents as (
    select * from {{ ref('int_surveys__agent') }}
),

first_scores as (
    select * from {{ ref('int_surveys__first_score') }}
),

joined as (
    select
        surveys.source,
        surveys.survey_id,
        surveys.kind,
        coalesce(surveys.channel, tickets.channel, contacts.channel) as channel,
        tickets.ticket_id,
        surveys.contact_id,
        coalesce(surveys.agent_id, agents.agent_id) as agent_id,
        case
            when surveys.customer_id is not null then persons.person_id
            else tickets.person_id
        end as person_id,
        case
            when homes.ticket_id is not null and homes.home_ticket_id is null
                then homes.exclusion_reason
        end as exclusion_reason,
        surveys.sent_at,
        surveys.responded_at,
        case when surveys.responded_at is not null then surveys.score end as score,
        case when surveys.responded_at is not null then first_scores.first_score end as first_score
    from surveys
    left join homes
        on
            surveys.source = homes.source
            and surveys.ticket_id = homes.ticket_id
    left join tickets
        on
            homes.source = tickets.source
            and homes.home_ticket_id = tickets.ticket_id
    left join contacts
        on
            surveys.source = contacts.source
            and surveys.contact_id = contacts.contact_id
    left join persons
        on
            surveys.source = persons.source
            and surveys.customer_id = persons.customer_id
    left join agents
        on
            surveys.source = agents.source
            and surveys.survey_id = agents.survey_id
    left join first_scores
        on
            surveys.source = first_scores.source
            and surveys.survey_id = first_scores.survey_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by
                source,
                kind,
                score is not null and exclusion_reason is null,
                -- A survey without a ticket stands alone.
                ticket_id,
                case when ticket_id is null then survey_id end
            order by responded_at desc nulls last, survey_id desc
        ) as newness
    from joined
),

final as (
    select
        source,
        survey_id,
        kind,
        channel,
        ticket_id,
        contact_id,
        agent_id,
        person_id,
        exclusion_reason,
        sent_at,
        responded_at,
        score,
        first_score,
        case
            when score > first_score then 'up'
            when score < first_score then 'down'
            when score = first_score then 'same'
        end as direction,
        score is not null and exclusion_reason is null and newness = 1 as is_latest
    from ranked
)

select * from final
