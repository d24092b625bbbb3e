-- Grain: one row per source, entity that a stream fills, and word in it that no seed maps.
{% for stream in [
    'tickets', 'messages', 'live_contacts', 'surveys', 'support_costs', 'agent_shifts'
] %}
select
    source,
    '{{ stream }}' as stream,
    vendor_channel as word,
    seed_line
from {{ ref('int_channels__words') }}
where not is_mapped

union all

{% endfor %}
select
    source,
    stream,
    vendor_word as word,
    seed_line
from {{ ref('int_streams__listed_words') }}
where not is_mapped
