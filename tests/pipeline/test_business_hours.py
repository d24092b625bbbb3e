"""Business seconds of the models, held to slow and obvious ways of counting them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest
from hours_at_random import ZONES, holidays, schedule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading.hours import business_seconds
from reading.shop import Holiday, Hours, Shop

from dagster_project.home import Home
from dagster_project.night import Plan
from dagster_project.shop import Shop as ShopFile

MODELS = ("int_schedules__hours", "int_schedules__segments", "int_tickets__responses")
FIRST, LAST = date(2025, 9, 15), date(2025, 11, 20)
"""In between most zones put their clocks back, and Lord Howe's go on by half an hour."""

DAY = timedelta(days=1)
WAITS = 30

Wait = tuple[datetime, datetime]


@dataclass(frozen=True)
class Warehouse:
    """The models of business hours over tables in memory."""

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    sql: dict[str, str] = field(repr=False)

    def business_seconds(
        self,
        schedules: Sequence[Hours],
        holidays: Sequence[Holiday],
        waits: Sequence[Wait],
    ) -> list[int | None]:
        """Return the business seconds of each wait, by the schedule `office`."""
        self._fill(
            "seeds.schedules",
            [
                (
                    each.schedule_id,
                    each.timezone,
                    each.weekday,
                    each.opens_at,
                    each.closes_at,
                    each.valid_from,
                    each.valid_until,
                )
                for each in schedules
            ],
        )
        self._fill(
            "seeds.holidays",
            [(each.schedule_id, each.on_date, each.opens_at, each.closes_at) for each in holidays],
        )
        self._fill(
            "steps.int_tickets__waits (ticket_id, asked_at, responded_at)",
            [
                (str(number), *(at.astimezone(UTC).replace(tzinfo=None) for at in wait))
                for number, wait in enumerate(waits)
            ],
        )
        for name in MODELS:
            self.connection.execute(
                f"create or replace table tonight.steps.{name} as {self.sql[name]}"
            )
        found = self.connection.execute(
            "select ticket_id, response_business_seconds from tonight.steps.int_tickets__responses"
        ).fetchall()
        # One row for each wait: no instant lies in two stretches.
        seconds = dict(found)
        assert len(found) == len(seconds) == len(waits)
        return [seconds[str(number)] for number in range(len(waits))]

    def _fill(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.connection.execute(f"delete from tonight.{table.split()[0]}")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"insert into tonight.{table} values ({marks})", rows)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    sql = _compiled(tmp_path_factory.mktemp("business_hours"))
    with duckdb.connect() as connection:
        connection.execute(
            """
            set timezone = 'UTC';
            attach ':memory:' as tonight;
            create schema tonight.seeds;
            create schema tonight.steps;
            create table tonight.seeds.settings as
                select 'business_schedule' as name, 'office' as value;
            create table tonight.seeds.schedules (
                schedule_id varchar, timezone varchar, weekday integer, opens_at varchar,
                closes_at varchar, valid_from date, valid_until date
            );
            create table tonight.seeds.holidays (
                schedule_id varchar, on_date date, opens_at varchar, closes_at varchar
            );
            create table tonight.steps.int_tickets__waits (
                ticket_id varchar, asked_at timestamp, responded_at timestamp,
                source varchar default 'desk', answer_number integer default 2,
                message_id varchar, agent_id varchar, wait_number integer default 1
            );
            """
        )
        connection.execute(
            "create table tonight.steps.int_schedules__days as"
            " select cast(day as date) as on_day"
            " from generate_series(?, ?, interval '1' day) as days (day)",
            [
                datetime.combine(FIRST, time()) - 4 * DAY,
                datetime.combine(LAST, time()) + 4 * DAY,
            ],
        )
        yield Warehouse(connection, sql)


def _compiled(folder: Path) -> dict[str, str]:
    (folder / "drops").mkdir()
    (folder / "shop.yml").write_text(
        "name: Hours\nreporting_timezone: Asia/Seoul\ncurrency: KRW\npii: keep\n"
        "sources:\n  - {name: drops, kind: files, folder: drops, timezone: UTC}\n"
    )
    plan = Plan.prepare(Home(folder / "var"), ShopFile.load(folder / "shop.yml", {}))
    plan.transform.build_file.parent.mkdir(parents=True, exist_ok=True)
    variables = {**plan.transform.variables, "as_of": "2025-11-20 00:00:00"}
    plan.transform._invoke(plan.manifest, ["compile", "--select", *MODELS], variables, None)
    compiled = plan.transform.target / "compiled/stellar/models/facts/steps"
    return {
        name: (compiled / f"{name}.sql").read_text(encoding="utf-8").replace("scratch", "tonight")
        for name in MODELS
    }


@st.composite
def waits_of(draw: st.DrawFn) -> list[Wait]:
    """Draw waits within the days that are laid out, some of them to the microsecond."""
    instants = st.datetimes(
        datetime.combine(FIRST, time()),
        datetime.combine(LAST, time()),
        timezones=st.just(UTC),
    )
    to_the_hour = instants.map(lambda at: at.replace(minute=0, second=0, microsecond=0))
    ends = st.one_of(instants, to_the_hour)
    pairs = draw(st.lists(st.tuples(ends, ends), min_size=1, max_size=WAITS))
    return [(min(pair), max(pair)) for pair in pairs]


