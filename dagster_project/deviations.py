"""Which deviations are new in the published marts; what one is, is said in dbt_project/."""

from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.home import Home

LOOKED_BACK_DAYS = 7
"""A changed definition finds deviations of long ago; those are in the mart, and no news."""

_BEFORE = "select build_id from marts.publish_manifest order by build_id desc limit 1 offset 1"

_NEWS = """
    with cut as (
        select cast(timezone($timezone, timezone('UTC', max(as_of))) as date) as today_on
        from marts.publish_manifest
    ),

    told as (
        {told}
    )

    select
        deviations.kpi_id,
        catalogue.label_en,
        deviations.channel,
        deviations.on_date,
        deviations.hour,
        deviations.measure,
        deviations.unit,
        deviations.value,
        deviations.expected,
        deviations.severity,
        deviations.n
    from marts.deviations
    cross join cut
    inner join marts.kpi_catalogue as catalogue using (kpi_id)
    anti join told
        on
            deviations.kpi_id = told.kpi_id
            and deviations.channel = told.channel
            and deviations.on_date = told.on_date
            and deviations.hour is not distinct from told.hour
    where deviations.on_date >= today_on - cast($days as integer)
    order by abs(deviations.score) desc, kpi_id, channel, on_date, hour nulls first
"""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A figure that lies far from its like: figures alone, nothing of any person.

    Attributes:
        hour: Of the reporting zone; None is the whole day.
        measure: What of the KPI: its value, a median, or a share within a time.
        unit: Of `value` and `expected`.
        severity: `better`, `warning` or `severe`.
        n: How many observations it rests on.
    """

    kpi_id: str
    label: str
    channel: str
    on_date: date
    hour: int | None
    measure: str
    unit: str
    value: float
    expected: float
    severity: str
    n: int

    def __str__(self) -> str:
        at = f"{self.on_date}" + ("" if self.hour is None else f" {self.hour:02}:00")
        what = "" if self.measure == "value" else f", {self.measure.replace('_', ' ')}"
        return (
            f"{self.label}{what}, {self.channel}, {at}: {self.value:,.4g} {self.unit}"
            f" where {self.expected:,.4g} is usual (n {self.n:,}, {self.severity})"
        )


def new_deviations(home: Home, reporting_timezone: str) -> list[Deviation]:
    """Return what deviates in the published marts and did not in those before, the worst first.

    Where none were published before it is what deviates on the last day alone.
    """
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        before = connection.execute(_BEFORE).fetchone()
        table = (
            home.serving / "parquet" / before[0] / "marts/deviations.parquet" if before else None
        )
        is_known = table is not None and table.exists()
        told = f"from read_parquet('{table}')" if is_known else "from marts.deviations where false"
        rows = connection.execute(
            _NEWS.format(told=told),
            {"timezone": reporting_timezone, "days": LOOKED_BACK_DAYS if is_known else 1},
        ).fetchall()
    names = Deviation.__dataclass_fields__
    return [Deviation(**dict(zip(names, row, strict=True))) for row in rows]
