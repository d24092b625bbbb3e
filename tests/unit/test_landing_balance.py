"""Every record that a source ever gave is accounted for, and the newest version is what it gave."""

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_source import NOON, TICKETS, Desk, PagedStream, landed, ticket

from dagster_project.landing.balance import balances
from dagster_project.landing.intake import Intake
from dagster_project.landing.land import land_stream
from dagster_project.landing.privacy import Keep
from dagster_project.landing.quarantine import replay
from dagster_project.landing.zone import LandingZone


def test_a_part_that_is_gone_shows_as_records_missing(tmp_path: Path) -> None:
    zone = LandingZone(tmp_path)
    stream = PagedStream([[ticket(1), ticket(2)]])
    land_stream(Desk([stream]), stream, zone, Keep())
    (part,) = zone.parts("desk", "tickets")
    Path(part).unlink()
    assert [each.missing for each in balances(zone)] == [2]


@dataclass(frozen=True)
class Reading:
    """One record as it is met on one page of one night."""

    record_id: int
    hour: int | None
    score: int


Night = tuple[list[list[Reading]], int]
"""The pages of a night, and the one before which its first run fails."""

READINGS = st.builds(
    Reading,
    record_id=st.integers(1, 3),
    hour=st.none() | st.integers(-3, 30),
    score=st.integers(1, 6),
)
NIGHTS = st.lists(
    st.tuples(st.lists(st.lists(READINGS, max_size=3), min_size=1, max_size=3), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


def record_of(reading: Reading) -> dict[str, Any]:
    at = None if reading.hour is None else NOON + timedelta(hours=reading.hour)
    return ticket(reading.record_id, at, score=reading.score)


def newest(versions: list[tuple[datetime | None, datetime, int, Any]]) -> Any:
    """The version that terms: Version picks, over (cursor, extracted, order, what it says)."""
    long_ago = NOON - timedelta(days=9999)
    return max(versions, key=lambda each: (min(each[0] or long_ago, each[1]), each[2]))[3]


def land_night(zone: LandingZone, pages: list[list[Reading]], clock: datetime, cut: int) -> None:
    """Land one night's pages; where `cut` is one of them, the run fails there and is run again."""
    records = [[record_of(reading) for reading in page] for page in pages]
    if cut < len(pages):
        stream = PagedStream(records, clock=clock, fails_before_page=cut)
        with pytest.raises(ConnectionError):
            land_stream(Desk([stream]), stream, zone, Keep())
    stream = PagedStream(records, clock=clock)
    land_stream(Desk([stream]), stream, zone, Keep())


@settings(max_examples=15, deadline=None)
@given(NIGHTS)
def test_whatever_is_read_is_landed_unchanged_or_in_quarantine_and_the_newest_version_is_there(
    nights: list[Night],
) -> None:
    hold_the_balance(nights)


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(NIGHTS)
def test_many_rounds_of_nights_hold_the_balance(nights: list[Night]) -> None:
    hold_the_balance(nights)


def hold_the_balance(nights: list[Night]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        zone = LandingZone(Path(folder))
        given_versions: dict[str, list[Any]] = {}
        order = 0
        for night, (pages, cut) in enumerate(nights):
            clock = NOON + timedelta(hours=10 * night)
            land_night(zone, pages, clock, cut)
            for reading in (reading for page in pages for reading in page if reading.score < 6):
                at = None if reading.hour is None else NOON + timedelta(hours=reading.hour)
                order += 1
                version = (at, clock, order, reading.score)
                given_versions.setdefault(str(reading.record_id), []).append(version)
        (balance,) = balances(zone)
        read = [reading for pages, _ in nights for page in pages for reading in page]
        assert balance.missing == 0
        assert balance.received == len(read)
        assert balance.quarantined == sum(reading.score == 6 for reading in read)
        replay(zone, "desk", "tickets", Intake(TICKETS, Keep()))
        assert balances(zone) == [balance]
        assert newest_landed(zone) == {key: newest(each) for key, each in given_versions.items()}


def newest_landed(zone: LandingZone) -> dict[str, int]:
    versions: dict[str, list[Any]] = {}
    columns = "record_id, cursor_at, extracted_at, payload"
    for order, (record_id, at, extracted_at, payload) in enumerate(landed(zone, columns)):
        known = None if at is None else at.replace(tzinfo=NOON.tzinfo)
        version = (known, extracted_at.replace(tzinfo=NOON.tzinfo), order)
        versions.setdefault(record_id, []).append((*version, json.loads(payload)["score"]))
    return {record_id: newest(each) for record_id, each in versions.items()}
