"""What is kept of records that break their contract, and how they come out of quarantine."""

import dataclasses
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from landing_source import NOON, TICKETS, Desk, PagedStream, landed, ticket

from dagster_project.landing.__main__ import main
from dagster_project.landing.balance import balances
from dagster_project.landing.intake import Intake
from dagster_project.landing.land import land_stream
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.privacy import Keep, Pseudonymiser
from dagster_project.landing.quarantine import (
    KEPT,
    Entry,
    Replay,
    UnfinishedWalkError,
    held,
    purge,
    replay,
)
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.seam import Contract, Field, Reject

MENDED = dataclasses.replace(
    TICKETS, fields=tuple(field for field in TICKETS.fields if field.path != "score")
)


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    return LandingZone(tmp_path / "lake")


def land(zone: LandingZone, *records: object, clock: datetime = NOON) -> Manifest:
    stream = PagedStream([list(records)], clock=clock)  # type: ignore[list-item]
    return land_stream(Desk([stream]), stream, zone, Keep()).load


def entries(zone: LandingZone) -> list[Entry]:
    return [each.entry for each in held(zone, "desk", "tickets")]


def replayed(zone: LandingZone, contract: Contract = MENDED) -> Replay:
    return replay(zone, "desk", "tickets", Intake(contract, Keep()))


def test_a_broken_record_is_kept_with_its_field_the_reason_and_the_remedy(
    zone: LandingZone,
) -> None:
    land(zone, ticket(1), ticket(2, score=9))
    assert entries(zone) == [
        Entry(
            key="00000001:1",
            record_id="2",
            field="score",
            reason="is out of bounds: 9",
            remedy="give a whole number and at least 1 and at most 5",
            record=ticket(2, score=9),
        )
    ]


def test_everything_that_is_wrong_with_a_record_is_said_at_once(zone: LandingZone) -> None:
    land(zone, ticket(1, score="5", status="opened"))
    (entry,) = entries(zone)
    assert entry.field == "status, score"
    assert entry.reason == (
        "status is not in the list of its values: opened; score is not a whole number: 5"
    )
    assert entry.remedy == (
        "give one of closed, open, or map this word to one of them; give a whole number and"
        " at least 1 and at most 5"
    )


def test_a_long_value_is_quoted_in_part(zone: LandingZone) -> None:
    land(zone, ticket(1, score="x" * 1000))
    assert entries(zone)[0].reason == f"is not a whole number: {'x' * 60}"


def test_a_number_that_json_cannot_write_is_refused(zone: LandingZone) -> None:
    land(zone, ticket(1, note=float("nan")))
    (entry,) = entries(zone)
    assert entry.reason == "holds NaN or an infinite number"
    assert entry.record["note"] == "NaN"


def test_a_part_of_the_source_that_is_no_record_is_listed_and_not_replayed(
    zone: LandingZone,
) -> None:
    stream = PagedStream([[]], rejects=[Reject(what="broken.csv", reason="is cut off")])
    load = land_stream(Desk([stream]), stream, zone, Keep()).load
    (entry,) = entries(zone)
    assert (entry.field, entry.reason, entry.record) == ("broken.csv", "is cut off", None)
    assert (load.rejects_count, load.records_quarantined) == (1, 0)
    assert replayed(zone) == Replay(load=None, still_refused=0, superseded=0)


def test_a_mended_record_is_landed_and_out_of_quarantine(zone: LandingZone) -> None:
    first = land(zone, ticket(1), ticket(2, score=9), ticket(3, status="opened"))
    done = replayed(zone)
    assert done.load is not None
    assert (done.load.records_replayed, done.load.records_read, done.still_refused) == (1, 0, 1)
    assert (done.load.complete_through, done.load.high_water) == (NOON, first.high_water)
    assert done.load.released == ("00000001:1",)
    assert landed(zone, "record_id, load_id") == [("1", "00000001"), ("2", "00000002")]
    assert [entry.record_id for entry in entries(zone)] == ["3"]
    assert [each.missing for each in balances(zone)] == [0]


def test_a_second_replay_finds_nothing(zone: LandingZone) -> None:
    land(zone, ticket(2, score=9))
    replayed(zone)
    assert replayed(zone).load is None
    assert len(landed(zone)) == 1


def test_pseudonyms_are_not_made_from_pseudonyms(zone: LandingZone) -> None:
    privacy = Pseudonymiser("k" * 32)
    customer = {"email": "kim@shop.example"}
    records = [ticket(1, customer=customer), ticket(2, customer=customer, score=9)]
    stream = PagedStream([records])
    land_stream(Desk([stream]), stream, zone, privacy)
    replay(zone, "desk", "tickets", Intake(MENDED, privacy))
    first, second = (json.loads(payload)["customer"] for payload in landed(zone, "payload"))
    assert first == second


def test_what_was_read_anew_since_is_not_covered_by_an_older_reading(zone: LandingZone) -> None:
    land(zone, ticket(1, None, score=9), ticket(2, None, score=9))
    land(zone, ticket(1, None, score=5))
    done = replayed(zone)
    assert done.superseded == 1
    assert landed(zone, "record_id, load_id") == [("1", "00000002"), ("2", "00000003")]


