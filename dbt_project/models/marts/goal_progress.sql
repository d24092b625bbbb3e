-- Grain: one row per goal and day on which it is judged.
with goals as (
    select * from {{ ref('int_goals') }}
),

checkpoints as (
    select
        goal_id,
        checkpoint_on,
        {{ to_local_date(as_of()) }} as today_on
    from {{ ref('int_goals__checkpoints') }}
),

periods as (
    select * from {{ ref('int_periods') }}
),

kpi_values as (
    select * from {{ ref('kpi_values') }}
    where slice = 'all'
),

shares as (
    select * from {{ ref('int_goals__shares') }}
),

-- The periods of a goal's own grain that end after it began, each with what it came to.
figures as (
    select
        goals.goal_id,
        periods.period_start,
        periods.period_end,
        kpi_values.is_mature,
        case
            when goals.threshold_seconds is null then kpi_values.value
            else 100 * {{ ratio('shares.numerator', 'shares.denominator') }}
        end as value,
        case
            when goals.threshold_seconds is null then kpi_values.n
            else coalesce(shares.denominator, 0)
        end as n
    from goals
    inner join kpi_values
        on
            goals.kpi_id = kpi_values.kpi_id
            and goals.channel = kpi_values.channel
            and goals.period_grain = kpi_values.period_grain
            and coalesce(goals.statistic, {{ first_element('goals.statistics') }})
            = kpi_values.statistic
    inner join periods
        on
            kpi_values.period_grain = periods.period_grain
            and kpi_values.period_start = periods.period_start
            and goals.starts_on < periods.period_end
    left join shares
        on
            goals.goal_id = shares.goal_id
            and kpi_values.period_start = shares.period_start
),

-- At a checkpoint a goal stands where the last settled period before its end stood.
reached as (
    select
        checkpoints.goal_id,
        checkpoints.checkpoint_on,
        max(figures.period_start) as last_period_start,
        max(figures.period_start) filter (where figures.is_mature) as period_start
    from checkpoints
    inner join figures
        on
            checkpoints.goal_id = figures.goal_id
            and figures.period_end <= checkpoints.checkpoint_on + interval '1' day
    group by
        checkpoints.goal_id,
        checkpoints.checkpoint_on
),

told as (
    select
        goals.*,
        checkpoints.checkpoint_on,
        checkpoints.today_on,
        reached.period_start,
        figures.n,
        -- What is counted in full is no estimate, however little it is.
        coalesce(goals.statistic, 'share') = 'count'
        or figures.n >= {{ setting('rateable_n') }} as is_rateable,
        figures.value,
        goals.baseline + (goals.target - goals.baseline) * least(1, greatest(0, {{ ratio(
            seconds_between(
                'cast(goals.starts_on as timestamp)',
                'cast(least(checkpoints.checkpoint_on, checkpoints.today_on) as timestamp)'
            ),
            seconds_between('cast(goals.starts_on as timestamp)', 'cast(goals.due_on as timestamp)')
        ) }})) as expected_by_now,
        case
            when goals.direction = 'up' then figures.value >= goals.target
            else figures.value <= goals.target
        end as is_reached,
        checkpoints.checkpoint_on >= goals.due_on
        and checkpoints.today_on > goals.due_on as is_over,
        reached.period_start = reached.last_period_start as is_settled
    from checkpoints
    inner join goals
        on checkpoints.goal_id = goals.goal_id
    left join reached
        on
            checkpoints.goal_id = reached.goal_id
            and checkpoints.checkpoint_on = reached.checkpoint_on
    left join figures
        on
            reached.goal_id = figures.goal_id
            and reached.period_start = figures.period_start
),

judged as (
    select
        *,
        case
            when refused_because is not null then 'refused'
            when period_start is null or not is_rateable or value is null then 'no_data'
            when is_reached then 'met'
            when is_over and is_settled then 'missed'
            when direction = 'up' and value >= expected_by_now then 'on_track'
            when direction = 'down' and value <= expected_by_now then 'on_track'
            else 'at_risk'
        end as status
    from told
),

final as (
    select
        goal_id,
        checkpoint_on,
        kpi_id,
        channel,
        statistic,
        threshold_seconds,
        direction,
        unit,
        cast(baseline as {{ double_type() }}) as baseline,
        cast(coalesce(target, baseline, 0) as {{ double_type() }}) as target,
        coalesce(starts_on, checkpoint_on) as starts_on,
        coalesce(due_on, last_checkpoint_on) as due_on,
        owner,
        relevance,
        period_grain,
        case when status not in ('refused', 'no_data') then period_start end as period_start,
        case when status not in ('refused', 'no_data') then n end as n,
        case when status not in ('refused', 'no_data') then value end as current,
        case when status <> 'refused' then expected_by_now end as expected_by_now,
        case
            when status not in ('refused', 'no_data')
                then {{ ratio('value - baseline', 'target - baseline') }}
        end as progress_ratio,
        status,
        case
            when status = 'refused' then refused_because
            when today_on < starts_on then 'it has not begun'
            when status = 'no_data' and period_start is null
                then 'no ' || period_grain || ' since it began is settled yet'
            when status = 'no_data' and n = 0 then 'nothing was counted'
            when status = 'no_data' and not is_rateable
                then
                    'too few: ' || cast(n as {{ text_type() }}) || ' of '
                    || cast({{ setting('rateable_n') }} as {{ text_type() }})
            when status = 'no_data' then 'its figure is unknown'
            when is_over and not is_settled
                then 'its last ' || period_grain || ' is not settled yet'
        end as reason
    from judged
)

select * from final
