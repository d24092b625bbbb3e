-- Grain: one row per month and measure of channels, self-service, proactivity or delight.
{% set all_six = ["'chat'", "'email'", "'phone'", "'sms'", "'social'", "'whatsapp'"] %}
with attested as (
    select * from {{ ref('int_service_levels__attested') }}
),

figures as (
    select * from {{ ref('kpi_values') }}
    where
        period_grain = 'month'
        and channel = 'all'
        and slice = 'all'
        and is_complete
),

-- In use as active_channels counts it.
answers as (
    select
        sent_at as answered_at,
        channel
    from {{ ref('fct_messages') }}
    where
        sender_kind = 'human'
        and exclusion_reason is null

    union all

    select
        started_at as answered_at,
        channel
    from {{ ref('fct_live_contacts') }}
    where
        is_answered
        and exclusion_reason is null
),

channels_used as (
    select
        cast(date_trunc('month', {{ local_timestamp('answered_at') }}) as date) as period_start,
        channel
    from answers
    where channel <> 'unmapped'
    group by
        period_start,
        channel
),

-- What suits a shop is all six, unless it says otherwise.
suiting as (
    select
        period_start,
        {{ unnest("coalesce(suiting_channels, " ~ text_list(all_six) ~ ")") }} as channel
    from attested
),

suiting_in_use as (
    select
        suiting.period_start,
        100 * {{ ratio('count(channels_used.channel)', 'count(*)') }} as share
    from suiting
    left join channels_used
        on
            suiting.period_start = channels_used.period_start
            and suiting.channel = channels_used.channel
    group by suiting.period_start
),

in_use as (
    select
        period_start,
        count(*) filter (where channel <> 'email') as beside_email,
        count(*) filter (where channel in ('chat', 'email')) as chat_and_email,
        count(*) filter (where channel in ({{ all_six | join(', ') }})) as all_six
    from channels_used
    group by period_start
),

proactive as (
    select
        cast(date_trunc('month', {{ local_timestamp('tickets.created_at') }}) as date)
            as period_start,
        count(*) as tickets,
        count(*) filter (where tickets.channel = 'chat') as on_chat,
        count(*) filter (where channels.is_real_time) as in_real_time
    from {{ ref('fct_tickets') }} as tickets
    left join {{ ref('channels') }} as channels
        on tickets.channel = channels.channel
    where
        tickets.exclusion_reason is null
        and tickets.opened_by <> 'customer'
        and {{ list_contains('tickets.tags', word(setting('proactive_tag', text_type()))) }}
    group by period_start
),

gestures as (
    select
        cast(date_trunc('month', {{ local_timestamp('made_at') }}) as date) as period_start,
        count(*) as gestures
    from {{ ref('fct_gestures') }}
    where exclusion_reason is null
    group by period_start
),

gathered as (
    select
        attested.*,
        channels.n as channels,
        coalesce(in_use.beside_email, 0) as channels_beside_email,
        coalesce(in_use.chat_and_email, 0) as chat_and_email,
        coalesce(in_use.all_six, 0) as all_six_channels,
        suiting_in_use.share as suiting_channels_in_use,
        coverage.value as live_coverage,
        self_service.value as self_service_rate,
        coalesce(self_service.n, 0) as requests,
        coalesce(self_service.is_mature, true) as is_self_service_mature,
        coalesce(macros.numerator, 0) as macro_messages,
        coalesce(proactive.tickets, 0) as proactive_tickets,
        coalesce(proactive.on_chat, 0) as proactive_on_chat,
        coalesce(proactive.in_real_time, 0) as proactive_in_real_time,
        coalesce(gestures.gestures, 0) as gestures
    from attested
    inner join figures as channels
        on
            attested.period_start = channels.period_start
            and channels.kpi_id = 'active_channels'
    inner join suiting_in_use
        on attested.period_start = suiting_in_use.period_start
    left join in_use
        on attested.period_start = in_use.period_start
    left join figures as coverage
        on
            attested.period_start = coverage.period_start
            and coverage.kpi_id = 'live_coverage'
    left join figures as self_service
        on
            attested.period_start = self_service.period_start
            and self_service.kpi_id = 'self_service_rate'
    left join figures as macros
        on
            attested.period_start = macros.period_start
            and macros.kpi_id = 'macro_usage_rate'
    left join proactive
        on attested.period_start = proactive.period_start
    left join gestures
        on attested.period_start = gestures.period_start
),

-- Three-valued throughout: what is neither seen nor attested is unknown, not absent.
final as (
    {% for dimension, measure, value, n in [
        ('channels', 'channels_beside_email', 'channels_beside_email', 'channels'),
        ('channels', 'chat_and_email', 'chat_and_email', 'channels'),
        ('channels', 'suiting_channels', 'suiting_channels_in_use', 'channels'),
        ('channels', 'all_six_channels', 'all_six_channels', 'channels'),
        ('channels', 'live_coverage', 'live_coverage', 'channels'),
        ('channels', 'declared_hours', 'is_declared_round_the_clock', 'channels'),
        ('self_service', 'faq_exists', 'has_faq or is_faq_detailed', 'requests'),
        (
            'self_service', 'faq_is_detailed_or_help_centre', 'is_faq_detailed or has_help_centre',
            'requests'
        ),
        ('self_service', 'order_tracking', 'has_order_tracking', 'requests'),
        ('self_service', 'help_centre', 'has_help_centre', 'requests'),
        ('self_service', 'automated_self_service', 'has_automation', 'requests'),
        ('self_service', 'self_service_rate', 'self_service_rate', 'requests'),
        ('proactivity', 'macros_in_use', 'macro_messages', 'proactive_tickets'),
        ('proactivity', 'told_ahead', 'proactive_tickets > 0 or is_told_ahead', 'proactive_tickets'),
        ('proactivity', 'proactive_on_chat', 'proactive_on_chat', 'proactive_tickets'),
        ('proactivity', 'proactive_in_real_time', 'proactive_in_real_time', 'proactive_tickets'),
        ('proactivity', 'one_to_one_notices', 'has_one_to_one_notices', 'proactive_tickets'),
        ('delight', 'gestures', 'gestures', 'gestures'),
    ] %}
    select
        period_start,
        '{{ dimension }}' as dimension,
        '{{ measure }}' as measure,
        cast({{ value }} as {{ double_type() }}) as value,
        cast({{ n }} as bigint) as n,
        {{ 'is_self_service_mature' if measure == 'self_service_rate' else 'true' }} as is_mature
    from gathered
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
