-- Grain: one row per month, channel, weekday and hour with a live contact or anybody scheduled.
with hours as (
    select * from {{ ref('int_contact_hours__hours') }}
),

scheduled as (
    select * from {{ ref('int_contact_hours__scheduled') }}
),

channels as (
    select * from {{ ref('channels') }}
),

cut as (
    select max(cut_at) as cut_at
    from hours
),

contacts as (
    select
        {{ hour_of_the_week('contacts.started_at') }},
        contacts.channel,
        contacts.is_abandoned,
        case when contacts.has_wait then contacts.queue_seconds end as wait_seconds,
        case
            when contacts.is_answered
                then
                    contacts.talk_seconds
                    + coalesce(contacts.hold_seconds, 0)
                    + coalesce(contacts.wrap_up_seconds, 0)
        end as handle_seconds
    from {{ ref('fct_live_contacts') }} as contacts
    inner join cut
        on contacts.started_at <= cut.cut_at
    where
        contacts.exclusion_reason is null
        and not contacts.is_short_abandon
        and contacts.channel <> 'unmapped'
),

of_contacts as (
    select
        period_start,
        channel,
        weekday,
        hour,
        count(*) as contacts,
        count(*) filter (where is_abandoned) as abandoned,
        {{ percentile('wait_seconds', 0.5, [0.5]) }} as median_wait_seconds,
        cast(sum(handle_seconds) as bigint) as handle_seconds,
        count(handle_seconds) as handled
    from contacts
    group by
        period_start,
        channel,
        weekday,
        hour
),

-- For the hours in which nobody was there to answer.
of_months as (
    select
        period_start,
        channel,
        cast(sum(handle_seconds) as bigint) as handle_seconds,
        cast(sum(handled) as bigint) as handled
    from of_contacts
    group by
        period_start,
        channel
),

rotas as (
    select
        period_start,
        channel
    from scheduled
    group by
        period_start,
        channel
),

lengths as (
    select
        period_start,
        weekday,
        hour,
        cast(sum({{ microseconds_between('start_at', 'end_at') }}) as bigint) as microseconds
    from hours
    group by
        period_start,
        weekday,
        hour
),

keys as (
    select
        period_start,
        channel,
        weekday,
        hour
    from of_contacts

    union

    select
        period_start,
        channel,
        weekday,
        hour
    from scheduled
),

joined as (
    select
        keys.period_start,
        keys.channel,
        keys.weekday,
        keys.hour,
        coalesce(of_contacts.contacts, 0) as contacts,
        coalesce(of_contacts.abandoned, 0) as abandoned,
        of_contacts.median_wait_seconds,
        {{ ratio('of_contacts.handle_seconds', 'of_contacts.handled') }} as mean_handle_seconds,
        coalesce(
            {{ ratio('of_contacts.handle_seconds', 'of_contacts.handled') }},
            {{ ratio('of_months.handle_seconds', 'of_months.handled') }}
        ) as expected_handle_seconds,
        {{ ratio('lengths.microseconds', '1000000') }} as seconds_observed,
        case
            when rotas.channel is not null
                then {{ ratio(
                    'coalesce(scheduled.agent_microseconds, 0)', 'lengths.microseconds'
                ) }}
        end as agents_scheduled,
        coalesce(channels.wait_target_seconds, {{ setting('answered_within_target_seconds') }})
            as wait_target_seconds,
        cast(channels.share_target as {{ double_type() }}) as share_target
    from keys
    left join of_contacts
        on
            keys.period_start = of_contacts.period_start
            and keys.channel = of_contacts.channel
            and keys.weekday = of_contacts.weekday
            and keys.hour = of_contacts.hour
    left join of_months
        on
            keys.period_start = of_months.period_start
            and keys.channel = of_months.channel
    left join scheduled
        on
            keys.period_start = scheduled.period_start
            and keys.channel = scheduled.channel
            and keys.weekday = scheduled.weekday
            and keys.hour = scheduled.hour
    left join rotas
        on
            keys.period_start = rotas.period_start
            and keys.channel = rotas.channel
    left join lengths
        on
            keys.period_start = lengths.period_start
            and keys.weekday = lengths.weekday
            and keys.hour = lengths.hour
    left join channels
        on keys.channel = channels.channel
),

final as (
    select
        *,
        {{ ratio('contacts * expected_handle_seconds', 'seconds_observed') }} as erlangs
    from joined
)

select * from final
