-- Grain: one row per goal of the seed.
with goals as (
    select * from {{ ref('goals') }}
),

kpis as (
    select * from {{ ref('int_kpis') }}
),

spacing as (
    select
        goal_id,
        min(checkpoint_on) as first_checkpoint_on,
        max(checkpoint_on) as last_checkpoint_on,
        min(days_since_the_last) as days_apart
    from {{ ref('int_goals__checkpoints') }}
    group by goal_id
),

measured as (
    select
        goals.goal_id,
        goals.kpi_id,
        goals.channel,
        goals.statistic,
        goals.threshold_seconds,
        goals.share,
        goals.target as target_given,
        case when goals.share is null then goals.target else 100 * goals.share end as target,
        goals.direction,
        goals.baseline,
        goals.starts_on,
        goals.due_on,
        goals.checkpoints,
        goals.owner,
        goals.relevance,
        coalesce(goals.stretch, false) as is_stretch,
        kpis.kpi_id is not null as is_known,
        kpis.kind,
        kpis.better,
        kpis.is_by_channel,
        kpis.statistics,
        case when goals.threshold_seconds is null then kpis.unit else 'percent' end as unit,
        kpis.unit as kpi_unit,
        -- As fine as its checkpoints, at most months; coarser where the KPI knows nothing as fine.
        case
            when spacing.days_apart < 7 and {{ list_contains('kpis.grains', "'day'") }}
                then 'day'
            when spacing.days_apart < 28 and {{ list_contains('kpis.grains', "'week'") }}
                then 'week'
            when {{ list_contains('kpis.grains', "'month'") }} then 'month'
            when {{ list_contains('kpis.grains', "'quarter'") }} then 'quarter'
            else 'year'
        end as period_grain,
        spacing.first_checkpoint_on,
        spacing.last_checkpoint_on
    from goals
    inner join spacing
        on goals.goal_id = spacing.goal_id
    left join kpis
        on goals.kpi_id = kpis.kpi_id
),

-- Specific, measurable, achievable, relevant, time-bound: what a goal lacks, in this order.
final as (
    select
        *,
        nullif(concat_ws(
            '; ',
            case when not is_known then 'there is no such KPI: take one of kpi_catalogue' end,
            case
                when is_known and channel <> 'all' and not is_by_channel
                    then 'this KPI is not told by channel: say all'
            end,
            case
                when statistic is null and (threshold_seconds is null or share is null)
                    then 'say which statistic, or threshold_seconds and share'
                when statistic is not null and (threshold_seconds is not null or share is not null)
                    then 'one figure only: a statistic, or threshold_seconds and share'
                when
                    is_known
                    and statistic is not null
                    and not {{ list_contains('statistics', 'statistic') }}
                    then 'this KPI has no such statistic'
                when
                    is_known
                    and statistic is null
                    and not (kind = 'distribution' and kpi_unit = 'seconds')
                    then 'a share within a time is told of KPIs that are times'
            end,
            case
                when target is null then 'say the target'
                when share is not null and target_given <> target
                    then 'one target only: share says it already'
            end,
            case when baseline is null then 'say the baseline: where it stands at the start' end,
            case
                when direction is null then 'say the direction'
                when
                    (direction = 'up' and target <= baseline)
                    or (direction = 'down' and target >= baseline)
                    then 'the target does not lie in this direction from the baseline'
                when
                    threshold_seconds is null
                    and (
                        (direction = 'up' and better = 'lower')
                        or (direction = 'down' and better = 'higher')
                    )
                    then 'this KPI is worse in this direction'
                when threshold_seconds is not null and direction = 'down'
                    then 'a share within a time is worse in this direction'
            end,
            -- The document: who is asked for 75 to 100 % more has failed before the start.
            case
                when is_stretch then null
                when baseline = 0
                    then 'from 0 nobody knows what is achievable: mark it as stretch'
                when unit in ('percent', 'points') and abs(target - baseline) >= 75
                    then 'it asks for 75 points or more: mark it as stretch'
                when
                    unit not in ('percent', 'points')
                    and abs(target - baseline) >= 0.75 * abs(baseline)
                    then 'it asks for 75 % or more: mark it as stretch'
            end,
            case when relevance is null then 'say what it is for' end,
            case when owner is null then 'say who owns it' end,
            case
                when starts_on is null then 'say when it starts'
                when due_on <= starts_on then 'it is due before it starts'
                when first_checkpoint_on <= starts_on then 'a checkpoint lies before its start'
            end,
            case
                when due_on is null then 'say when it is due'
                when last_checkpoint_on > due_on then 'a checkpoint lies after it is due'
            end,
            case when checkpoints is null then 'say the checkpoints on the way' end
        ), '') as refused_because
    from measured
)

select * from final
