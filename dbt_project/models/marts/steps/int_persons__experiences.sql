-- Grain: one row per person and kind of experience: the first that they had as a customer.
with cut as (
    select least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where
        stream in (
            'tickets', 'messages', 'ticket_events', 'live_contacts', 'surveys', 'orders'
        )
),

tickets as (
    select * from {{ ref('fct_tickets') }}
    where
        is_inbound
        and person_id is not null
),

contacts as (
    select * from {{ ref('fct_live_contacts') }}
    where
        exclusion_reason is null
        and not is_short_abandon
        and person_id is not null
),

answers as (
    select * from {{ ref('fct_survey_responses') }}
    where
        kind = 'csat'
        and is_latest
        and person_id is not null
),

experiences as (
    select
        person_id,
        'first_response' as experience,
        case
            when first_response_seconds < 3600 then 'under 1 h'
            when first_response_seconds < 86400 then 'under 24 h'
            when first_response_seconds is not null then 'longer'
            when is_unanswered then 'unanswered'
        end as value,
        created_at as experienced_at,
        source,
        ticket_id as record_id
    from tickets
    where is_customer_initiated

    union all

    select
        person_id,
        'resolution' as experience,
        case
            when is_one_touch then 'one touch'
            when is_closed_now and touches > 0 then 'more than one touch'
        end as value,
        created_at as experienced_at,
        source,
        ticket_id as record_id
    from tickets
    where is_customer_initiated

    union all

    select
        person_id,
        'transfer' as experience,
        case when transfer_count > 0 then 'transferred' else 'not transferred' end as value,
        created_at as experienced_at,
        source,
        ticket_id as record_id
    from tickets
    where is_human_handled

    union all

    select
        person_id,
        'live_contact' as experience,
        case
            when is_answered then 'answered'
            when is_abandoned then 'abandoned'
        end as value,
        started_at as experienced_at,
        source,
        contact_id as record_id
    from contacts

    union all

    select
        person_id,
        'csat' as experience,
        case
            when score >= 4 then 'satisfied'
            when score > 2 then 'neutral'
            else 'dissatisfied'
        end as value,
        responded_at as experienced_at,
        source,
        survey_id as record_id
    from answers
),

-- Who had not bought before cannot buy again.
of_customers as (
    select
        experiences.*,
        row_number() over (
            partition by
                experiences.person_id,
                experiences.experience
            order by
                experiences.experienced_at,
                experiences.source,
                experiences.record_id
        ) as place
    from experiences
    inner join {{ ref('dim_persons') }} as persons
        on
            experiences.person_id = persons.person_id
            and experiences.experienced_at >= persons.first_order_at
    where experiences.value is not null
),

final as (
    select
        of_customers.person_id,
        of_customers.experience,
        of_customers.value,
        of_customers.experienced_at,
        of_customers.experienced_at + interval '90' day as until_at
    from of_customers
    inner join cut
        on of_customers.experienced_at + interval '90' day <= cut.cut_at
    where of_customers.place = 1
)

select * from final
