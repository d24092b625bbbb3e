-- Grain: one row per measure, channel (or `all`), day and hour; the whole day has no hour.
with tickets as (
    select
        nullif(channel, 'unmapped') as channel,
        first_customer_message_at as asked_at,
        first_response_at,
        first_response_seconds
    from {{ ref('fct_tickets') }}
    where
        is_customer_initiated
        and first_customer_message_at is not null
),

{%- set hours = {'within_1_h': 1, 'within_4_h': 4, 'within_24_h': 24} %}

-- Of a ticket that falls due on a day it is known at its end whether it was answered in time.
dues as (
    {% for measure, length in hours.items() %}
    select
        '{{ measure }}' as measure,
        channel,
        {{ local_timestamp("asked_at + interval '" ~ length ~ "' hour") }} as told_at,
        case when first_response_at <= asked_at + interval '{{ length }}' hour then 1 else 0 end
            as is_within,
        cast(null as bigint) as seconds
    from tickets
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}
),

-- Of an hour of asking it is known at the day's end who was answered on that day.
answered as (
    select
        'median' as measure,
        channel,
        {{ local_timestamp('asked_at') }} as told_at,
        cast(null as integer) as is_within,
        first_response_seconds as seconds
    from tickets
    where {{ to_local_date('asked_at') }} = {{ to_local_date('first_response_at') }}
),

observed as (
    select * from dues
    union all
    select * from answered
),

told as (
    select
        measure,
        channel,
        cast(told_at as date) as on_date,
        cast(extract(hour from told_at) as integer) as hour,
        is_within,
        seconds
    from observed
),

grouped as (
    select
        measure,
        case when grouping(channel) = 1 then 'all' else channel end as channel,
        on_date,
        hour,
        count(*) as n,
        sum(is_within) as within,
        {{ percentile('seconds', 0.5, [0.5]) }} as median
    from told
    group by grouping sets (
        (measure, on_date),
        (measure, on_date, hour),
        (measure, channel, on_date),
        (measure, channel, on_date, hour)
    )
),

final as (
    select
        measure,
        channel,
        on_date,
        hour,
        coalesce(100 * {{ ratio('within', 'n') }}, median) as value,
        n
    from grouped
    where
        channel is not null
        -- Together channels are no one time.
        and (measure <> 'median' or channel <> 'all')
)

select * from final
