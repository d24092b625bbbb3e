-- Grain: one row per month, channel, dimension, level and measure that the level asks for.
with bands as (
    select * from {{ ref('level_bands') }}
),

measures as (
    select
        period_start,
        channel,
        dimension,
        measure,
        band,
        kpi_id,
        value,
        n,
        is_mature,
        is_rateable
    from {{ ref('int_service_levels__speed') }}

    union all

    select
        period_start,
        channel,
        'quality' as dimension,
        measure,
        cast(null as {{ text_type() }}) as band,
        cast(null as {{ text_type() }}) as kpi_id,
        value,
        n,
        true as is_mature,
        is_rateable
    from {{ ref('int_service_levels__quality') }}

    union all

    select
        period_start,
        'all' as channel,
        dimension,
        measure,
        cast(null as {{ text_type() }}) as band,
        cast(null as {{ text_type() }}) as kpi_id,
        value,
        n,
        is_mature,
        true as is_rateable
    from {{ ref('int_service_levels__reach') }}
),

business_day as (
    select * from {{ ref('int_service_levels__business_day') }}
),

measured as (
    select
        period_start,
        channel,
        dimension,
        max(band) as band
    from measures
    group by
        period_start,
        channel,
        dimension
),

asked as (
    select
        measured.period_start,
        measured.channel,
        measured.dimension,
        bands.level,
        bands.measure,
        bands.unit,
        bands.clock,
        bands.is_inclusive,
        bands.met_where_unknown,
        bands.provenance,
        bands.at_least is not null as is_floor,
        cast(coalesce(bands.at_least, bands.at_most) as {{ double_type() }}) as bound_in_unit,
        cast(coalesce(bands.at_least, bands.at_most) as {{ double_type() }})
        * case
            when bands.clock = 'business' and business_day.seconds is null then null
            when bands.unit = 'business_days' then business_day.seconds
            else 1
        end as bound
    from measured
    inner join bands
        on
            measured.dimension = bands.dimension
            and coalesce(bands.band, measured.band, '') = coalesce(measured.band, '')
    left join business_day
        on measured.period_start = business_day.period_start
),

-- A level never asks for less than one below it, however short a business day is.
bounded as (
    select
        *,
        case
            when is_floor then bound
            else
                min(bound) over (
                    partition by period_start, channel, dimension, measure
                    order by level
                )
        end as least_bound
    from asked
),

-- Too few observations meet nothing and miss nothing.
final as (
    select
        bounded.period_start,
        bounded.channel,
        bounded.dimension,
        bounded.level,
        bounded.measure,
        bounded.unit,
        bounded.clock,
        bounded.provenance,
        measures.kpi_id,
        measures.value,
        bounded.least_bound as bound,
        bounded.bound_in_unit,
        coalesce(measures.n, 0) as n,
        bounded.is_inclusive,
        bounded.is_floor,
        bounded.met_where_unknown,
        coalesce(measures.is_mature, true) as is_mature,
        coalesce(measures.is_rateable, false) as is_rateable,
        case
            when measures.value is null or not measures.is_rateable
                then case when bounded.met_where_unknown then true end
            when measures.value = bounded.least_bound then bounded.is_inclusive
            when bounded.is_floor then measures.value > bounded.least_bound
            else measures.value < bounded.least_bound
        end as is_met
    from bounded
    left join measures
        on
            bounded.period_start = measures.period_start
            and bounded.channel = measures.channel
            and bounded.dimension = measures.dimension
            and bounded.measure = measures.measure
)

select * from final
