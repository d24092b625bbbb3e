-- Grain: one row per month, channel, weekday and hour with work to be handled and a target.
with cells as (
    select
        period_start,
        channel,
        weekday,
        hour,
        expected_handle_seconds,
        wait_target_seconds,
        share_target,
        erlangs,
        -- The terms before the first add less than 1e-17, and by the most agents not one contact in
        -- 10,000 waits at all.
        greatest(floor(erlangs - 9 * sqrt(erlangs)), 0) as first_term,
        floor(erlangs) + 1 as fewest_agents,
        ceil(erlangs + 5 * sqrt(erlangs)) + 6 as most_agents
    from {{ ref('int_contact_hours__cells') }}
    where
        erlangs > 0
        and share_target is not null
),

numbers as (
    select series.number
    from {{ integer_series(0, '(select coalesce(max(most_agents), 0) from cells)') }} as series
),

-- Of a factorial of hundreds only the logarithm is a number that there is.
factorials as (
    select
        number,
        sum(cast(ln(greatest(number, 1)) as decimal(28, 18))) over (
            order by number
            rows between unbounded preceding and current row
        ) as log_factorial
    from numbers
),

-- How likely so many contacts at once are, if nobody ever waited.
terms as (
    select
        cells.*,
        factorials.number as agents,
        exp(
            factorials.number * ln(cells.erlangs)
            - cells.erlangs
            - cast(factorials.log_factorial as {{ double_type() }})
        ) as likelihood
    from cells
    inner join factorials
        on
            cells.first_term <= factorials.number
            and cells.most_agents >= factorials.number
),

summed as (
    select
        *,
        sum(cast(likelihood as decimal(28, 18))) over (
            partition by
                period_start,
                channel,
                weekday,
                hour
            order by agents
            rows between unbounded preceding and current row
        ) as likelihood_up_to
    from terms
),

-- Erlang B: all are busy, and who finds them so goes away.
blocking as (
    select
        *,
        likelihood / cast(likelihood_up_to as {{ double_type() }}) as blocked
    from summed
    where agents >= fewest_agents
),

-- Erlang C: all are busy, and who finds them so waits.
waiting as (
    select
        *,
        agents * blocked / (agents - erlangs * (1 - blocked)) as has_to_wait
    from blocking
),

answered as (
    select
        *,
        1
        - has_to_wait * exp((erlangs - agents) * wait_target_seconds / expected_handle_seconds)
            as answered_in_time
    from waiting
),

final as (
    select
        period_start,
        channel,
        weekday,
        hour,
        cast(min(agents) as bigint) as agents_needed,
        min_by(answered_in_time, agents) as answered_in_time
    from answered
    where answered_in_time >= share_target
    group by
        period_start,
        channel,
        weekday,
        hour
)

select * from final
