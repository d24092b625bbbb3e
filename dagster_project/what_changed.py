"""The command behind `make what-changed`: which figures of the past moved last night, and why.

It holds the build that readers have against the one that they had before, record by record; nothing
is written. What a figure is made of is told by explain.py.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import pandas as pd

from dagster_project.chosen_shop import known_shop
from dagster_project.explain import (
    ExplainError,
    Loads,
    counted,
    key_of,
    listed,
    observed,
    second_way,
    show,
)
from dagster_project.home import Home
from dagster_project.landing.zone import LandingZone
from dagster_project.shop import ShopError
from expectations.catalogue import DefinitionError, KpiDefinition, load_catalogue
from expectations.periods import next_start

FIGURES_SHOWN = 5
RECORDS_SHOWN = 10

_BUILDS = """
    select build_id, as_of
    from marts.publish_manifest
    order by published_at desc
    limit 2
"""
_MOVED = """
    select *
    from marts.kpi_revisions
    where build_id = ?
    order by
        kpi_id,
        not was_mature,
        channel <> 'all',
        period_start,
        period_grain,
        channel,
        statistic
"""


@dataclass(frozen=True)
class Build:
    """A published build: its name and its cut (UTC, without a zone)."""

    build_id: str
    as_of: pd.Timestamp


def main() -> int:
    """Print what changed; return the exit status."""
    home = Home.from_environment()
    try:
        timezone = known_shop(home).reporting_timezone
        show(what_changed(home, load_catalogue(), timezone=timezone))
    except (ExplainError, ShopError, DefinitionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def what_changed(home: Home, kpis: Iterable[KpiDefinition], *, timezone: str) -> Iterator[str]:
    """Yield what the newest build tells otherwise than the one before, and by which records.

    Raises:
        ExplainError: Where there are no two builds to compare.
    """
    newest, before, moved = _read(home)
    yield f"from  {before.as_of:%Y-%m-%d %H:%M} UTC, build {before.build_id}"
    yield f"to    {newest.as_of:%Y-%m-%d %H:%M} UTC, build {newest.build_id}"
    if moved.empty:
        yield "\nNo figure of a period that was over has moved; the running periods went on."
        return
    by_id = {kpi.id: kpi for kpi in kpis}
    files = [home.published_builds / f"{each.build_id}.duckdb" for each in (before, newest)]
    are_kept = all(file.exists() for file in files)
    if not are_kept:
        yield "\nBy which records cannot be told: one of the two builds is gone from warehouse/."
    for kpi_id, figures in moved.groupby("kpi_id"):
        yield from _figures(by_id[str(kpi_id)], figures)
        if are_kept:
            with (
                duckdb.connect(files[0], read_only=True) as old,
                duckdb.connect(files[1], read_only=True) as new,
            ):
                sides = [(old, before.as_of), (new, newest.as_of)]
                yield from _records(home, by_id[str(kpi_id)], figures, sides, timezone)
    yield "\nA settled figure was published as mature. One of them, record by record: make explain"


def _read(home: Home) -> tuple[Build, Build, pd.DataFrame]:
    builds = []
    if home.kpi_file.exists():
        with duckdb.connect(home.kpi_file, read_only=True) as published:
            builds = published.execute(_BUILDS).fetchall()
            if len(builds) == 2:
                moved = published.execute(_MOVED, [builds[0][0]]).df()
    if len(builds) < 2:
        raise ExplainError("No two nights have been published yet: run `make nightly`.")
    newest, before = (Build(build_id, pd.Timestamp(as_of)) for build_id, as_of in builds)
    return newest, before, moved


def _figures(kpi: KpiDefinition, figures: pd.DataFrame) -> Iterator[str]:
    settled = int(figures["was_mature"].sum())
    causes = ", ".join(sorted(figures["cause"].unique()))
    yield (
        f"\n{kpi.label.en} ({kpi.id}): {counted(len(figures), 'figure')} of past periods moved,"
        f" {settled} of them settled; cause: {causes}"
    )
    for row in figures.head(FIGURES_SHOWN).to_dict("records"):
        yield (
            f"    {row['period_grain']} {row['period_start']:%Y-%m-%d}, {row['channel']},"
            f" {row['statistic']}: {_figure(row['was'])} -> {_figure(row['is'])} {kpi.unit}"
            + (" (settled)" if row["was_mature"] else "")
        )
    if len(figures) > FIGURES_SHOWN:
        yield f"    and {len(figures) - FIGURES_SHOWN} more: marts.kpi_revisions"


def _figure(value: float) -> str:
    return "nothing" if pd.isna(value) else f"{value:.10g}"


def _records(
    home: Home,
    kpi: KpiDefinition,
    figures: pd.DataFrame,
    sides: list[tuple[duckdb.DuckDBPyConnection, pd.Timestamp]],
    timezone: str,
) -> Iterator[str]:
    """Yield the records that count otherwise, in the periods whose figures moved."""
    if kpi.kind in ("set", "state"):
        yield "  it is worked out from its period as a whole, not from records of their own"
        return
    ends = [
        next_start(start, grain)
        for start, grain in zip(figures["period_start"], figures["period_grain"], strict=True)
    ]
    span = (figures["period_start"].min(), max(ends))
    try:
        old, new = (_told(connection, kpi, as_of, timezone, span) for connection, as_of in sides)
    except DefinitionError:
        yield "  by which records cannot be told: the build before was made by another code"
        return
    changed = _changed(old, new)
    if changed.empty:
        yield "  no record of it counts otherwise"
        return
    verb = "counts" if len(changed) == 1 else "count"
    yield f"  by {counted(len(changed), 'record')} that {verb} otherwise:"
    shown = changed.head(RECORDS_SHOWN)
    sides[1][0].execute("set TimeZone = 'UTC'")
    loads = Loads(sides[1][0], LandingZone(home.lake))
    yield from listed(shown.drop(columns=["was", "says"]), _moves(shown), loads)
    if len(changed) > RECORDS_SHOWN:
        yield f"    and {len(changed) - RECORDS_SHOWN} more"


def _told(
    connection: duckdb.DuckDBPyConnection,
    kpi: KpiDefinition,
    as_of: pd.Timestamp,
    timezone: str,
    span: tuple[pd.Timestamp, pd.Timestamp],
) -> pd.DataFrame:
    """Return each record of the span, with what it `says`: its part, or why it has none."""
    way = second_way(connection, kpi, as_of=as_of, timezone=timezone)
    records = way.records(span, "all")
    says = [*map(observed, records.observed.to_dict("records")), *records.reasons]
    rows = pd.concat([records.counted, records.left_out])
    key = key_of(rows)
    names = [name for name in ("source", key, "at", "channel") if name and name in rows]
    told = rows[names].assign(says=says)
    # A record may count several times, and without a name be like another.
    return told.assign(place=told.groupby(names, dropna=False).cumcount())


def _changed(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the records that say something else now, with what they said; None: not there."""
    names = [name for name in old.columns if name != "says"]
    both = new.merge(old, on=names, how="outer", suffixes=("", "_before"))
    is_other = both["says"].fillna("") != both["says_before"].fillna("")
    counted = both[["says", "says_before"]].apply(lambda says: says.str.contains(_COUNTS))
    moved: pd.DataFrame = both[is_other & counted.any(axis="columns")].sort_values(names)
    return moved.rename(columns={"says_before": "was"}).drop(columns="place")


_COUNTS = r"^(?:numerator|value|counts)"
"""What a record says that takes part."""


def _moves(changed: pd.DataFrame) -> list[str]:
    return [
        f"new: {says}"
        if pd.isna(was)
        else f"gone; was {was}"
        if pd.isna(says)
        else f"was {was}, is {says}"
        for was, says in zip(changed["was"], changed["says"], strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
