-- Grain: one row per source and stream of the landing zone.
with loads as (
    select
        source,
        stream,
        max(complete_through) as complete_through,
        sum(records_read) as landed,
        sum(records_unchanged) as unchanged,
        sum(rejects_count) as unreadable,
        sum(records_quarantined - coalesce({{ list_length('released') }}, 0)) as quarantined
    from {{ ref('stg_lake__loads') }}
    group by source, stream
),

versions as (
    select * from {{ ref('int_streams__versions') }}
),

entity_streams as (
    select * from {{ ref('int_streams') }}
),

exclusions as (
    select
        source,
        stream,
        {{ string_agg("exclusion_reason || ': ' || rows_excluded", ', ', 'exclusion_reason') }}
            as excluded_by_reason
    from {{ ref('int_streams__exclusions') }}
    where exclusion_reason is not null
    group by source, stream
),

unmapped as (
    select
        source,
        stream,
        {{ string_agg('word', ', ', 'word') }} as unmapped_values,
        {{ string_agg('seed_line', '; ', 'word') }} as seed_lines
    from {{ ref('int_streams__unmapped') }}
    group by source, stream
),

backward as (
    select * from {{ ref('int_streams__backward_spans') }}
),

undecided as (
    select * from {{ ref('int_streams__undecided') }}
),

matches as (
    select
        source,
        {{ ratio('count(*) filter (where sources_of_person > 1)', 'count(*)') }}
            as person_match_share
    from (
        select
            customers.source,
            {{ list_length('persons.sources') }} as sources_of_person
        from {{ ref('int_customers__person') }} as customers
        inner join {{ ref('dim_persons') }} as persons
            on customers.person_id = persons.person_id
    ) as known
    group by source
),

final as (
    select
        loads.source,
        loads.stream,
        cast(loads.landed as bigint) as landed,
        coalesce(versions.newest, 0) as newest,
        coalesce(versions.superseded, 0) as superseded,
        cast(loads.unchanged as bigint) as unchanged,
        cast(loads.quarantined as bigint) as quarantined,
        exclusions.excluded_by_reason,
        unmapped.unmapped_values,
        unmapped.seed_lines,
        cast(loads.unreadable as bigint) as unreadable,
        coalesce(backward.backward_spans, 0) as backward_spans,
        coalesce(undecided.undecided, 0) as undecided,
        case when entity_streams.stream = 'customers' then matches.person_match_share end
            as person_match_share,
        entity_streams.last_record_at,
        loads.complete_through,
        loads.complete_through < {{ as_of() }} as is_late
    from loads
    left join versions
        on
            loads.source = versions.source
            and loads.stream = versions.stream
    left join entity_streams
        on
            loads.source = entity_streams.source
            and loads.stream = entity_streams.vendor_stream
    left join exclusions
        on
            entity_streams.source = exclusions.source
            and entity_streams.stream = exclusions.stream
    left join unmapped
        on
            entity_streams.source = unmapped.source
            and entity_streams.stream = unmapped.stream
    left join backward
        on
            entity_streams.source = backward.source
            and entity_streams.stream = backward.stream
    left join undecided
        on
            entity_streams.source = undecided.source
            and entity_streams.stream = undecided.stream
    left join matches
        on loads.source = matches.source
)

select * from final
