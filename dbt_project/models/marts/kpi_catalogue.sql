-- Grain: one row per KPI that has a definition.
with definitions as (
    select * from {{ kpi_definitions() }}
),

final as (
    select
        kpi_id,
        label_en,
        label_ko,
        question,
        definition,
        counts,
        leaves_out,
        numerator,
        denominator,
        unit,
        better,
        attributed_to,
        matures_after,
        needs,
        document,
        section,
        status,
        owner
    from definitions
)

select * from final
