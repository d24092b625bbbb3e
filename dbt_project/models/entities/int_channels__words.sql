-- Grain: one row per (source, vendor_channel), a word that the source uses for a channel.
with

said as (

    {% for kind, stream in [
        ('gorgias', 'tickets'),
        ('gorgias', 'messages'),
        ('files', 'tickets'),
        ('files', 'messages'),
        ('files', 'live_contacts'),
        ('files', 'surveys'),
        ('files', 'support_costs'),
        ('files', 'agent_shifts'),
    ] %}
    select
        source,
        '{{ kind }}' as kind,
        {{ word('channel') }} as vendor_channel
    from {{ ref('typed_' ~ kind ~ '__' ~ stream) }}
    {%- if stream == 'support_costs' %}
    -- Shared by all channels, which is no channel.
    where {{ word('channel') }} <> 'shared'
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Files that stand beside a vendor under its name speak its language.
words as (

    select
        source,
        coalesce(max(case when kind <> 'files' then kind end), 'files') as kind,
        vendor_channel
    from said
    where vendor_channel is not null
    group by source, vendor_channel

),

channel_map as (

    select
        source,
        {{ word('vendor_channel') }} as vendor_channel,
        channel
    from {{ ref('channel_map') }}

),

channels as (

    select * from {{ ref('channels') }}

),

-- A line for the source goes before one for its kind, and that before the channel of that name.
final as (

    select
        words.source,
        words.vendor_channel,
        case
            when of_source.source is not null then of_source.channel
            when of_kind.source is not null then of_kind.channel
            else coalesce(channels.channel, 'unmapped')
        end as channel,
        'seeds/channel_map.csv: ' || words.source || ',' || words.vendor_channel || ','
            as seed_line,
        coalesce(of_source.source, of_kind.source, channels.channel) is not null as is_mapped
    from words
    left join channel_map as of_source
        on
            words.source = of_source.source
            and words.vendor_channel = of_source.vendor_channel
    left join channel_map as of_kind
        on
            words.kind = of_kind.source
            and words.vendor_channel = of_kind.vendor_channel
    left join channels
        on words.vendor_channel = channels.channel

)

select * from final