def test_an_older_version_with_a_cursor_is_landed_for_its_cursor_decides(
    zone: LandingZone,
) -> None:
    land(zone, ticket(1, NOON - timedelta(days=1), score=9))
    land(zone, ticket(1, NOON, score=5))
    assert replayed(zone).superseded == 0
    assert len(landed(zone)) == 2


def test_a_refused_load_is_listed_and_not_replayed(zone: LandingZone) -> None:
    land(zone, *(ticket(n, score=9) for n in range(11)))
    assert len(entries(zone)) == 11
    assert replayed(zone).load is None


def test_a_replay_waits_for_a_walk_that_was_cut_short(zone: LandingZone) -> None:
    land(zone, ticket(2, score=9))
    stream = PagedStream([[ticket(1)], []], fails_before_page=1)
    with pytest.raises(ConnectionError):
        land_stream(Desk([stream]), stream, zone, Keep())
    with pytest.raises(UnfinishedWalkError, match=r"desk\.tickets.*make nightly"):
        replayed(zone)


def test_a_replay_moves_no_walk_on(zone: LandingZone) -> None:
    land(zone, ticket(1, NOON - timedelta(hours=2)), ticket(2, score=9))
    replayed(zone)
    stream = PagedStream([[]])
    land_stream(Desk([stream]), stream, zone, Keep())
    assert zone.newest("desk", "tickets") is not None
    assert [load.complete_through for load in zone.loads("desk", "tickets")] == [NOON] * 3


def test_quarantine_is_kept_for_thirty_days(zone: LandingZone) -> None:
    load = land(zone, ticket(2, score=9))
    assert purge(zone, load.started_at + KEPT) == 0
    assert len(entries(zone)) == 1
    assert purge(zone, load.started_at + KEPT + timedelta(seconds=1)) == 1
    assert entries(zone) == []
    assert [each.missing for each in balances(zone)] == [0]


def test_quarantine_of_a_load_that_was_never_committed_is_not_listed(zone: LandingZone) -> None:
    land(zone, ticket(2, score=9))
    orphan = zone.quarantine_file("desk", "tickets", "00000002")
    orphan.write_text(zone.quarantine_file("desk", "tickets", "00000001").read_text())
    assert len(entries(zone)) == 1


@pytest.fixture
def home_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a shop of files."""
    (tmp_path / "drops/live_contacts").mkdir(parents=True)
    (tmp_path / "shop.yml").write_text(
        "name: X\nreporting_timezone: UTC\ncurrency: KRW\npii: keep\n"
        "sources: [{name: drops, kind: files, folder: drops, timezone: UTC}]\n"
    )
    monkeypatch.setenv("STELLAR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("STELLAR_SHOP", str(tmp_path / "shop.yml"))
    monkeypatch.delenv("STELLAR_PII_KEY", raising=False)
    return tmp_path


STRICT = Contract(
    key="contact_id",
    cursor="updated_at",
    fields=(Field(path="outcome", choices=frozenset({"answered"})),),
)


def test_the_commands_list_what_is_in_quarantine_and_replay_it(
    home_of_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = {
        "contact_id": "c1",
        "kind": "call",
        "started_at": "2026-11-20T10:00:00.000000Z",
        "outcome": "abandoned",
    }
    stream = PagedStream([[call]], name="live_contacts", contract=STRICT)
    zone = LandingZone(home_of_files / "var/lake")
    land_stream(Desk([stream], name="drops", kind="files"), stream, zone, Keep())
    assert main(["quarantine", "list"]) == 0
    assert capsys.readouterr().out == (
        "drops.live_contacts 00000001:1 record c1: outcome: is not in the list of its values:"
        " abandoned. Remedy: give one of answered, or map this word to one of them\n"
        "1 in quarantine\n"
    )
    assert main(["quarantine", "replay", "drops.live_contacts"]) == 0
    assert capsys.readouterr().out == (
        "drops.live_contacts: 1 replayed, 0 still break the contract, 0 have been read anew since\n"
    )
    assert main(["quarantine", "list", "drops.live_contacts"]) == 0
    assert capsys.readouterr().out == "0 in quarantine\n"


def test_a_stream_is_marked_to_be_read_again_where_the_shop_has_it(
    home_of_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = LandingZone(home_of_files / "var/lake")
    assert main(["again", "drops.live_contacts", "drops.calls"]) == 1
    assert capsys.readouterr().err == (
        "the shop has no stream drops.calls; name one of drops.live_contacts\n"
    )
    assert not zone.again_file("drops", "live_contacts").exists()
    assert main(["again", "drops.live_contacts"]) == 0
    assert "drops.live_contacts: the next night" in capsys.readouterr().out
    assert zone.again_file("drops", "live_contacts").exists()


def test_a_replay_of_a_shop_that_is_not_there_says_so(
    home_of_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home_of_files / "shop.yml").unlink()
    assert main(["quarantine", "replay"]) == 1
    assert "STELLAR_SHOP is the path" in capsys.readouterr().err
