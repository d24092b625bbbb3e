-- Grain: one row per (source, agent_id).
with

gorgias_users as (

    select * from {{ ref('stg_gorgias__users') }}
    where not is_deleted

),

files_agents as (

    select * from {{ ref('stg_files__agents') }}
    where not is_deleted

),

unioned as (

    select
        source,
        agent_id,
        cast(null as varchar) as team_id,
        name,
        role,
        active_from,
        active_until,
        updated_at
    from gorgias_users
    union all
    select
        source,
        agent_id,
        team_id,
        name,
        role,
        active_from,
        active_until,
        updated_at
    from files_agents

),

final as (

    select
        source,
        agent_id,
        team_id,
        name,
        role,
        {{ known_by_the_cut('active_from') }} as active_from,
        {{ known_by_the_cut('active_until') }} as active_until,
        updated_at
    from unioned

)

select * from final
