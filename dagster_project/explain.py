"""The command behind `make explain`: what a published figure is made of, record by record.

It reads the published file, the build that this was copied from, and the landing zone; nothing is
written. Who a customer is, is never shown.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import duckdb
import pandas as pd

from dagster_project.chosen_shop import known_shop
from dagster_project.home import Home
from dagster_project.landing.zone import LandingZone
from dagster_project.shop import ShopError
from dagster_project.status import newest_build
from expectations.catalogue import DefinitionError, Grain, KpiDefinition, load_catalogue
from expectations.periods import next_start, period_start

if TYPE_CHECKING:
    from expectations.second_way import SecondWay

ROWS_SHOWN = 20
USAGE = "make explain KPI=first_response_time CHANNEL=email DAY=2026-10-02 [ALL=1]"

ENTITIES: Mapping[str, str] = {
    "ticket_id": "tickets",
    "message_id": "messages",
    "contact_id": "live_contacts",
    "session_id": "self_service_sessions",
    "survey_id": "surveys",
    "review_id": "quality_reviews",
    "order_id": "orders",
    "visit_id": "web_visits",
    "thread_id": "forum_threads",
    "post_id": "forum_posts",
    "cost_id": "marketing_costs",
}
"""Whose records a key names; `record` is a word and a key, such as `ticket 12`."""

_SPANS = {
    "day": r"\d{4}-\d{2}-\d{2}",
    "week": r"\d{4}-\d{2}-\d{2}",
    "month": r"\d{4}-\d{2}",
    "quarter": r"\d{4}-Q[1-4]",
    "year": r"\d{4}",
}
_SUCH_AS = {
    "day": "2026-10-02",
    "week": "2026-10-02, any day of it",
    "month": "2026-10",
    "quarter": "2026-Q4",
    "year": "2026",
}


class ExplainError(Exception):
    """The question cannot be answered; the message says why, and how to ask."""


@dataclass(frozen=True)
class Question:
    """Which figure is to be explained: of one KPI, period and channel."""

    kpi: KpiDefinition
    grain: Grain
    start: pd.Timestamp
    channel: str

    @property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The first day of the period, and of the one after it."""
        return self.start, next_start(self.start, self.grain)

    @property
    def cell(self) -> dict[str, object]:
        """What names its rows in marts.kpi_values."""
        return {
            "kpi_id": self.kpi.id,
            "period_grain": self.grain,
            "period_start": self.start.date(),
            "channel": self.channel,
        }


