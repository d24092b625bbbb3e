"""Gorgias' streams and the landing zone together, over the socket: nights, a crash, a secret."""

import json
import logging
from pathlib import Path
from typing import Any

import duckdb
import pytest
from helpdesk import API_KEY, EMAIL, Helpdesk, Server, refusal

from dagster_project.landing.land import land_stream
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.privacy import Pseudonymiser
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.gorgias import Gorgias
from dagster_project.sources.seam import SourceError

PRIVACY = Pseudonymiser("a key that is long enough for a test")


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    return LandingZone(tmp_path / "lake")


def ticket(number: int, updated: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "open",
        "channel": "email",
        "from_agent": False,
        "created_datetime": "2026-11-01T00:00:00",
        "updated_datetime": updated,
        **more,
    }


def message(number: int, of: int, created: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "ticket_id": of,
        "from_agent": False,
        "public": True,
        "created_datetime": created,
        **more,
    }


def night(source: Gorgias, zone: LandingZone, *names: str) -> dict[str, Manifest]:
    """Land these streams in their order; return their loads."""
    return {
        stream.name: land_stream(source, stream, zone, PRIVACY).load
        for stream in source.streams(sleep=lambda seconds: None)
        if not names or stream.name in names
    }


def payloads(zone: LandingZone, stream: str) -> list[Any]:
    parts = zone.parts("desk", stream)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select payload from read_parquet($parts, hive_partitioning = false)"
            " order by load_id, record_id::int",
            {"parts": parts},
        ).fetchall()
    return [json.loads(text) for (text,) in rows]


def test_a_second_night_lands_what_changed_and_counts_what_did_not(
    desk: Helpdesk, source: Gorgias, zone: LandingZone
) -> None:
    desk.lists["tickets"] = [
        ticket(7, "2026-11-18T09:00:00.000000"),
        ticket(8, "2026-11-18T10:00:00.000000"),
    ]
    desk.lists["messages"] = [
        message(1, 7, "2026-11-10T00:00:00"),
        message(2, 8, "2026-11-18T10:00:00"),
    ]
    desk.lists["satisfaction-surveys"] = [
        {"id": 1, "ticket_id": 7, "created_datetime": "2026-10-11T00:00:00", "score": None}
    ]
    first = night(source, zone)
    assert {name: load.records_landed for name, load in first.items()} == {
        "tickets": 2,
        "messages": 2,
        "satisfaction_surveys": 1,
        "customers": 0,
        "users": 0,
        "events": 0,
        "tags": 0,
    }

    desk.lists["tickets"][0] = ticket(7, "2026-11-19T20:00:00.000000")
    desk.lists["messages"][0]["opened_datetime"] = "2026-11-19T20:00:00"
    desk.lists["satisfaction-surveys"][0]["score"] = 2
    second = night(source, zone)
    counts = {name: (load.records_landed, load.records_unchanged) for name, load in second.items()}
    assert counts["tickets"] == (1, 1)
    assert counts["messages"] == (1, 1)
    assert counts["satisfaction_surveys"] == (1, 0)
    assert [each.get("opened_datetime") for each in payloads(zone, "messages")] == [
        None,
        None,
        "2026-11-19T20:00:00",
    ]
    assert payloads(zone, "satisfaction_surveys")[-1]["score"] == 2


def test_a_third_night_without_news_asks_for_no_thread_and_lands_nothing(
    desk: Helpdesk, source: Gorgias, zone: LandingZone
) -> None:
    desk.lists["tickets"] = [ticket(7, "2026-11-18T09:00:00.000000")]
    desk.lists["messages"] = [message(1, 7, "2026-11-18T09:00:00")]
    night(source, zone)
    night(source, zone)
    desk.asked.clear()
    third = night(source, zone)
    assert {load.records_landed for load in third.values()} == {0}
    assert [params for name, params in desk.asked if "ticket_id" in params] == []


def test_a_walk_that_was_given_up_is_finished_on_the_next_run_from_the_page_after(
    desk: Helpdesk, source: Gorgias, zone: LandingZone
) -> None:
    desk.lists["tickets"] = [
        ticket(n, f"2026-11-18T09:{n % 60:02}:{n // 60:02}.000000") for n in range(1, 251)
    ]
    desk.interrupt["tickets", 2] = lambda: refusal(401)
    with pytest.raises(SourceError, match="HTTP 401"):
        night(source, zone, "tickets")
    assert zone.newest("desk", "tickets") is None
    desk.asked.clear()
    desk.interrupt.clear()
    assert night(source, zone, "tickets")["tickets"].records_landed == 250
    assert len(desk.asked) == 2


def test_a_saved_cursor_that_ran_out_costs_the_walk_and_nothing_else(
    desk: Helpdesk, source: Gorgias, zone: LandingZone
) -> None:
    desk.lists["tickets"] = [
        ticket(n, f"2026-11-18T09:{n % 60:02}:{n // 60:02}.000000") for n in range(1, 251)
    ]
    desk.interrupt["tickets", 2] = lambda: refusal(401)
    with pytest.raises(SourceError, match="HTTP 401"):
        night(source, zone, "tickets")
    desk.asked.clear()
    desk.interrupt = {("tickets", 1): lambda: refusal(410)}
    assert night(source, zone, "tickets")["tickets"].records_landed == 250


def test_an_instant_in_the_future_does_not_move_the_high_water_past_the_servers_clock(
    desk: Helpdesk, source: Gorgias, zone: LandingZone
) -> None:
    desk.lists["tickets"] = [ticket(1, "2031-01-01T00:00:00.000000")]
    load = night(source, zone, "tickets")["tickets"]
    assert load.high_water is not None
    assert load.high_water.isoformat() == "2026-11-20T03:00:00+00:00"


def test_the_key_is_in_no_file_no_log_and_no_error(
    desk: Helpdesk,
    server: Server,
    source: Gorgias,
    zone: LandingZone,
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk.lists["tickets"] = [ticket(1, "2026-11-18T09:00:00.000000")]
    desk.interrupt["tags", 1] = lambda: refusal(401)
    desk.interrupt["users", 1] = lambda: refusal(503)
    with caplog.at_level(logging.DEBUG):
        night(source, zone, "tickets", "users")
        with pytest.raises(SourceError) as raised:
            night(source, zone, "tags")
    told = [repr(source), str(source), str(raised.value), caplog.text]
    told += [
        path.read_bytes().decode(errors="replace")
        for path in zone.lake.rglob("*")
        if path.is_file()
    ]
    assert "HTTP 503" in caplog.text
    assert len(told) > 4
    assert [text for text in told if API_KEY in text] == []
    assert [text for text in told[2:] if EMAIL in text] == []
