-- Grain: one row per month of the forum, from its first thread or post to the cut.
with cut as (
    select
        min(first_record_at) as first_record_at,
        least(min(complete_through), {{ as_of() }}) as cut_at
    from {{ ref('int_streams') }}
    where stream in ('forum_threads', 'forum_posts')
),

months as (
    select periods.period_start
    from {{ ref('int_periods') }} as periods
    inner join cut
        on
            periods.end_at > cut.first_record_at
            and periods.start_at <= cut.cut_at
    where periods.period_grain = 'month'
),

threads as (
    select
        threads.views,
        threads.is_question,
        threads.is_question and threads.first_answered_at <= cut.cut_at as is_answered,
        threads.is_question and threads.solved_at <= cut.cut_at as is_solved,
        cast(date_trunc('month', {{ local_timestamp('threads.created_at') }}) as date)
            as period_start,
        case
            when threads.is_question and threads.first_answered_at <= cut.cut_at
                then {{ seconds_between('threads.created_at', 'threads.first_answered_at') }}
        end as first_answer_seconds
    from {{ ref('fct_forum_threads') }} as threads
    inner join cut
        on threads.created_at <= cut.cut_at
    where threads.exclusion_reason is null
),

of_threads as (
    select
        period_start,
        count(*) as threads,
        count(*) filter (where is_question) as questions,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_solved) as solved,
        {{ percentile('first_answer_seconds', 0.5, [0.5]) }} as median_first_answer_seconds,
        cast(sum(views) as bigint) as views
    from threads
    group by period_start
),

answers as (
    select
        posts.author_kind,
        cast(date_trunc('month', {{ local_timestamp('posts.created_at') }}) as date)
            as period_start
    from {{ ref('fct_forum_posts') }} as posts
    inner join cut
        on posts.created_at <= cut.cut_at
    where
        posts.exclusion_reason is null
        and posts.is_answer
),

of_answers as (
    select
        period_start,
        count(*) as answers,
        count(*) filter (where author_kind = 'staff') as by_staff,
        count(*) filter (where author_kind = 'power_user') as by_power_users
    from answers
    group by period_start
),

final as (
    select
        months.period_start,
        coalesce(of_threads.threads, 0) as threads,
        coalesce(of_threads.questions, 0) as questions,
        coalesce(of_threads.answered, 0) as answered,
        coalesce(of_threads.solved, 0) as solved,
        coalesce(of_answers.answers, 0) as answers,
        coalesce(of_answers.by_staff, 0) as by_staff,
        coalesce(of_answers.by_power_users, 0) as by_power_users,
        of_threads.median_first_answer_seconds,
        coalesce(of_threads.views, 0) as views
    from months
    left join of_threads
        on months.period_start = of_threads.period_start
    left join of_answers
        on months.period_start = of_answers.period_start
)

select * from final
