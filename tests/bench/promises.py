"""How often deviations cry wolf and how many slowdowns they miss, on many simulated years.

A program of its own (`make promises`). It draws the demo shop's channels, answering times and
opening hours for a shop that is large enough to be watched by the day, and lets the mart's own SQL
judge them. What it prints stands in docs/deviations.md.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dagster_project.demo.desk import CHANNELS, Channel
from dagster_project.demo.rhythm import (
    ASKING_HOURS,
    CALLING_HOURS,
    CLOSED_DAYS,
    DAY,
    LATE_HOURS,
    OFFICE_HOURS,
    SECOND,
    SEOUL_OFFSET,
    Instants,
    WorkingClock,
    arrivals,
    instant_of,
    seoul_midnight,
)
from dagster_project.home import Home
from dagster_project.night import Plan
from dagster_project.shop import Shop

QUIET_YEARS, SLOW_YEARS = 20, 10
TICKETS = 300_000
"""A year, by all channels: 820 a day."""

DAYS_A_YEAR = 53 * 7
"""Whole weeks, so that one year can be laid after another."""

BEGINS = seoul_midnight(date(2025, 11, 3))
"""A Monday."""

ENDS = BEGINS + DAYS_A_YEAR * DAY
FIRST_DAY = instant_of(BEGINS + SEOUL_OFFSET).date()

DAYS_APART = 9
"""From slowdown to slowdown: a weekday has its next one after nine weeks, out of its baseline."""

FIRST_JUDGED_DAY = 9 * 7

UNEVENNESS = 0.05
"""Sigma of the lognormal by which a channel's day is slower or faster than its like."""

SPREAD_OF_ANSWERS = 0.85
THINKING_SPREAD = 0.8
MOST_ROUNDS = 6
LATER_ANSWERS_PACE = 0.7
NEVER_ANSWERED, NEVER_ANSWERED_WITH_A_BOT = 0.06, 0.2
CALLS_A_TICKET = 0.27
WAIT_SECONDS, PATIENCE_SECONDS = 48, 240
SURVEYS_A_TICKET, HAPPY = 0.17, 0.62

OFFICE, LATE = WorkingClock(OFFICE_HOURS), WorkingClock(LATE_HOURS)
NAMES = [*(channel.name for channel in CHANNELS), "phone"]
PHONE = NAMES.index("phone")

MODELS = ("int_kpis", "int_first_responses__watched", "int_watched__figures", "deviations")
DATABASE = "tonight"
"""As the compiled SQL names it."""

SHOP = """\
name: Promises
reporting_timezone: Asia/Seoul
currency: KRW
pii: keep
sources:
  - {name: drops, kind: files, folder: drops, timezone: UTC}
"""

Columns = dict[str, npt.NDArray[Any]]
Tables = dict[str, Columns]


@dataclass(frozen=True)
class Years:
    """What the drawn years are like.

    Attributes:
        tickets: In each of them.
        slowdown: How many times longer answers take to whoever asks on every ninth day.
        unevenness: Of the other days.
        chat_seconds: The median of an answer in the chat.
    """

    count: int
    tickets: int = TICKETS
    slowdown: float = 1.0
    unevenness: float = UNEVENNESS
    chat_seconds: float = 100.0

    @property
    def weeks(self) -> int:
        """How long they are."""
        return self.count * DAYS_A_YEAR // 7

    @property
    def days(self) -> list[date]:
        """Every day of them."""
        return [FIRST_DAY + timedelta(days=n) for n in range(self.count * DAYS_A_YEAR)]

    def slowed(self, channel: str) -> set[date]:
        """The days on which answers took longer and somebody gave them."""
        slow = self.days[::DAYS_APART]
        judged = FIRST_DAY + timedelta(days=FIRST_JUDGED_DAY)
        return {day for day in slow if day >= judged and is_staffed(channel, day)}


# An average of 3 minutes: the median of a lognormal times exp(sigma^2 / 2).
THREE_MINUTES = 180 / float(np.exp(SPREAD_OF_ANSWERS**2 / 2))
TO_TEN_MINUTES = 10 / 3


