-- Grain: one row per ticket.
with tickets as (
    select * from {{ ref('tickets') }}
),

homes as (
    select * from {{ ref('int_tickets__home') }}
),

conversation as (
    select * from {{ ref('int_tickets__conversation') }}
),

closings as (
    select * from {{ ref('int_tickets__closings') }}
),

transfers as (
    select * from {{ ref('int_tickets__transfers') }}
),

automation as (
    select * from {{ ref('int_tickets__automation') }}
),

persons as (
    select * from {{ ref('int_customers__person') }}
),

bots as (
    select
        source,
        agent_id
    from {{ ref('agents') }}
    where role = 'bot'
),

segments as (
    select * from {{ ref('int_schedules__segments') }}
    where schedule_id = {{ setting('business_schedule', 'varchar') }}
),

responses as (
    select
        source,
        ticket_id,
        count(*) as response_count,
        cast(sum(response_seconds) as bigint) as response_seconds_total,
        case
            when count(response_business_seconds) = count(*)
                then cast(sum(response_business_seconds) as bigint)
        end as response_business_seconds_total,
        min(responded_at) as first_response_at,
        min(response_seconds) filter (where response_number = 1) as first_response_seconds,
        min(response_business_seconds) filter (where response_number = 1)
            as first_response_business_seconds
    from {{ ref('int_tickets__responses') }}
    group by
        source,
        ticket_id
),

reopenings as (
    select
        source,
        ticket_id,
        count(*) as reopen_count,
        count(*) filter (where not is_thank_you) as substantive_reopen_count
    from {{ ref('int_tickets__reopenings') }}
    group by
        source,
        ticket_id
),

answered_contacts as (
    select
        source,
        ticket_id,
        count(*) as answered_count
    from {{ ref('fct_live_contacts') }}
    where
        is_answered
        and ticket_id is not null
        and exclusion_reason is null
    group by
        source,
        ticket_id
),

gathered as (
    select
        tickets.source,
        tickets.ticket_id,
        coalesce(conversation.first_customer_channel, tickets.channel) as channel,
        tickets.opened_by,
        tickets.status,
        tickets.priority,
        tickets.topic,
        tickets.tags,
        tickets.brand,
        tickets.language,
        tickets.team_id,
        tickets.assignee_id,
        persons.person_id,
        tickets.order_id,
        tickets.merged_into_ticket_id,
        homes.exclusion_reason,
        closings.closed_by,
        tickets.created_at,
        conversation.first_customer_message_at,
        responses.first_response_at,
        closings.first_closed_at,
        closings.closed_at,
        responses.first_response_seconds,
        responses.first_response_business_seconds,
        automation.first_automated_response_seconds,
        coalesce(responses.response_seconds_total, 0) as response_seconds_total,
        case
            when responses.ticket_id is null then 0
            else responses.response_business_seconds_total
        end as response_business_seconds_total,
        coalesce(responses.response_count, 0) as response_count,
        coalesce(responses.response_count, 0) + coalesce(answered_contacts.answered_count, 0)
            as touches,
        coalesce(reopenings.reopen_count, 0) as reopen_count,
        coalesce(reopenings.substantive_reopen_count, 0) as substantive_reopen_count,
        coalesce(transfers.transfer_count, 0) as transfer_count,
        case
            when persons.is_vip then 'vip'
            when not persons.is_vip then 'standard'
        end as customer_group,
        homes.exclusion_reason is null
        and (
            tickets.opened_by = 'customer'
            or conversation.first_customer_message_at is not null
        ) as is_inbound,
        homes.exclusion_reason is null
        and tickets.opened_by = 'customer' as is_customer_initiated,
        homes.exclusion_reason is null
        and tickets.status in ('solved', 'closed')
        and closings.closed_at is not null as is_closed_now,
        coalesce(closings.is_given_up, false) as is_given_up,
        coalesce(conversation.is_customer_last, false) as is_customer_last,
        coalesce(conversation.has_human_message, false)
        or (tickets.assignee_id is not null and bots.agent_id is null) as has_human_hand,
        coalesce(automation.has_message_before_close, false) as has_automated_message_before_close,
        coalesce(automation.has_answer_before_close, false) as has_automated_answer_before_close
    from tickets
    inner join homes
        on
            tickets.source = homes.source
            and tickets.ticket_id = homes.ticket_id
    left join conversation
        on
            tickets.source = conversation.source
            and tickets.ticket_id = conversation.ticket_id
    left join closings
        on
            tickets.source = closings.source
            and tickets.ticket_id = closings.ticket_id
    left join transfers
        on
            tickets.source = transfers.source
            and tickets.ticket_id = transfers.ticket_id
    left join automation
        on
            tickets.source = automation.source
            and tickets.ticket_id = automation.ticket_id
    left join responses
        on
            tickets.source = responses.source
            and tickets.ticket_id = responses.ticket_id
    left join reopenings
        on
            tickets.source = reopenings.source
            and tickets.ticket_id = reopenings.ticket_id
    left join answered_contacts
        on
            tickets.source = answered_contacts.source
            and tickets.ticket_id = answered_contacts.ticket_id
    left join bots
        on
            tickets.source = bots.source
            and tickets.assignee_id = bots.agent_id
    left join persons
        on
            tickets.source = persons.source
            and tickets.customer_id = persons.customer_id
),

