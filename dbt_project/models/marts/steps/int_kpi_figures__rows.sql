-- Grain: one row per KPI, period, channel and slice with any observation; '' is unknown.
{{ roll_ups(['distribution', 'set', 'state']) }}