def main() -> None:
    """Draw, judge and tell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickets", type=int, default=TICKETS, help="a year")
    arguments.add_argument("--unevenness", type=float, default=UNEVENNESS, help="of days")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(compiled_models(Path(folder)))
        for line in report(judge, tickets=given.tickets, unevenness=given.unevenness):
            print(line, flush=True)


def report(judge: "Judge", *, tickets: int, unevenness: float) -> Iterator[str]:
    """Yield what the promises come to, in lines."""
    begun = monotonic()
    quiet = Years(QUIET_YEARS, tickets, unevenness=unevenness)
    alarms = judge.deviations(quiet, seed=1)
    of_hours = int(alarms.hour.notna().sum())
    yield f"{quiet.count} quiet years of {tickets:,} tickets, days uneven by {unevenness:.0%}"
    yield f"    false alarms a week {len(alarms) / quiet.weeks:.2f}"
    yield f"    of these of an hour {of_hours / quiet.weeks:.2f}"
    slow = Years(SLOW_YEARS, tickets, slowdown=2, unevenness=unevenness)
    alarms = judge.deviations(slow, seed=2)
    yield f"{slow.count} years in which answers take twice as long on every {DAYS_APART}th day"
    yield f"    {'channel':<14}{'a day':>8}{'days':>8}  caught on the first"
    for channel in dict.fromkeys(NAMES):
        days = slow.slowed(channel)
        caught = caught_on_the_day(alarms, channel, days)
        yield f"    {channel:<14}{a_day(channel, tickets):>8.0f}{len(days):>8}  {caught:.1%}"
    days = slow.slowed("email")
    yield f"    {'anywhere':<14}{'':>8}{len(days):>8}  {caught_on_the_day(alarms, None, days):.1%}"
    overnight = Years(2, tickets, TO_TEN_MINUTES, unevenness, THREE_MINUTES)
    days = overnight.slowed("chat")
    caught = caught_on_the_day(judge.deviations(overnight, seed=3), "chat", days)
    yield f"{overnight.count} years in which the chat goes from 3 minutes to 10 on such days"
    yield f"    {'chat':<14}{a_day('chat', tickets):>8.0f}{len(days):>8}  {caught:.1%}"
    yield f"{monotonic() - begun:.0f} s"


def caught_on_the_day(alarms: pd.DataFrame, channel: str | None, days: set[date]) -> float:
    """Return the share of days on which something told that the channel, or any, was worse."""
    worse = alarms[alarms.severity != "better"]
    if channel is not None:
        worse = worse[worse.channel == channel]
    return len(set(worse.on_date.dt.date) & days) / len(days)


def a_day(channel: str, tickets: int) -> float:
    """Return how many tickets or calls come a day."""
    if channel == "phone":
        return tickets * CALLS_A_TICKET / 365
    return sum(tickets * each.share for each in CHANNELS if each.name == channel) / 365


def is_staffed(channel: str, day: date) -> bool:
    """Whether answers are given on a day, and it is none that a holiday makes unlike its like."""
    day = FIRST_DAY + timedelta(days=(day - FIRST_DAY).days % DAYS_A_YEAR)
    if any(day - timedelta(days=n) in CLOSED_DAYS for n in range(3)):
        return False
    is_late = channel == "phone" or any(each.late for each in CHANNELS if each.name == channel)
    return day.weekday() in (LATE_HOURS if is_late else OFFICE_HOURS)


def compiled_models(root: Path) -> Path:
    """Let dbt compile the models of the mart, and return the folder in which all models lie."""
    (root / "drops").mkdir()
    (root / "shop.yml").write_text(SHOP, encoding="utf-8")
    plan = Plan.prepare(Home(root / "var"), Shop.load(root / "shop.yml", {}))
    plan.transform._invoke(
        plan.manifest,
        ["compile", "--select", *MODELS],
        {**plan.transform.variables, "as_of": "2026-01-01 00:00:00"},
        None,
    )
    return plan.transform.target / "compiled/stellar/models"


class Judge:
    """Runs the mart's own SQL over drawn years.

    Args:
        models: The folder of the compiled models.
    """

    def __init__(self, models: Path) -> None:
        self._models = models

    def deviations(self, years: Years, *, seed: int) -> pd.DataFrame:
        """Return the mart's rows, without those of the first weeks, which have no baseline."""
        with duckdb.connect() as connection:
            connection.execute(f"set TimeZone = 'UTC'; attach ':memory:' as {DATABASE}")
            connection.execute(f"use {DATABASE}")
            for schema in ("facts", "kpis", "steps", "marts"):
                connection.execute(f"create schema {schema}")
            lay_years(connection, years, np.random.default_rng(seed))
            lay_calendar(connection, years.days)
            for model in MODELS:
                folder, schema = ("", "marts") if model == "deviations" else ("steps/", "steps")
                sql = (self._models / f"marts/{folder}{model}.sql").read_text(encoding="utf-8")
                # Here all lies in one database.
                sql = sql.replace('"scratch".', "")
                connection.execute(f"create table {schema}.{model} as {sql}")
            return connection.execute("from marts.deviations").df()


