-- Grain: one row per goal and day on which it is judged: its checkpoints, and the day it is due.
with goals as (
    select * from {{ ref('goals') }}
),

listed as (
    select
        goal_id,
        {{ unnest("split(checkpoints, ';')") }} as day
    from goals
),

days as (
    select
        goal_id,
        cast(day as date) as checkpoint_on
    from listed

    union

    -- A goal that says no day at all, and is refused for that, is told of today.
    select
        goal_id,
        coalesce(due_on, starts_on, {{ to_local_date(as_of()) }}) as checkpoint_on
    from goals
    where
        due_on is not null
        or checkpoints is null
),

final as (
    select
        days.goal_id,
        days.checkpoint_on,
        {{ seconds_between(
            "cast(coalesce(
                lag(days.checkpoint_on) over (
                    partition by days.goal_id order by days.checkpoint_on
                ),
                goals.starts_on - interval '1' day
            ) as timestamp)",
            'cast(days.checkpoint_on as timestamp)'
        ) }} / 86400 as days_since_the_last
    from days
    inner join goals
        on days.goal_id = goals.goal_id
)

select * from final
