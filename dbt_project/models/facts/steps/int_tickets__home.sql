-- Grain: one row per ticket.
{% set doublings = 6 %}
with tickets as (
    select * from {{ ref('tickets') }}
),

reasoned as (
    select
        source,
        ticket_id,
        channel,
        merged_into_ticket_id,
        case
            when is_deleted then 'deleted'
            when is_test then 'test'
            when is_spam then 'spam'
            when merged_into_ticket_id is not null then 'merged'
        end as exclusion_reason
    from tickets
),

-- Each round doubles the length of the chain that a hop spans: six rounds follow 64 merges.
hops_0 as (
    select
        source,
        ticket_id,
        merged_into_ticket_id as target_id
    from reasoned
    where exclusion_reason = 'merged'
),

{% for round in range(1, doublings + 1) %}
hops_{{ round }} as (
    select
        near.source,
        near.ticket_id,
        coalesce(far.target_id, near.target_id) as target_id
    from hops_{{ round - 1 }} as near
    left join hops_{{ round - 1 }} as far
        on
            near.source = far.source
            and near.target_id = far.ticket_id
),

{% endfor %}
final as (
    select
        reasoned.source,
        reasoned.ticket_id,
        case
            when reasoned.exclusion_reason is null then reasoned.ticket_id
            -- A target that is itself excluded, unknown or in a circle takes everything out.
            when target.exclusion_reason is null then target.ticket_id
        end as home_ticket_id,
        case
            when reasoned.exclusion_reason is null then reasoned.channel
            when target.exclusion_reason is null then target.channel
        end as home_channel,
        reasoned.exclusion_reason
    from reasoned
    left join hops_{{ doublings }} as hops
        on
            reasoned.source = hops.source
            and reasoned.ticket_id = hops.ticket_id
    left join reasoned as target
        on
            hops.source = target.source
            and hops.target_id = target.ticket_id
)

select * from final
