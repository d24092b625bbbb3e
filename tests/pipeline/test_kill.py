"""kill -9 before any durable step of a night: the night after it makes up for everything.

Each killed night is run again and held against the same night in a home that was never killed.
"""

import random
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from impatient_reader import reading
from killed_shop import FIRST_NIGHT, TICKETS_A_YEAR, CountingServer, KilledShop, Run
from nights import Nights

from dagster_project.demo.generator import generate
from dagster_project.demo.seen import Seen
from dagster_project.landing.balance import balances
from dagster_project.landing.zone import LandingZone

LANDED = """
    select source, stream, record_id, operation, cursor_raw, sha256
    from read_parquet($parts, hive_partitioning = false)
    order by all
"""


@pytest.fixture
def shop(tmp_path: Path, nights: Nights) -> Iterator[KilledShop]:
    """A shop that has been through its first night."""
    story = generate(tickets=TICKETS_A_YEAR)
    with CountingServer(Seen(story, FIRST_NIGHT)) as server:
        shop = KilledShop(tmp_path, nights, server, story)
        first = shop.live_through_the_first_night()
        assert first.status == 0, first.printed
        yield shop


def test_a_night_killed_three_times_ends_like_an_unbroken_one(shop: KilledShop) -> None:
    hold_a_killed_night_to_an_unbroken_one(shop, random.Random(20260310), kills=3)  # noqa: S311


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_ten_nights_that_are_killed_end_like_unbroken_ones(shop: KilledShop, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    for _ in range(10):
        hold_a_killed_night_to_an_unbroken_one(shop, dice, kills=1)


def hold_a_killed_night_to_an_unbroken_one(
    shop: KilledShop, dice: random.Random, *, kills: int
) -> None:
    shop.come_to_the_next_night()
    with shop.living_in("unbroken"):
        unbroken = shop.run()
    assert unbroken.status == 0, unbroken.printed
    with shop.living_in("killed"), reading(shop.home.kpi_file):
        steps = [dice.randint(1, unbroken.steps) for _ in range(kills)]
        runs = [shop.run(killed_before=step) for step in steps]
        runs.append(shop.run())
    how = f"killed before steps {steps} of {unbroken.steps}"
    assert runs[0].status == -signal.SIGKILL, how
    # A night that is run again has less to land: it may come to its end before the step.
    assert {run.status for run in runs[1:-1]} <= {-signal.SIGKILL, 0}, how
    assert runs[-1].status == 0, f"{how}: {runs[-1].printed}"
    assert landed(shop.lake("killed")) == landed(shop.lake("unbroken")), how
    assert [each.missing for each in balances(shop.lake("killed")) if each.missing] == [], how
    assert differences(shop.kpi_file("killed"), shop.kpi_file("unbroken")) == [], how
    assert pages_asked_for(runs) <= pages_asked_for([unbroken]) + kills, how


def landed(zone: LandingZone) -> list[tuple[object, ...]]:
    """All that lies in the landing zone, without when it came there."""
    parts = [part for each in zone.streams() for part in zone.parts(*each)]
    return duckdb.execute(LANDED, {"parts": parts}).fetchall()


def pages_asked_for(runs: Sequence[Run]) -> int:
    """Count the pages of each stream up to the run that landed it; what comes then is new."""
    pages, landed_before = 0, set[str]()
    for run in runs:
        pages += sum(n for stream, n in run.asked.items() if stream not in landed_before)
        landed_before = run.landed
    return pages


def differences(killed: Path, unbroken: Path) -> list[str]:
    """Name the tables whose rows are not the same in two published files."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{killed}' as killed (read_only)")
        connection.execute(f"attach '{unbroken}' as unbroken (read_only)")
        tables = connection.execute(
            "select distinct schema_name || '.' || table_name from duckdb_tables()"
            " where database_name in ('killed', 'unbroken')"
            # They tell of builds, and a night that is run again is another one.
            " and table_name not in ('publish_manifest', 'kpi_revisions')"
        ).fetchall()
        assert len(tables) > 10
        return [
            table
            for (table,) in tables
            if connection.execute(
                f"(from {rows_of('killed', table)} except all from {rows_of('unbroken', table)})"
                " union all"
                f" (from {rows_of('unbroken', table)} except all from {rows_of('killed', table)})"
            ).fetchall()
        ]


def rows_of(database: str, table: str) -> str:
    """Return the SQL of a table's rows, without how often and when the records were read."""
    if table != "marts.data_quality":
        return f"{database}.{table}"
    return f"(select * exclude (landed, unchanged, complete_through) from {database}.{table})"
