-- Grain: one row per (source, stream), a stream being named as the entity that it fills.
with

loads as (

    select * from {{ ref('stg_lake__loads') }}

),

-- The streams of file drops have the entities' names.
entity_of_stream as (

    select entity_of_stream.*
    from (
        values
        ('gorgias', 'satisfaction_surveys', 'surveys'),
        ('gorgias', 'users', 'agents'),
        ('gorgias', 'events', 'ticket_events')
    ) as entity_of_stream (kind, vendor_stream, stream)

),

loaded as (

    select
        loads.source,
        loads.kind,
        coalesce(entity_of_stream.stream, loads.stream) as stream,
        loads.stream as vendor_stream,
        max(loads.complete_through) as complete_through
    from loads
    left join entity_of_stream
        on
            loads.kind = entity_of_stream.kind
            and loads.stream = entity_of_stream.vendor_stream
    group by
        loads.source, loads.kind, loads.stream, coalesce(entity_of_stream.stream, loads.stream)

),

-- What nobody reads any more holds no figure back, unless it is all that ever filled its entity.
counting as (

    select
        *,
        {{ is_in_the_shop('source') }}
        or max(case when {{ is_in_the_shop('source') }} then 1 else 0 end)
            over (partition by stream)
        = 0 as holds_back
    from loaded

),

recorded as (

    {% for entity, at in {
        'tickets': 'created_at',
        'messages': 'sent_at',
        'ticket_events': 'at',
        'surveys': 'sent_at',
        'live_contacts': 'started_at',
        'self_service_sessions': 'started_at',
        'quality_reviews': 'reviewed_at',
        'customers': 'created_at',
        'agents': 'active_from',
        'orders': 'created_at',
        'subscriptions': 'started_at',
        'web_visits': 'started_at',
        'marketing_costs': 'begins_at',
        'support_costs': 'begins_at',
        'gestures': 'made_at',
        'agent_shifts': 'started_at',
        'forum_threads': 'created_at',
        'forum_posts': 'created_at',
    }.items() %}
    select
        source,
        '{{ entity }}' as stream,
        count(*) as records,
        min(entity.{{ at }}) as first_record_at,
        max(entity.{{ at }}) as last_record_at
    from {{ ref(entity) }} as entity
    group by source
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        counting.source,
        counting.stream,
        counting.vendor_stream,
        counting.kind,
        case when counting.holds_back then counting.complete_through end as complete_through,
        coalesce(recorded.records, 0) as records,
        recorded.first_record_at,
        recorded.last_record_at
    from counting
    left join recorded
        on
            counting.source = recorded.source
            and counting.stream = recorded.stream

)

select * from final