def lay_years(
    connection: duckdb.DuckDBPyConnection, years: Years, rng: np.random.Generator
) -> None:
    """Draw the years and put them where the models look for them, one after another."""
    parts: dict[str, list[pa.Table]] = defaultdict(list)
    for number in range(years.count):
        shift = number * (ENDS - BEGINS)
        for table, columns in draw_year(years, number, rng).items():
            moved = {
                name: column + shift if name.endswith("_at") else column
                for name, column in columns.items()
            }
            parts[table].append(pa.table(moved))
    for table, of_years in parts.items():
        drawn = pa.concat_tables(of_years)
        instants = [name for name in drawn.column_names if name.endswith("_at")]
        replaced = [f"make_timestamp({name}) as {name}" for name in instants]
        connection.register("drawn", drawn)
        connection.execute(
            f"create table {table} as select"
            f" * replace ({', '.join([f'{NAMES}[channel + 1] as channel', *replaced])}) from drawn"
        )
        connection.unregister("drawn")
    connection.execute(
        "update facts.fct_tickets set first_response_at = null, first_response_seconds = null"
        " where first_response_seconds < 0"
    )


def lay_calendar(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Put the calendar where the models look for them."""
    calendar = pd.DataFrame({"on_date": days})
    first = pd.Timestamp(FIRST_DAY)
    place = (pd.to_datetime(calendar.on_date) - first).dt.days % DAYS_A_YEAR
    closed = {(day - FIRST_DAY).days for day in CLOSED_DAYS}
    calendar["is_holiday"] = place.isin(closed)
    connection.register("calendar", calendar)
    connection.execute(
        """
        create table facts.dim_dates as
        select cast(on_date as date) as on_date, is_holiday from calendar;
        create table steps.int_periods as
        select
            'day' as period_grain,
            on_date as period_start,
            on_date - interval 9 hour as start_at,
            on_date + interval 15 hour as end_at
        from facts.dim_dates;
        create table steps.int_kpis__span as
        select kpi_id, min(start_at) as first_record_at, max(end_at) as cut_at
        from steps.int_periods
        cross join unnest(
            ['first_response_time', 'reply_time', 'csat_score', 'average_wait_time']
        ) as kpis (kpi_id)
        group by kpi_id
        """
    )


def draw_year(years: Years, number: int, rng: np.random.Generator) -> Tables:
    """Draw one of the years: the columns that the models read, channels as places in `NAMES`."""
    tickets: list[Columns] = []
    replies: list[Columns] = []
    for code, channel in enumerate(CHANNELS):
        answering = Answering(years, number, rng, LATE if channel.late else OFFICE)
        seconds = years.chat_seconds if channel.name == "chat" else channel.answer
        _converse(channel, code, seconds, answering, tickets, replies)
    asked = _together(tickets)
    return {
        "facts.fct_tickets": asked,
        "kpis.kpi_reply_time": _together(replies),
        "kpis.kpi_csat_score": _surveys(asked, rng),
        "kpis.kpi_average_wait_time": _calls(Answering(years, number, rng, LATE)),
    }


class Answering:
    """How long answers take in one channel, day by day.

    Attributes:
        pace: For each day of the year, how many times longer than usual.
    """

    def __init__(
        self, years: Years, number: int, rng: np.random.Generator, clock: WorkingClock
    ) -> None:
        days = np.arange(DAYS_A_YEAR + 60)
        is_slow = (days + number * DAYS_A_YEAR) % DAYS_APART == 0
        self.years, self.rng, self._clock = years, rng, clock
        self._pace = rng.lognormal(0, years.unevenness, days.size)
        self._pace *= np.where(is_slow, years.slowdown, 1.0)

    def pace(self, asked: Instants) -> npt.NDArray[np.float64]:
        """Return how many times longer than usual it takes whoever asks then."""
        paces: npt.NDArray[np.float64] = self._pace[
            np.minimum((asked - BEGINS) // DAY, self._pace.size - 1)
        ]
        return paces

    def answered(self, asked: Instants, seconds: float) -> Instants:
        """Return when questions are answered that take a median of so many working seconds."""
        work = self.rng.lognormal(np.log(seconds), SPREAD_OF_ANSWERS, asked.size) * SECOND
        return self._clock.add(asked, (work * self.pace(asked)).astype(np.int64))


def _converse(
    channel: Channel,
    code: int,
    seconds: float,
    answering: Answering,
    tickets: list[Columns],
    replies: list[Columns],
) -> None:
    rng = answering.rng
    per_year = round(answering.years.tickets * channel.share)
    asked = arrivals(rng, per_year=per_year, start=BEGINS, end=ENDS, hours=ASKING_HOURS)
    answered = answering.answered(asked, seconds)
    never = NEVER_ANSWERED_WITH_A_BOT if channel.bot else NEVER_ANSWERED
    is_answered = rng.random(asked.size) >= never
    waited = (answered - asked) // SECOND
    tickets.append(
        {
            "channel": np.full(asked.size, code),
            "is_customer_initiated": np.full(asked.size, True),
            "first_customer_message_at": asked,
            "first_response_at": answered,
            "first_response_seconds": np.where(is_answered, waited, -1),
        }
    )
    asked, answered = asked[is_answered], answered[is_answered]
    for _ in range(MOST_ROUNDS):
        replies.append(
            {
                "channel": np.full(asked.size, code),
                "observed_at": answered,
                "value": (answered - asked) // SECOND,
            }
        )
        goes_on = answered[rng.random(asked.size) < channel.more]
        thinks = rng.lognormal(np.log(channel.think), THINKING_SPREAD, goes_on.size) * SECOND
        asked = goes_on + thinks.astype(np.int64)
        asked = asked[asked < ENDS + 30 * DAY]
        answered = answering.answered(asked, seconds * LATER_ANSWERS_PACE)


def _surveys(tickets: Columns, rng: np.random.Generator) -> Columns:
    is_asked = rng.random(tickets["channel"].size) < SURVEYS_A_TICKET
    asked = tickets["first_customer_message_at"][is_asked]
    return {
        "channel": tickets["channel"][is_asked],
        "observed_at": asked + rng.integers(0, 2 * DAY, asked.size),
        "numerator": (rng.random(asked.size) < HAPPY).astype(np.int64),
        "denominator": np.ones(asked.size, dtype=np.int64),
    }


def _calls(answering: Answering) -> Columns:
    rng = answering.rng
    per_year = round(answering.years.tickets * CALLS_A_TICKET)
    called = arrivals(rng, per_year=per_year, start=BEGINS, end=ENDS, hours=CALLING_HOURS)
    wait = rng.exponential(WAIT_SECONDS, called.size) * answering.pace(called)
    patience = rng.exponential(PATIENCE_SECONDS, called.size)
    return {
        "channel": np.full(called.size, PHONE),
        "observed_at": called,
        "value": np.minimum(wait, patience).astype(np.int64),
    }


def _together(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    main()
