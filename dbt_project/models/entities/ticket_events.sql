-- Grain: one row per (source, event_id).
with

gorgias_events as (

    select * from {{ ref('int_gorgias__ticket_events') }}

),

files_events as (

    select * from {{ ref('stg_files__ticket_events') }}
    where not is_deleted

),

unioned as (

    select
        source,
        event_id,
        ticket_id,
        kind,
        from_value,
        to_value,
        actor,
        gorgias_events.at,
        updated_at
    from gorgias_events
    union all
    select
        source,
        event_id,
        ticket_id,
        kind,
        from_value,
        to_value,
        actor,
        files_events.at,
        updated_at
    from files_events

),

final as (

    select
        source,
        event_id,
        ticket_id,
        kind,
        from_value,
        to_value,
        actor,
        unioned.at,
        updated_at
    from unioned
    where unioned.at <= {{ as_of() }}

)

select * from final
