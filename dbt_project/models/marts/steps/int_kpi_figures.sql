-- Grain: one row per KPI, period, channel and slice with any observation; '' is unknown.
-- In two parts: one query over all takes longer to plan than two, and waits for the last of them.
select * from {{ ref('int_kpi_figures__sums') }}
union all
select * from {{ ref('int_kpi_figures__rows') }}
