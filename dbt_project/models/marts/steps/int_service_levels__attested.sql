-- Grain: one row per month that is over.
with months as (
    select
        period_start,
        period_end
    from {{ ref('int_periods') }}
    where
        period_grain = 'month'
        and end_at <= {{ as_of() }}
),

attestations as (
    select * from {{ ref('service_attestations') }}
),

-- What holds on the month's last day; of several words the newest.
said as (
    select
        months.period_start,
        attestations.fact,
        max_by(attestations.value, attestations.since) as value
    from months
    inner join attestations
        on
            months.period_end > attestations.since
            and (
                attestations.until is null
                or attestations.until >= cast(months.period_end - interval '1' day as date)
            )
    group by
        months.period_start,
        attestations.fact
),

seen as (
    select
        cast(date_trunc('month', {{ local_timestamp('started_at') }}) as date) as period_start,
        bool_or(tool = 'faq') as has_faq,
        bool_or(tool = 'help_center') as has_help_centre,
        bool_or(tool = 'chatbot') as has_automation,
        bool_or(tool in ('order_tracking', 'order_management')) as has_order_tracking
    from {{ ref('fct_self_service_sessions') }}
    where exclusion_reason is null
    group by period_start
),

-- Seen at work is as good as said; only what nobody says and nobody saw is unknown.
final as (
    select
        months.period_start,
        {% for fact, tool in {
            'faq_exists': 'has_faq',
            'help_centre': 'has_help_centre',
            'automated_self_service': 'has_automation',
            'order_tracking': 'has_order_tracking',
        }.items() %}
        case
            when bool_or(seen.{{ tool }}) then true
            else max(said.value) filter (where said.fact = '{{ fact }}') = 'yes'
        end as {{ tool }},
        {% endfor %}
        {% for fact, column in {
            'faq_is_detailed': 'is_faq_detailed',
            'told_ahead': 'is_told_ahead',
            'one_to_one_notices': 'has_one_to_one_notices',
        }.items() %}
        max(said.value) filter (where said.fact = '{{ fact }}') = 'yes' as {{ column }},
        {% endfor %}
        max(said.value) filter (where said.fact = 'declared_hours') = 'round_the_clock'
            as is_declared_round_the_clock,
        {{ split_words("max(said.value) filter (where said.fact = 'suiting_channels')", ';') }}
            as suiting_channels
    from months
    left join said
        on months.period_start = said.period_start
    left join seen
        on months.period_start = seen.period_start
    group by months.period_start
)

select * from final
