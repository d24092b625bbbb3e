-- Grain: one row per month, channel and band of the first response.
{% set bands = [
    ('under 1 h', 3600), ('4 h', 14400), ('12 h', 43200), ('24 h', 86400), ('48 h', 172800),
    ('longer', none), ('unanswered', none)
] %}
with tickets as (
    select
        channel,
        cast(date_trunc('month', {{ local_timestamp('created_at') }}) as date) as period_start,
        case
            when first_response_seconds is null then 'unanswered'
            {% for band, under_seconds in bands if under_seconds %}
            when first_response_seconds < {{ under_seconds }} then '{{ band }}'
            {% endfor %}
            else 'longer'
        end as band
    from {{ ref('fct_tickets') }}
    where
        is_customer_initiated
        and first_customer_message_at is not null
        -- Whom a bot or a call helped was answered, and waits for no written word.
        and (first_response_seconds is not null or (touches = 0 and not is_self_service_resolved))
        and created_at <= {{ cut_of('unanswered_rate') }}
),

by_channel as (
    select
        period_start,
        channel,
        band,
        count(*) as tickets
    from tickets
    group by
        period_start,
        channel,
        band
),

told as (
    select
        period_start,
        channel,
        band,
        tickets
    from by_channel
    where channel <> 'unmapped'

    union all

    select
        period_start,
        'all' as channel,
        band,
        tickets
    from by_channel
),

bands as (
    {% for band, under_seconds in bands %}
    select
        '{{ band }}' as band,
        {{ loop.index }} as band_number,
        cast({{ under_seconds or 'null' }} as bigint) as under_seconds
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

of_month as (
    select
        period_start,
        channel,
        cast(sum(tickets) as bigint) as tickets
    from told
    group by
        period_start,
        channel
),

in_bands as (
    select
        of_month.period_start,
        of_month.channel,
        bands.band,
        bands.band_number,
        bands.under_seconds,
        of_month.tickets as tickets_of_month,
        coalesce(cast(sum(told.tickets) as bigint), 0) as tickets
    from of_month
    cross join bands
    left join told
        on
            of_month.period_start = told.period_start
            and of_month.channel = told.channel
            and bands.band = told.band
    group by
        of_month.period_start,
        of_month.channel,
        bands.band,
        bands.band_number,
        bands.under_seconds,
        of_month.tickets
),

final as (
    select
        in_bands.period_start,
        in_bands.channel,
        in_bands.band,
        in_bands.band_number,
        in_bands.under_seconds,
        in_bands.tickets,
        {{ ratio('in_bands.tickets', 'in_bands.tickets_of_month') }} as share,
        periods.end_at <= {{ cut_of('unanswered_rate') }}
        and {{ seconds_after('periods.end_at', setting('unanswered_days') ~ ' * 86400') }}
        <= {{ as_of() }} as is_mature
    from in_bands
    inner join {{ ref('int_periods') }} as periods
        on
            in_bands.period_start = periods.period_start
            and periods.period_grain = 'month'
)

select * from final
