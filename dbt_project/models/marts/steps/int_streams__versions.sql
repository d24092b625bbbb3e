-- Grain: one row per source and stream of the landing zone with any record.
with versions as (
    {% for kind, streams in typed_streams().items() %}
    {% for stream in streams %}
    select
        source,
        '{{ stream }}' as stream,
        count(*) as versions
    from {{ ref('typed_' ~ kind ~ '__' ~ stream) }}
    group by source
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

superseded as (
    select
        source,
        stream,
        cast(sum(versions - 1) as bigint) as superseded
    from {{ ref('int_records__several_versions') }}
    group by
        source,
        stream
),

final as (
    select
        versions.source,
        versions.stream,
        versions.versions - coalesce(superseded.superseded, 0) as newest,
        coalesce(superseded.superseded, 0) as superseded
    from versions
    left join superseded
        on
            versions.source = superseded.source
            and versions.stream = superseded.stream
)

select * from final
