-- Grain: one row per KPI, channel and statistic.
with figures as (
    select * from {{ ref('kpi_values') }}
    where slice = 'all'
),

catalogue as (
    select * from {{ ref('kpi_catalogue') }}
),

-- Of the goals that run the one that is due first, at its next checkpoint. A share within a time is
-- another figure than its KPI's.
goals as (
    select
        kpi_id,
        channel,
        statistic,
        target,
        due_on,
        status,
        row_number() over (
            partition by kpi_id, channel, statistic
            order by due_on, checkpoint_on, goal_id
        ) as place
    from {{ ref('goal_progress') }}
    where
        status <> 'refused'
        and statistic is not null
        and starts_on <= {{ to_local_date(as_of()) }}
        and checkpoint_on >= {{ to_local_date(as_of()) }}
),

tiles as (
    select
        kpi_id,
        channel,
        statistic
    from figures
    group by
        kpi_id,
        channel,
        statistic
),

-- Periods have no gaps, so that the row before is the period before.
followed as (
    select
        kpi_id,
        period_grain,
        period_start,
        channel,
        statistic,
        value,
        n,
        -- What is counted in full is no estimate, however little it is.
        is_rateable or statistic = 'count' as can_be_compared,
        is_rateable,
        lag(value) over told as value_before,
        lag(n) over told as n_before,
        lag(is_rateable or statistic = 'count') over told as could_be_compared,
        max(case when is_mature then period_start end) over (
            partition by kpi_id, period_grain, channel, statistic
        ) as newest_start
    from figures
    where period_grain in ('week', 'month')
    window told as (
        partition by kpi_id, period_grain, channel, statistic
        order by period_start
    )
),

newest as (
    select
        followed.kpi_id,
        followed.period_grain,
        followed.period_start,
        followed.channel,
        followed.statistic,
        followed.value,
        followed.n,
        followed.is_rateable,
        followed.value_before,
        followed.n_before,
        followed.value - followed.value_before as change,
        case
            when catalogue.unit not in ('percent', 'points')
                then
                    100 * {{ ratio(
                        'followed.value - followed.value_before', 'abs(followed.value_before)'
                    ) }}
        end as change_percent,
        case
            when not (followed.can_be_compared and followed.could_be_compared) then null
            when followed.value = followed.value_before then 'same'
            when catalogue.better = 'neutral' then null
            when (followed.value > followed.value_before) = (catalogue.better = 'higher')
                then 'better'
            when followed.value is not null and followed.value_before is not null then 'worse'
        end as trend
    from followed
    inner join catalogue
        on followed.kpi_id = catalogue.kpi_id
    where followed.period_start = followed.newest_start
),

final as (
    select
        tiles.kpi_id,
        tiles.channel,
        tiles.statistic,
        catalogue.label_en,
        catalogue.label_ko,
        catalogue.unit,
        catalogue.better,
        {% for grain in ['week', 'month'] %}
        {{ grain }}s.period_start as {{ grain }}_start,
        {{ grain }}s.value as {{ grain }}_value,
        {{ grain }}s.n as {{ grain }}_n,
        {{ grain }}s.value_before as {{ grain }}_before_value,
        {{ grain }}s.n_before as {{ grain }}_before_n,
        {{ grain }}s.change as {{ grain }}_change,
        {{ grain }}s.change_percent as {{ grain }}_change_percent,
        {{ grain }}s.trend as {{ grain }}_trend,
        coalesce({{ grain }}s.is_rateable, false) as is_{{ grain }}_rateable,
        {% endfor %}
        goals.target as goal,
        goals.due_on as goal_due_on,
        goals.status as goal_status,
        cast(null as {{ text_type() }}) as withheld_reason
    from tiles
    inner join catalogue
        on tiles.kpi_id = catalogue.kpi_id
    {% for grain in ['week', 'month'] %}
    left join newest as {{ grain }}s
        on
            tiles.kpi_id = {{ grain }}s.kpi_id
            and tiles.channel = {{ grain }}s.channel
            and tiles.statistic = {{ grain }}s.statistic
            and {{ grain }}s.period_grain = '{{ grain }}'
    {% endfor %}
    left join goals
        on
            tiles.kpi_id = goals.kpi_id
            and tiles.channel = goals.channel
            and tiles.statistic = goals.statistic
            and goals.place = 1
)

select * from final
