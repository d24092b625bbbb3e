"""One stream's walks, night after night: what is landed, how far it is, what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from landing_source import BEFORE, NOON, Desk, PagedStream, landed, ticket

from dagster_project.landing.balance import balances
from dagster_project.landing.land import LandedStream, land_stream
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.privacy import Keep
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.seam import LandedFile, Reject, SourceError

ONE_HOUR = timedelta(hours=1)
TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    return LandingZone(tmp_path / "lake")


def land(zone: LandingZone, stream: PagedStream) -> LandedStream:
    return land_stream(Desk([stream]), stream, zone, Keep())


def test_a_record_is_landed_with_its_envelope(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(7, NOON - ONE_HOUR, note="é\x00")]]))
    columns = "source, stream, record_id, cursor_raw, cursor_at, operation, load_id, extracted_at"
    assert landed(zone, columns) == [
        (
            "desk",
            "tickets",
            "7",
            "2026-11-20T11:00:00+00:00",
            datetime(2026, 11, 20, 11),
            "upsert",
            "00000001",
            datetime(2026, 11, 20, 12),
        )
    ]
    assert landed(zone, "payload") == [
        '{"id":7,"note":"é\ufffd","status":"open","updated":"2026-11-20T11:00:00+00:00"}'
    ]
    assert landed(zone, "sha256") == landed(zone, "sha256(payload)")


def test_a_stream_that_is_to_be_read_again_is_walked_from_its_beginning_once(
    zone: LandingZone,
) -> None:
    files = [LandedFile(name="a", sha256="1", bytes=1)]
    land(zone, PagedStream([[ticket(1)]], files=files))
    zone.again_file("desk", "tickets").touch()

    cut_short = PagedStream([[ticket(1)], []], fails_before_page=1)
    with pytest.raises(ConnectionError):
        land(zone, cut_short)
    resumed = PagedStream([[ticket(1)], []], files=files)
    assert land(zone, resumed).load.records_unchanged == 1
    usual = PagedStream([[]])
    land(zone, usual)

    assert [(each.high_water, each.files) for each in cut_short.walks] == [(None, {})]
    assert [each.high_water for each in resumed.walks] == [None]
    assert [(each.high_water, each.files) for each in usual.walks] == [(BEFORE, {"a": "1"})]


def test_a_deleted_record_is_landed_as_a_deletion(zone: LandingZone) -> None:
    land(zone, PagedStream([[{"id": 1, "trashed": NOON.isoformat()}]]))
    assert landed(zone, "operation") == ["delete"]


def test_the_manifest_says_what_the_load_is(zone: LandingZone) -> None:
    stream = PagedStream(
        [[ticket(1, NOON - ONE_HOUR)], [ticket(2, NOON - 2 * ONE_HOUR), ticket(3, None)]],
        lag=timedelta(minutes=5),
        files=[LandedFile(name="a.csv", sha256="f00", bytes=12)],
        rejects=[Reject(what="b.csv", reason="is empty")],
    )
    load = land(zone, stream).load
    assert load.outcome == "committed"
    assert load.extracted_at == NOON
    assert load.complete_through == NOON - timedelta(minutes=5)
    assert load.first_cursor_at == NOON - 2 * ONE_HOUR
    assert (load.records_read, load.records_landed, load.records_unchanged) == (3, 3, 0)
    assert load.rejects_count == 1
    assert zone.files_read("desk", "tickets") == {"a.csv": "f00"}
    folder = zone.load_folder("desk", "tickets", "00000001")
    assert Manifest.read(folder) == load
    assert '"extracted_at": "2026-11-20T12:00:00.000000Z"' in (folder / "manifest.json").read_text()


def test_an_empty_walk_still_moves_the_stream_on(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)]]))
    load = land(zone, PagedStream([[]], clock=TOMORROW)).load
    assert load.parts == ()
    assert load.complete_through == TOMORROW
    assert load.high_water == BEFORE
    assert not list(zone.load_folder("desk", "tickets", "00000002").glob("*.parquet"))


def test_nothing_is_left_in_staging(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)], [ticket(1), ticket(2)]]))
    land(zone, PagedStream([[ticket(1), ticket(3)]]))
    assert [path for path in (zone.lake / "_staging").rglob("*") if path.is_file()] == []


def test_a_record_that_did_not_change_is_counted_and_not_landed(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1), ticket(2)]]))
    load = land(zone, PagedStream([[ticket(2), ticket(1, score=5)]], clock=TOMORROW)).load
    assert (load.records_read, load.records_landed, load.records_unchanged) == (2, 1, 1)
    assert landed(zone, "record_id, load_id") == [
        ("1", "00000001"),
        ("2", "00000001"),
        ("1", "00000002"),
    ]


def test_the_order_of_keys_in_a_record_is_no_change(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1, score=5)]]))
    turned = dict(reversed(ticket(1, score=5).items()))
    assert land(zone, PagedStream([[turned]])).load.records_unchanged == 1


def test_a_record_met_twice_in_one_walk_is_landed_once(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)], [ticket(1), ticket(1, score=5), ticket(1, score=5)]]))
    assert landed(zone, "position") == [0, 2]


def test_a_record_that_goes_back_to_what_it_was_is_landed_again(zone: LandingZone) -> None:
    for score in (1, 2, 1):
        land(zone, PagedStream([[ticket(1, None, score=score)]]))
    assert [json.loads(each)["score"] for each in landed(zone, "payload")] == [1, 2, 1]


def test_an_old_version_that_is_read_again_after_a_newer_one_lands_nothing(
    zone: LandingZone,
) -> None:
    old, new = ticket(1, NOON - 2 * ONE_HOUR), ticket(1, NOON - ONE_HOUR)
    for _ in range(2):
        land(zone, PagedStream([[old, new]]))
    assert landed(zone, "cursor_at") == [datetime(2026, 11, 20, 10), datetime(2026, 11, 20, 11)]


def test_of_versions_dated_in_the_future_the_one_read_last_is_compared(zone: LandingZone) -> None:
    far, farther = NOON + timedelta(days=400), NOON + timedelta(days=800)
    for updated in (far, farther, far, far):
        land(zone, PagedStream([[ticket(1, updated)]]))
    assert [at.year for at in landed(zone, "cursor_at")] == [2027, 2029, 2027]


def test_a_version_dated_in_the_future_is_landed_again_once_its_date_has_come(
    zone: LandingZone,
) -> None:
    tonight, later = ticket(1, NOON, score=1), ticket(1, NOON + ONE_HOUR, score=2)
    land(zone, PagedStream([[later]]))
    for _ in range(2):
        land(zone, PagedStream([[tonight, later]], clock=TOMORROW))
    assert [json.loads(each)["score"] for each in landed(zone, "payload")] == [2, 1, 2]


def test_a_version_dated_at_the_clock_it_was_read_by_may_be_the_newest_again(
    zone: LandingZone,
) -> None:
    now, later = ticket(1, NOON), ticket(1, NOON + ONE_HOUR)
    land(zone, PagedStream([[now], [later], [now]]))
    assert landed(zone, "position") == [0, 1, 2]


def test_a_version_dated_in_the_future_counts_as_of_each_reading_so_an_older_one_does_not_cover_it(
    zone: LandingZone,
) -> None:
    ahead, older = ticket(1, TOMORROW, score=2), ticket(1, NOON + ONE_HOUR, score=1)
    land(zone, PagedStream([[ahead]]))
    land(zone, PagedStream([[ahead]], clock=NOON + 2 * ONE_HOUR))
    land(zone, PagedStream([[older]], clock=NOON + 3 * ONE_HOUR))
    assert landed(zone, "least(cursor_at, extracted_at)") == [
        datetime(2026, 11, 20, 12),
        datetime(2026, 11, 20, 14),
        datetime(2026, 11, 20, 13),
    ]


def test_the_high_water_is_the_greatest_cursor_seen(zone: LandingZone) -> None:
    load = land(zone, PagedStream([[ticket(1, NOON - ONE_HOUR)], [ticket(2, NOON - 2 * ONE_HOUR)]]))
    assert load.load.high_water == NOON - ONE_HOUR


def test_a_cursor_in_the_future_moves_the_high_water_to_the_clock_of_the_source_at_most(
    zone: LandingZone,
) -> None:
    stream = PagedStream([[ticket(1, datetime(2099, 1, 1, tzinfo=UTC))], [ticket(2, NOON)]])
    assert land(zone, stream).load.high_water == NOON


def test_the_high_water_never_goes_back(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1, NOON)]]))
    load = land(zone, PagedStream([[ticket(2, NOON - ONE_HOUR)]], clock=TOMORROW)).load
    assert load.high_water == NOON


def test_a_walk_is_told_where_the_last_one_ended(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)]], files=[LandedFile(name="a", sha256="f", bytes=1)]))
    stream = PagedStream([[]])
    land(zone, stream)
    assert stream.walks[0].high_water == BEFORE
    assert stream.walks[0].files == {"a": "f"}
    assert stream.walks[0].resume is None


def messages(*ids: int, clock: datetime = NOON) -> PagedStream:
    records = [ticket(each, clock) for each in ids]
    return PagedStream([records], name="messages", parents=["tickets"], clock=clock)


def test_a_first_walk_has_no_touched_parents(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)]]))
    stream = messages(1)
    land(zone, stream)
    assert stream.walks[0].touched == {}


def test_a_walk_is_told_which_parents_were_landed_since(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1), ticket(2), ticket(3)]]))
    land(zone, messages(1))
    land(zone, PagedStream([[ticket(1), ticket(3, score=1)]], clock=TOMORROW))
    land(zone, PagedStream([[ticket(2, score=1), ticket(3, score=2)]], clock=TOMORROW))
    stream = messages(2)
    land(zone, stream)
    assert stream.walks[0].touched == {"tickets": ("2", "3")}
    again = messages(3)
    land(zone, again)
    assert again.walks[0].touched == {"tickets": ()}


def test_of_a_parent_that_was_not_there_only_what_changed_since_is_touched(
    zone: LandingZone,
) -> None:
    land(zone, messages(1))
    years_ago, unknown = ticket(1, NOON - timedelta(days=900)), ticket(2, None)
    land(zone, PagedStream([[years_ago, unknown, ticket(3, NOON + ONE_HOUR)]], clock=TOMORROW))
    stream = messages(1)
    land(zone, stream)
    assert stream.walks[0].touched == {"tickets": ("2", "3")}


def broken(count: int) -> list[dict[str, object]]:
    return [ticket(f"b{n}", score=9) for n in range(count)]


@pytest.mark.parametrize(
    ("good", "bad", "outcome"),
    [(0, 10, "committed"), (0, 11, "refused"), (1089, 11, "committed"), (1088, 11, "refused")],
)
def test_a_load_is_refused_over_one_percent_and_over_ten_broken_records(
    zone: LandingZone, good: int, bad: int, outcome: str
) -> None:
    load = land(zone, PagedStream([[ticket(n) for n in range(good)], broken(bad)])).load
    assert load.outcome == outcome
    assert load.records_quarantined == bad


def test_a_refused_load_lands_nothing_and_moves_nothing_on(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)]]))
    stream = PagedStream(
        [[ticket(2, TOMORROW), *broken(11)]],
        clock=TOMORROW,
        files=[LandedFile(name="a", sha256="f", bytes=1)],
    )
    load = land(zone, stream).load
    assert load.outcome == "refused"
    assert "11 of 12 records break the contract of desk.tickets" in str(load.reason)
    assert (load.complete_through, load.high_water, load.parts) == (NOON, BEFORE, ())
    assert landed(zone, "record_id") == ["1"]
    assert zone.files_read("desk", "tickets") == {}
    following = PagedStream([[ticket(2, TOMORROW)]], clock=TOMORROW)
    assert land(zone, following).load.load_id == "00000003"
    assert following.walks[0].high_water == BEFORE
    assert [each.missing for each in balances(zone)] == [0]


def test_a_walk_that_failed_goes_on_after_its_last_page(zone: LandingZone) -> None:
    pages = [[ticket(1)], [ticket(2)], [ticket(3)]]
    with pytest.raises(ConnectionError):
        land(zone, PagedStream(pages, fails_before_page=2))
    assert landed(zone) == []
    stream = PagedStream(pages, clock=TOMORROW)
    done = land(zone, stream)
    assert done.is_resumed
    assert done.load.extracted_at == NOON
    assert stream.walks[0].resume == {"page": 2}
    assert landed(zone, "record_id") == ["1", "2", "3"]


def test_a_resumed_walk_is_told_the_same_touched_parents(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1), ticket(2)]]))
    land(zone, messages(1))
    land(zone, PagedStream([[ticket(2, score=1)]]))
    cut = PagedStream([[], []], name="messages", parents=["tickets"], fails_before_page=1)
    with pytest.raises(ConnectionError):
        land(zone, cut)
    land(zone, PagedStream([[ticket(1, score=5)]]))
    resumed = PagedStream([[], []], name="messages", parents=["tickets"])
    load = land(zone, resumed).load
    assert resumed.walks[0].touched == {"tickets": ("2",)}
    assert load.parents == {"tickets": "00000002"}


@pytest.mark.parametrize("torn", [b'{"records": [{"pos', b"\x00" * 4096, b"\x00" * 9 + b'"}]}\n'])
def test_what_a_crash_tore_off_the_journal_is_cut_away(zone: LandingZone, torn: bytes) -> None:
    pages = [[ticket(1)], [ticket(2)]]
    with pytest.raises(ConnectionError):
        land(zone, PagedStream(pages, fails_before_page=1))
    with zone.journal_file("desk", "tickets").open("ab") as journal:
        journal.write(torn)
    stream = PagedStream(pages)
    land(zone, stream)
    assert stream.walks[0].resume == {"page": 1}
    assert landed(zone, "record_id") == ["1", "2"]


def test_a_journal_without_a_whole_page_is_no_walk(zone: LandingZone) -> None:
    path = zone.journal_file("desk", "tickets")
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"load_id": "0000')
    stream = PagedStream([[ticket(1)]])
    assert not land(zone, stream).is_resumed
    assert landed(zone, "record_id") == ["1"]


def test_a_checkpoint_that_is_refused_starts_the_walk_afresh(zone: LandingZone) -> None:
    pages = [[ticket(1)], [ticket(2)]]
    with pytest.raises(ConnectionError):
        land(zone, PagedStream(pages, fails_before_page=1))
    stream = PagedStream(pages, clock=TOMORROW, forgets_checkpoints=True)
    done = land(zone, stream)
    assert [walk.resume for walk in stream.walks] == [{"page": 1}, None]
    assert not done.is_resumed
    assert done.load.extracted_at == TOMORROW
    assert done.load.records_read == 2


def test_a_walk_without_a_last_page_commits_nothing(zone: LandingZone) -> None:
    with pytest.raises(SourceError, match=r"desk\.tickets.*without a last page"):
        land(zone, PagedStream([]))
    assert zone.loads("desk", "tickets") == []


def test_a_walk_larger_than_one_buffer_is_landed_whole(zone: LandingZone) -> None:
    long_note = "x" * 1_000_000
    page = [ticket(n, note=f"{n}{long_note}") for n in range(20)]
    land(zone, PagedStream([page, [ticket(99)]]))
    assert landed(zone, "length(payload) > 1000000") == [True] * 20 + [False]


def test_parts_are_read_by_names_with_quotes(tmp_path: Path) -> None:
    zone = LandingZone(tmp_path / "Kim's lake")
    land(zone, PagedStream([[ticket(1)]]))
    land(zone, PagedStream([[ticket(1), ticket(2)]]))
    assert landed(zone, "record_id") == ["1", "2"]


def test_a_glob_over_the_zone_reads_whole_loads_alone(zone: LandingZone) -> None:
    land(zone, PagedStream([[ticket(1)]]))
    with pytest.raises(ConnectionError):
        land(zone, PagedStream([[ticket(2)], []], fails_before_page=1))
    with duckdb.connect() as connection:
        found = connection.execute(
            "select record_id from read_parquet($glob, hive_partitioning = false)",
            {"glob": str(zone.lake / "raw/source=*/stream=*/load_id=*/*.parquet")},
        ).fetchall()
    assert found == [("1",)]
