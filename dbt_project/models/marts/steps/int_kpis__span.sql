-- Grain: one row per KPI whose streams hold any record.
with needs as (
    select
        kpi_id,
        {{ unnest('needs') }} as stream
    from {{ ref('int_kpis') }}
),

streams as (
    select
        stream,
        min(first_record_at) as first_record_at,
        min(complete_through) as complete_through
    from {{ ref('int_streams') }}
    group by stream
),

final as (
    select
        needs.kpi_id,
        min(streams.first_record_at) as first_record_at,
        min(streams.complete_through) as complete_through,
        least(min(streams.complete_through), {{ as_of() }}) as cut_at
    from needs
    inner join streams
        on needs.stream = streams.stream
    group by needs.kpi_id
    having min(streams.first_record_at) is not null
)

select * from final
