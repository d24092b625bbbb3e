with

manifests as (

    select * from {{ lake_manifests() }}

),

final as (

    select
        source,
        stream,
        load_id,
        kind,
        started_at,
        committed_at,
        extracted_at,
        complete_through,
        first_cursor_at,
        records_read,
        records_landed,
        records_unchanged,
        records_quarantined,
        records_replayed,
        rejects_count,
        released
    from manifests
    where outcome = 'committed'

)

select * from final