with_self_service as (
    select
        *,
        is_inbound
        and is_closed_now
        and touches = 0
        and coalesce(
            (closed_by = 'automation' and has_automated_answer_before_close)
            or (closed_by = 'customer' and has_automated_message_before_close),
            false
        ) as is_self_service_resolved
    from gathered
),

resolutions as (
    select
        *,
        case
            -- A closing before the ticket began is unknown, and data_quality counts it.
            when not (is_inbound and is_closed_now) then null
            when first_customer_message_at <= closed_at then first_customer_message_at
            when created_at <= closed_at then created_at
        end as resolution_from_at
    from with_self_service
),

timed as (
    select
        resolutions.*,
        {{ seconds_between('resolutions.resolution_from_at', 'resolutions.closed_at') }}
            as resolution_seconds,
        {{ business_seconds(
            'resolutions.resolution_from_at', 'began_in', 'resolutions.closed_at', 'closed_in'
        ) }} as resolution_business_seconds
    from resolutions
    left join segments as began_in
        on {{ is_in_segment('resolutions.resolution_from_at', 'began_in') }}
    left join segments as closed_in
        on {{ is_in_segment('resolutions.closed_at', 'closed_in') }}
),

final as (
    select
        source,
        ticket_id,
        channel,
        opened_by,
        status,
        priority,
        topic,
        tags,
        brand,
        language,
        team_id,
        assignee_id,
        person_id,
        customer_group,
        order_id,
        merged_into_ticket_id,
        exclusion_reason,
        closed_by,
        created_at,
        first_customer_message_at,
        case when is_customer_initiated then first_response_at end as first_response_at,
        first_closed_at,
        closed_at,
        case when is_customer_initiated then first_response_seconds end as first_response_seconds,
        case when is_customer_initiated then first_response_business_seconds end
            as first_response_business_seconds,
        case when is_customer_initiated then first_automated_response_seconds end
            as first_automated_response_seconds,
        response_seconds_total,
        response_business_seconds_total,
        resolution_seconds,
        resolution_business_seconds,
        response_count,
        touches,
        reopen_count,
        substantive_reopen_count,
        transfer_count,
        is_inbound,
        is_customer_initiated,
        is_closed_now,
        is_self_service_resolved,
        is_inbound
        and is_closed_now
        and (
            is_given_up
            or (
                coalesce(closed_by in ('automation', 'customer'), false)
                and touches = 0
                and not is_self_service_resolved
            )
        ) as is_abandoned,
        is_customer_initiated
        and first_customer_message_at is not null
        and touches = 0
        and not is_self_service_resolved
        and (
            is_closed_now
            or created_at < {{ as_of() }} - {{ setting('unanswered_days') }} * interval '1' day
        ) as is_unanswered,
        is_customer_initiated
        and is_closed_now
        and touches = 1
        and substantive_reopen_count = 0 as is_one_touch,
        is_inbound and not is_closed_now and is_customer_last as is_waiting,
        is_inbound and has_human_hand as is_human_handled
    from timed
)

select * from final
