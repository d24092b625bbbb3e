"""The marts of the small shop, worked out once more from its facts, record by record."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.night import Plan

pytestmark = pytest.mark.xdist_group("guarded_shop")

Row = dict[str, Any]
NOW = AS_OF.replace(tzinfo=None)
UTC, SEOUL = ZoneInfo("UTC"), ZoneInfo(TIMEZONE)
HOUR = 3600
TWO_WEEKS = timedelta(days=14)


@pytest.fixture(scope="module")
def build(guarded_shop: Plan) -> Iterator["Build"]:
    with duckdb.connect(str(guarded_shop.home.build_file), read_only=True) as connection:
        yield Build(connection)


class Build:
    """A build, table by table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, table: str, **keep: Any) -> list[Row]:
        """Return the rows of a table that have these values."""
        told = self._connection.execute(f"select * from {table}")
        names = [column[0] for column in told.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in told.fetchall()]
        return [row for row in rows if all(row[name] == value for name, value in keep.items())]


def month_of(at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(SEOUL).date().replace(day=1)


def end_of(month: date) -> datetime:
    """Return the instant (UTC) at which a month of the reporting zone is over."""
    after = (month + timedelta(days=32)).replace(day=1)
    at = datetime(after.year, after.month, 1, tzinfo=SEOUL)
    return at.astimezone(UTC).replace(tzinfo=None)


def channels_of(row: Row) -> set[str]:
    return {"all", row["channel"]} - {"unmapped"}


def test_tickets_lie_in_the_bands_of_their_first_response(build: Build) -> None:
    bounds = {"under 1 h": 1, "4 h": 4, "12 h": 12, "24 h": 24, "48 h": 48, "longer": 10**9}
    tickets: dict[tuple[date, str], dict[str, int]] = {}
    for ticket in build.rows("facts.fct_tickets", is_customer_initiated=True):
        seconds = ticket["first_response_seconds"]
        helped = ticket["touches"] or ticket["is_self_service_resolved"]
        if ticket["first_customer_message_at"] is None or (seconds is None and helped):
            continue
        band = "unanswered"
        if seconds is not None:
            band = next(name for name, hours in bounds.items() if seconds < hours * HOUR)
        for channel in channels_of(ticket):
            of_month = tickets.setdefault(
                (month_of(ticket["created_at"]), channel), dict.fromkeys([*bounds, "unanswered"], 0)
            )
            of_month[band] += 1

    told = {
        (row["period_start"], row["channel"], row["band"]): (
            row["tickets"],
            row["share"],
            row["is_mature"],
        )
        for row in build.rows("marts.response_bands")
    }
    assert told == {
        (month, channel, band): (n, n / sum(bands.values()), end_of(month) + TWO_WEEKS <= NOW)
        for (month, channel), bands in tickets.items()
        for band, n in bands.items()
    }
    assert all(sum(bands[band] for bands in tickets.values()) for band in [*bounds, "unanswered"])


def test_a_mature_month_has_as_many_unanswered_tickets_as_the_kpi_says(build: Build) -> None:
    unanswered = {
        (row["period_start"], row["channel"]): row["numerator"]
        for row in build.rows("marts.kpi_values", kpi_id="unanswered_rate", period_grain="month")
        if row["slice"] == "all"
    }
    rows = build.rows("marts.response_bands", band="unanswered", is_mature=True)
    assert [row["tickets"] for row in rows] == [
        unanswered[row["period_start"], row["channel"]] for row in rows
    ]
    assert rows


def test_a_tile_shows_the_newest_mature_week_and_month_beside_the_ones_before(
    build: Build,
) -> None:
    followed: dict[tuple[str, str, str], dict[str, list[Row]]] = defaultdict(
        lambda: {"week": [], "month": []}
    )
    for row in build.rows("marts.kpi_values", slice="all"):
        tile = followed[row["kpi_id"], row["channel"], row["statistic"]]
        if row["period_grain"] in tile:
            tile[row["period_grain"]].append(row)

    tiles = build.rows("marts.kpi_latest")
    assert {(row["kpi_id"], row["channel"], row["statistic"]) for row in tiles} == set(followed)
    assert len(tiles) == len(followed)
    for tile in tiles:
        for grain, rows in followed[tile["kpi_id"], tile["channel"], tile["statistic"]].items():
            rows.sort(key=lambda row: row["period_start"])
            newest = max((n for n, row in enumerate(rows) if row["is_mature"]), default=None)
            now = rows[newest] if newest is not None else {}
            before = rows[newest - 1] if newest else {}
            assert tile[f"{grain}_start"] == now.get("period_start"), tile
            assert tile[f"{grain}_value"] == now.get("value"), tile
            assert tile[f"{grain}_n"] == now.get("n"), tile
            assert tile[f"{grain}_before_value"] == before.get("value"), tile
            assert tile[f"{grain}_before_n"] == before.get("n"), tile
            assert tile[f"{grain}_trend"] == trend(tile, now, before), tile


def trend(tile: Row, now: Row, before: Row) -> str | None:
    if now.get("value") is None or before.get("value") is None:
        return None
    if tile["statistic"] != "count" and min(now["n"], before["n"]) < 10:
        return None
    grown = now["value"] - before["value"]
    if grown == 0:
        return "same"
    if tile["better"] == "neutral":
        return None
    return "better" if (grown > 0) == (tile["better"] == "higher") else "worse"