def main() -> int:
    """Explain the figure that the words name; return the exit status."""
    home = Home.from_environment()
    words = dict(word.partition("=")[::2] for word in sys.argv[1:])
    try:
        question = understood(words, load_catalogue())
        timezone = known_shop(home).reporting_timezone
        show(explain(home, question, timezone=timezone, shows_all="ALL" in words))
    except (ExplainError, ShopError, DefinitionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def show(lines: Iterable[str]) -> None:
    """Print lines for as long as somebody reads them (`| head` stops early)."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be flushed at the end of the process goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def counted(number: int, noun: str) -> str:
    """Return how many there are of something, in English."""
    return f"{number:,} {noun}" + ("s" if number != 1 else "")


def understood(words: Mapping[str, str], kpis: Iterable[KpiDefinition]) -> Question:
    """Return the question that the words of a command ask.

    Raises:
        ExplainError: With what is wrong and how to ask.
    """
    by_id = {kpi.id: kpi for kpi in kpis}
    kpi = by_id.get(words.get("KPI", ""))
    if kpi is None:
        raise ExplainError(_no_such("KPI", words.get("KPI", ""), by_id))
    given: list[Grain] = [grain for grain in get_args(Grain) if words.get(grain.upper())]
    if len(given) != 1:
        ways = ", ".join(f"{grain.upper()}={_SUCH_AS[grain]}" for grain in kpi.grains)
        raise ExplainError(f"Which period of {kpi.id}? Give one of {ways}. So: {USAGE}")
    [grain] = given
    if grain not in kpi.grains:
        raise ExplainError(
            f"{kpi.id} is not told by {grain}, but by {', '.join(kpi.grains)}: give"
            f" {kpi.grains[0].upper()}={_SUCH_AS[kpi.grains[0]]}"
        )
    text = words[grain.upper()]
    try:
        start = period_start(pd.Period(text).start_time, grain)
    except ValueError:
        start = None
    if start is None or not re.fullmatch(_SPANS[grain], text):
        raise ExplainError(f"{text!r} is no {grain}; write {grain.upper()}={_SUCH_AS[grain]}")
    return Question(kpi, grain, start, words.get("CHANNEL") or "all")


def explain(
    home: Home, question: Question, *, timezone: str, shows_all: bool = False
) -> Iterator[str]:
    """Yield what there is to say of a published figure.

    Raises:
        ExplainError: Where nothing of the kind was published.
    """
    newest = newest_build(home)
    if newest is None:
        raise ExplainError(f"Nothing has been published to {home.serving} yet: run `make nightly`.")
    kpi = question.kpi
    with duckdb.connect(home.kpi_file, read_only=True) as published:
        rows = _figures(published, question)
    period = f"{question.grain} {question.start:%Y-%m-%d}"
    yield f"{kpi.label.en} ({kpi.id}), {question.channel}, {period}"
    yield f"{kpi.definition}"
    yield f"as of {newest.as_of:%Y-%m-%d %H:%M} UTC, build {newest.build_id}"
    yield ""
    for row in rows.to_dict("records"):
        yield _in_words(row)
    build = home.published_builds / f"{newest.build_id}.duckdb"
    if not build.exists():
        yield (
            f"\nIts records cannot be listed: {build} is gone. The next night that is published"
            " brings them back."
        )
        return
    with duckdb.connect(build, read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        as_of = pd.Timestamp(newest.as_of).tz_localize(None)
        yield from _made_of(connection, home, question, as_of, timezone, rows, shows_all)


def _figures(published: duckdb.DuckDBPyConnection, question: Question) -> pd.DataFrame:
    kpi, cell = question.kpi, question.cell
    rows = published.execute(
        """
        select statistic, value, numerator, denominator, n, n_pending, unit, is_mature,
            withheld_reason
        from marts.kpi_values
        where
            kpi_id = $kpi_id
            and period_grain = $period_grain
            and period_start = $period_start
            and channel = $channel
            and slice = 'all'
        order by statistic
        """,
        cell,
    ).df()
    if not rows.empty:
        return rows
    known = published.execute(
        "select distinct channel from marts.kpi_values where kpi_id = ? order by all", [kpi.id]
    ).fetchall()
    channels = [channel for (channel,) in known]
    if not channels:
        raise ExplainError(f"{kpi.id} was not published: none of its streams has landed a record.")
    if question.channel not in channels:
        raise ExplainError(_no_such("CHANNEL", question.channel, channels))
    [(first, last)] = published.execute(
        "select min(period_start), max(period_start) from marts.kpi_values"
        " where kpi_id = ? and period_grain = ?",
        [kpi.id, question.grain],
    ).fetchall()
    raise ExplainError(
        f"{kpi.id} has no {question.grain} {question.start:%Y-%m-%d}: it is told from {first} to"
        f" {last}."
    )


def _no_such(what: str, given: str, known: Iterable[str]) -> str:
    known = list(known)
    close = get_close_matches(given, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
    return f"There is no {what} {given!r}; {hint}" if given else f"Which {what}? So: {USAGE}"


def _in_words(row: Mapping[Any, Any]) -> str:
    parts = [f"{row['statistic']:<8}"]
    if row["withheld_reason"] is not None:
        return f"{parts[0]} withheld: {row['withheld_reason']}"
    parts.append(
        "nothing counted" if pd.isna(row["value"]) else f"{row['value']:.10g} {row['unit']}"
    )
    if not pd.isna(row["denominator"]):
        parts.append(f"numerator {row['numerator']:.10g}, denominator {row['denominator']:.10g}")
    parts.append(f"n {row['n']}")
    if row["n_pending"]:
        parts.append(f"{row['n_pending']} pending")
    if not row["is_mature"]:
        parts.append("not settled yet")
    return "  ".join(parts)


def _made_of(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    question: Question,
    as_of: pd.Timestamp,
    timezone: str,
    published: pd.DataFrame,
    shows_all: bool,
) -> Iterator[str]:
    kpi = question.kpi
    way = second_way(connection, kpi, as_of=as_of, timezone=timezone)
    records = way.records(question.period, question.channel)
    cells = pd.DataFrame([{**question.cell, "period_start": question.start}])
    again = way.figures(cells).set_index("statistic")["value"]
    told = published[published["withheld_reason"].isna()].set_index("statistic")["value"]
    differs = [name for name in told.index if not _same(told[name], again[name])]
    if differs:
        yield f"\nDIFFERS from its records in {', '.join(differs)}: run `make rebuild`."
    loads = Loads(connection, LandingZone(home.lake))
    limit = None if shows_all else ROWS_SHOWN
    for title, rows, says in (
        ("in it", records.counted, list(map(observed, records.observed.to_dict("records")))),
        ("left out", records.left_out, records.reasons),
    ):
        yield f"\n{title}: {len(rows)}"
        if rows.empty:
            continue
        if key_of(rows) is None:
            yield f"    They have no name of their own here: each is {_unnamed(kpi)}."
        yield from listed(rows.head(limit or len(rows)), says, loads)
        if limit is not None and len(rows) > limit:
            yield f"    and {len(rows) - limit} more; ALL=1 lists them"
    yield f"\nby its definition it leaves out: {kpi.leaves_out}"
    yield "Instants are in UTC; loads lie below lake/, each with its manifest.json."


def second_way(
    connection: duckdb.DuckDBPyConnection,
    kpi: KpiDefinition,
    *,
    as_of: pd.Timestamp,
    timezone: str,
) -> "SecondWay":
    """Return the way from single records to the figures of a KPI in a build."""
    from expectations.published import Published
    from expectations.second_way import SecondWay

    clocks = Published.read(connection, [kpi], as_of=as_of, timezone=timezone).clocks
    return SecondWay(connection, kpi, clocks[kpi.id])


def _unnamed(kpi: KpiDefinition) -> str:
    if kpi.kind in ("set", "state"):
        return "what the period as a whole is worked out from (a person, a channel, an amount)"
    return "put together from several records, or of several kinds"


def _same(one: float, other: float) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    return abs(one - other) <= 2e-6 * max(1.0, abs(other))


def observed(parts: Mapping[Any, float]) -> str:
    """Say what a record counts."""
    return ", ".join(f"{name} {value:.10g}" for name, value in parts.items()) or "counts"


def key_of(rows: pd.DataFrame) -> str | None:
    """Return the column that names the records within their source, where they have one."""
    return str(rows.columns[1]) if rows.columns[0] == "source" else None


def listed(rows: pd.DataFrame, says: Sequence[str], loads: "Loads") -> Iterator[str]:
    """Yield a line for each record, with what there is to say of it and its load."""
    key = key_of(rows)
    found = loads.of(key, rows["source"], rows[key]) if key else {}
    for record, why in zip(rows.to_dict("records"), says, strict=False):
        name = f"{record['source']} {_name(key, record[key])}" if key else "one"
        at = record.get("at")
        when = "" if at is None or pd.isna(at) else f"  {at:%Y-%m-%d %H:%M:%S}"
        channel = f"  {record['channel']}" if record.get("channel") else ""
        load = found.get((record["source"], _name(key, record[key])), "") if key else ""
        yield f"    {name}{when}{channel}  {why}" + (f"  [{load}]" if load else "")


def _name(key: str, value: object) -> str:
    """Return how a record is named, such as `ticket 12`."""
    return str(value) if key == "record" else f"{key.removesuffix('_id')} {value}"


class Loads:
    """Where in the landing zone the newest version of a record lies."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, zone: LandingZone) -> None:
        self._zone = zone
        self._streams = {
            (source, entity): stream
            for source, entity, stream in connection.execute(
                "select source, stream, vendor_stream from entities.int_streams"
            ).fetchall()
        }

    def of(self, key: str, sources: pd.Series, ids: pd.Series) -> dict[tuple[str, str], str]:
        """Return the part file of each record, below the landing zone, by source and name."""
        wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for source, value in zip(sources, ids, strict=True):
            kind, _, id_ = _name(key, value).partition(" ")
            wanted[source, kind].append(id_)
        return {
            (source, f"{kind} {id_}"): part
            for (source, kind), these in wanted.items()
            for id_, part in self._parts_of(source, f"{kind}_id", these)
        }

    def _parts_of(self, source: str, key: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        stream = self._streams.get((source, ENTITIES.get(key, "")))
        parts = self._zone.parts(source, stream) if stream else []
        if not parts:
            return
        rows = duckdb.execute(
            """
            select record_id, max_by(filename, load_id)
            from read_parquet($parts, filename = true, hive_partitioning = false)
            where list_contains($wanted, record_id)
            group by record_id
            """,
            {"parts": parts, "wanted": ids},
        ).fetchall()
        for record_id, part in rows:
            yield record_id, str(Path(part).relative_to(self._zone.lake))


if __name__ == "__main__":
    sys.exit(main())
