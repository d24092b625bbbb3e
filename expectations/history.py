"""What was published before, held against what is to be: which figures of the past moved, and why.

A period that was not over when it was published only grew, so it is not compared. How the
revisions reach readers is in dagster_project/publish.py.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import great_expectations.expectations as gxe
import pandas as pd

from expectations.catalogue import KpiDefinition, Severity
from expectations.periods import next_start, utc_instant
from expectations.suites import Breach, Check, breaches

IN_POINTS = ("percent", "points")
"""Units that are parts of a hundred themselves, so that their moves are."""

_MOVED = """
    with was as (
        select * from before.marts.kpi_values where slice = 'all' and withheld_reason is null
    ),

    now as (
        select * from marts.kpi_values where slice = 'all' and withheld_reason is null
    ),

    -- The periods that were over when they were published, and are now.
    told as (
        select was.kpi_id, was.period_grain, was.period_start, was.statistic, was.is_mature
        from was
        inner join (
            select kpi_id, period_grain, max(period_start) as period_start
            from now
            where channel = 'all' and is_complete
            group by all
        ) as newest
            on
                was.kpi_id = newest.kpi_id
                and was.period_grain = newest.period_grain
                and was.period_start <= newest.period_start
        where was.channel = 'all' and was.is_complete
    ),

    moved as (
        select
            kpi_id,
            period_grain,
            period_start,
            channel,
            statistic,
            was.value as was,
            now.value as "is",
            coalesce(was.n, 0) as was_n,
            coalesce(now.n, 0) as n,
            coalesce(was.is_rateable, false) as was_rateable,
            coalesce(was.unit, now.unit) as unit
        from was
        full join now using (kpi_id, period_grain, period_start, channel, statistic)
        where was.value is distinct from now.value
    )

    select
        moved.* exclude (was_rateable, unit),
        told.is_mature as was_mature,
        moved.was_rateable,
        moved.unit
    from moved
    inner join told using (kpi_id, period_grain, period_start, statistic)
    order by kpi_id, period_grain, period_start, channel, statistic
"""

_NEWS = """
    select distinct streams.stream
    from marts.data_quality as now
    inner join entities.int_streams as streams
        on now.source = streams.source and now.stream = streams.vendor_stream
    left join before.marts.data_quality as was
        on now.source = was.source and now.stream = was.stream
    where now.newest + now.superseded is distinct from was.newest + was.superseded
"""


def revisions(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    *,
    definitions: Iterable[KpiDefinition],
    fingerprints: Mapping[str, str],
    timezone: str,
) -> pd.DataFrame:
    """Return the figures of past periods that tonight's build tells otherwise.

    Args:
        connection: An open build, its withheld figures taken out.
        published: The file that readers have.
        definitions: The KPIs that the build holds.
        fingerprints: What changes with a KPI's definition, by its id.
        timezone: Whose calendar the periods follow.

    Returns:
        One row per KPI, period, channel and statistic, with was, is (None where there is none),
        was_n, n, was_mature, was_rateable, unit, mature_days (how long it had been mature when it
        was published), and cause: `definition` where the KPI's definition is another one, else
        `late data` where one of its streams has news, else `rebuild`.
    """
    kpis = {kpi.id: kpi for kpi in definitions}
    path = str(published).replace("'", "''")
    connection.execute(f"attach '{path}' as before (read_only)")
    try:
        moved = connection.sql(_MOVED).df()
        news = {stream for (stream,) in connection.execute(_NEWS).fetchall()}
        before = _fingerprints_before(connection)
        [(published_as_of,)] = connection.execute(
            "select max_by(as_of, published_at) from before.marts.publish_manifest"
        ).fetchall()
    finally:
        connection.execute("detach before")
    causes = {
        kpi_id: "definition"
        if before.get(kpi_id) != fingerprints[kpi_id]
        else "late data"
        if news.intersection(kpis[kpi_id].needs)
        else "rebuild"
        for kpi_id in moved["kpi_id"].unique()
    }
    mature_days = [
        (
            pd.Timestamp(published_as_of)
            - utc_instant(next_start(start, grain), timezone)
            - pd.Timedelta(kpis[kpi_id].matures_after_seconds, "s")
        )
        / pd.Timedelta(1, "D")
        for kpi_id, grain, start in zip(
            moved["kpi_id"], moved["period_grain"], moved["period_start"], strict=True
        )
    ]
    told: pd.DataFrame = moved.assign(
        cause=moved["kpi_id"].map(causes), mature_days=pd.Series(mature_days, dtype="float64")
    )
    return told


def _fingerprints_before(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return those of the newest published build; a build of an older code has none."""
    kept = connection.execute(
        """
        select count(*) > 0
        from duckdb_columns()
        where
            database_name = 'before'
            and table_name = 'publish_manifest'
            and column_name = 'kpi_fingerprints'
        """
    ).fetchall()
    if kept != [(True,)]:
        return {}
    [(told,)] = connection.execute(
        "select max_by(kpi_fingerprints, published_at) from before.marts.publish_manifest"
    ).fetchall()
    return dict(json.loads(told or "{}"))


def judge(
    moved: pd.DataFrame, *, warn_percent: float, block_percent: float, grace_days: float
) -> dict[str, tuple[Severity, list[Breach]]]:
    """Return what is wrong with the revisions of each KPI, and what comes of it.

    Only figures that were published as mature and rateable are held to what they were, and only
    where the definition is still the same; they block once they had been mature for the days of
    grace. Percentages move by their points, all else by its share. A figure that is gone has moved
    by all of itself; of what was 0 no share can be told, so it warns.
    """
    held = moved[moved["was_mature"] & moved["was_rateable"] & (moved["cause"] != "definition")]
    frame = held.assign(moved_percent=_moved_percent(held))
    columns = ["kpi_id", "period_grain", "period_start", "channel", "statistic", "was", "is"]
    found: dict[str, tuple[Severity, list[Breach]]] = {}
    limits: list[tuple[Severity, float]] = [("warn", warn_percent), ("block", block_percent)]
    for severity, limit in limits:
        at_most = gxe.ExpectColumnValuesToBeBetween(column="moved_percent", max_value=limit)
        says = f"what was published as mature moved by over {limit:g} %, its definition unchanged"
        is_told = (frame["was"] != 0) | frame["unit"].isin(IN_POINTS)
        is_settled = frame["mature_days"] >= grace_days
        rows = frame[is_told & is_settled] if severity == "block" else frame
        for breach in breaches(rows, [Check(at_most, says)]):
            for kpi_id, broken in breach.rows.groupby("kpi_id"):
                shown = broken[columns].drop(columns="kpi_id")
                found[str(kpi_id)] = (severity, [Breach(breach.says, shown)])
    return found


def _moved_percent(moved: pd.DataFrame) -> pd.Series:
    was, now = moved["was"], moved["is"]
    of_itself = 100 * (now - was).abs() / was.abs().where(was != 0)
    share = of_itself.where(~moved["unit"].isin(IN_POINTS), (now - was).abs())
    return share.fillna(math.inf)
