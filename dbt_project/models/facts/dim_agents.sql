-- Grain: one row per agent of a source.
with agents as (
    select * from {{ ref('agents') }}
),

final as (
    select
        source,
        agent_id,
        name,
        team_id,
        coalesce(role, 'agent') as role,
        active_from,
        active_until
    from agents
)

select * from final
