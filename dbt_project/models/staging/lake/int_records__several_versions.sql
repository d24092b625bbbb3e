-- Grain: one row per record of a stream that the landing zone has several versions of.
{% for kind, streams in typed_streams().items() %}
{% for stream in streams %}
select
    source,
    '{{ stream }}' as stream,
    record_id,
    count(*) as versions
from {{ ref('typed_' ~ kind ~ '__' ~ stream) }}
group by source, record_id
having count(*) > 1
{{ 'union all' if not loop.last }}
{% endfor %}
{{ 'union all' if not loop.last }}
{% endfor %}