FEW = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=1500, derandomize=False)


def told_by_both(warehouse: Warehouse, seed: int, waits: Sequence[Wait]) -> None:
    """Hold the models to overlaps that are added up one by one, for a schedule at random."""
    dice = random.Random(seed)  # noqa: S311
    zone = dice.choice(ZONES)
    hours = schedule(dice, "office", zone, FIRST, LAST)
    others = schedule(dice, "night", zone, FIRST, LAST)
    off = [*holidays(dice, "office", FIRST, LAST), *holidays(dice, "night", FIRST, LAST)]
    shop = Shop(records={}, as_of=max(waits)[1], schedules=hours, holidays=off)

    found = warehouse.business_seconds([*hours, *others], off, waits)

    assert found == [business_seconds(shop, "office", *wait) for wait in waits]
    for seconds, (since, until) in zip(found, waits, strict=True):
        assert seconds is None or 0 <= seconds <= (until - since) // timedelta(seconds=1)


@FEW
@given(seed=st.integers(0, 2**32), waits=waits_of())
def test_any_schedule_is_open_as_long_as_its_hours_overlap_the_wait(
    warehouse: Warehouse, seed: int, waits: list[Wait]
) -> None:
    told_by_both(warehouse, seed, waits)


@pytest.mark.long
@MANY
@given(seed=st.integers(0, 2**32), waits=waits_of())
def test_any_schedule_at_all_is_open_as_long_as_its_hours_overlap_the_wait(
    warehouse: Warehouse, seed: int, waits: list[Wait]
) -> None:
    told_by_both(warehouse, seed, waits)


@FEW
@given(
    zone=st.sampled_from([*ZONES, "America/Havana", "Pacific/Apia", "Asia/Kolkata"]),
    closes_at=st.sampled_from(["24:00", "00:00"]),
    waits=waits_of(),
)
def test_round_the_clock_is_calendar_time_to_the_second_whatever_the_clocks_do(
    warehouse: Warehouse, zone: str, closes_at: str, waits: list[Wait]
) -> None:
    always = [
        Hours(
            schedule_id="office",
            timezone=zone,
            weekday=weekday,
            opens_at="00:00",
            closes_at=closes_at,
        )
        for weekday in range(1, 8)
    ]
    assert warehouse.business_seconds(always, [], waits) == [
        (until - since) // timedelta(seconds=1) for since, until in waits
    ]


@FEW
@given(
    seed=st.integers(0, 2**32),
    zone=st.sampled_from(["Asia/Seoul", "Asia/Kolkata", "UTC"]),
    since=st.datetimes(datetime.combine(FIRST, time()), datetime.combine(LAST - 12 * DAY, time())),
    length=st.timedeltas(timedelta(0), 12 * DAY),
)
def test_every_second_of_a_wait_is_open_or_closed_by_the_clock_on_the_wall(
    warehouse: Warehouse, seed: int, zone: str, since: datetime, length: timedelta
) -> None:
    dice = random.Random(seed)  # noqa: S311
    week = [
        Hours(
            schedule_id="office",
            timezone=zone,
            weekday=weekday,
            opens_at=f"{opened:02}:{minute}",
            closes_at=f"{opened + dice.randrange(1, 10):02}:{minute}",
        )
        for weekday in range(1, 8)
        for opened, minute in [(dice.randrange(8, 22), dice.choice(("00", "30", "45")))]
        if dice.random() < 0.8
    ]
    free = [Holiday(schedule_id="office", on_date=FIRST + dice.randrange(60) * DAY)]
    since = since.replace(microsecond=0)
    until = since + timedelta(seconds=length // timedelta(seconds=1))

    wait = since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)
    assert warehouse.business_seconds(week, free, [wait]) == [
        seconds_on_the_wall(week, free, ZoneInfo(zone), *wait)
    ]


def seconds_on_the_wall(
    week: Sequence[Hours], free: Sequence[Holiday], zone: ZoneInfo, since: datetime, until: datetime
) -> int:
    """Count the seconds at which the clocks of a zone that never changes them show an open hour."""
    offset = since.astimezone(zone).utcoffset() or timedelta(0)
    seconds = np.arange(int(since.timestamp()), int(until.timestamp())) + int(
        offset.total_seconds()
    )
    days, seconds_of_the_day = np.divmod(seconds, 86_400)
    is_open = np.zeros(len(seconds), dtype=bool)
    holidays_ = [(each.on_date - date(1970, 1, 1)).days for each in free]
    for each in week:
        opened, closed = (
            3600 * int(clock[:2]) + 60 * int(clock[3:]) for clock in (each.opens_at, each.closes_at)
        )
        # Of today's hours, and of the part of yesterday's that goes on past midnight.
        for day, since_midnight in (
            (days, seconds_of_the_day),
            (days - 1, seconds_of_the_day + 86_400),
        ):
            # 1 January 1970 was a Thursday.
            is_of_the_day = ((day + 3) % 7 + 1 == each.weekday) & ~np.isin(day, holidays_)
            is_open |= is_of_the_day & (opened <= since_midnight) & (since_midnight < closed)
    return int(is_open.sum())
