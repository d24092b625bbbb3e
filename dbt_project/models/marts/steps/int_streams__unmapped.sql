-- Grain: one row per source, entity that a stream fills, and word in it that no seed maps.
{% for stream in ['tickets', 'messages', 'live_contacts', 'surveys'] %}
select
    source,
    '{{ stream }}' as stream,
    vendor_channel as word
from {{ ref('int_channels__words') }}
where not is_mapped

union all

{% endfor %}
select
    source,
    'self_service_sessions' as stream,
    vendor_tool as word
from {{ ref('int_tools__words') }}
where not is_mapped
