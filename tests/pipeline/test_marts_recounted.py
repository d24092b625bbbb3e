"""Marts of the small shop, counted again from its facts in plain Python, record by record."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.night import Plan

pytestmark = pytest.mark.xdist_group("guarded_shop")

ZONE = ZoneInfo(TIMEZONE)
CUT = AS_OF.replace(tzinfo=None)
HOUR = timedelta(hours=1)

Record = dict[str, Any]


@pytest.fixture(scope="module")
def tonight(guarded_shop: Plan) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(guarded_shop.home.build_file), read_only=True) as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[Record]:
    found = connection.execute(f"from {table}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def local(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZONE)


def month_of(at: datetime) -> date:
    return local(at).date().replace(day=1)


HourOfMonth = tuple[date, int, int]


def hour_of(at: datetime) -> HourOfMonth:
    on_the_wall = local(at)
    return month_of(at), on_the_wall.isoweekday(), on_the_wall.hour


def agents_for(erlangs: float, handle_seconds: float, target: int, share: float) -> int:
    agents = math.floor(erlangs) + 1
    while True:
        terms = [erlangs**k / math.factorial(k) for k in range(agents)]
        last = erlangs**agents / math.factorial(agents) * agents / (agents - erlangs)
        waits = last / (sum(terms) + last)
        if 1 - waits * math.exp((erlangs - agents) * target / handle_seconds) >= share:
            return agents
        agents += 1


def test_contact_hours(tonight: duckdb.DuckDBPyConnection) -> None:
    targets = {row["channel"]: row for row in rows(tonight, "seeds.channels")}
    contacts = defaultdict(list)
    handled = defaultdict(list)
    in_month = defaultdict(list)
    for row in rows(tonight, "facts.fct_live_contacts"):
        counts = row["exclusion_reason"] is None and not row["is_short_abandon"]
        if not counts or row["channel"] == "unmapped":
            continue
        key = row["channel"], hour_of(row["started_at"])
        contacts[key].append(row)
        if row["outcome"] == "answered" and row["talk_seconds"] is not None:
            seconds = sum(row[f"{part}_seconds"] or 0 for part in ("talk", "hold", "wrap_up"))
            handled[key].append(seconds)
            in_month[key[0], month_of(row["started_at"])].append(seconds)
    streams = rows(tonight, "entities.int_streams")
    begins = min(row["first_record_at"] for row in streams if row["first_record_at"])
    shifts = [row for row in rows(tonight, "entities.agent_shifts") if row["channel"]]
    observed: dict[HourOfMonth, float] = defaultdict(float)
    on_duty: dict[tuple[str, HourOfMonth], float] = defaultdict(float)
    start = datetime.combine(begins, datetime.min.time()) - timedelta(days=1)
    while start < CUT:
        end = min(start + HOUR, CUT)
        if local(start).date() >= local(begins).date():
            observed[hour_of(start)] += (end - start).total_seconds()
        for shift in shifts:
            on = min(end, shift["ended_at"] or CUT) - max(start, shift["started_at"])
            if on > timedelta(0):
                on_duty[shift["channel"], hour_of(start)] += on.total_seconds()
        start += HOUR
    rotas = {(channel, month) for channel, (month, _, _) in on_duty}

    expected = {}
    for channel, hour in {*contacts, *on_duty}:
        here = contacts.get((channel, hour), [])
        waits = [
            row["queue_seconds"]
            for row in here
            if row["queue_seconds"] is not None and row["outcome"] in ("answered", "abandoned")
        ]
        own = handled.get((channel, hour)) or in_month.get((channel, hour[0]))
        seconds = sum(own) / len(own) if own else None
        share = targets[channel]["share_target"]
        needed: int | None = None
        if share is not None and not here:
            needed = 0
        elif share is not None and seconds is not None:
            target = targets[channel]["wait_target_seconds"] or 20
            erlangs = len(here) * seconds / observed[hour]
            needed = agents_for(erlangs, seconds, target, float(share))
        scheduled: float | None = None
        if (channel, hour[0]) in rotas:
            scheduled = on_duty.get((channel, hour), 0) / observed[hour]
        of_hour = handled.get((channel, hour))
        expected[hour[0], channel, hour[1], hour[2]] = (
            len(here),
            sum(row["outcome"] == "abandoned" for row in here),
            pytest.approx(median(waits)) if waits else None,
            pytest.approx(sum(of_hour) / len(of_hour)) if of_hour else None,
            needed,
            pytest.approx(scheduled) if scheduled is not None else None,
            None if needed is None or scheduled is None else scheduled < needed,
        )

    found = {
        (row["period_start"], row["channel"], row["weekday"], row["hour"]): (
            row["contacts"],
            row["abandoned"],
            row["median_wait_seconds"],
            row["mean_handle_seconds"],
            row["agents_needed"],
            row["agents_scheduled"],
            row["is_gap"],
        )
        for row in rows(tonight, "marts.contact_hours")
    }
    assert found == expected
    assert {True, False, None} == {values[-1] for values in found.values()}
