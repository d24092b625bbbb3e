"""Which files a walk reads, page by page, and what it leaves for the next one."""

import logging
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from drop_folder import LONG_AGO, DropFolder, assert_refused

from dagster_project.sources.files import PAGE_RECORDS, Files
from dagster_project.sources.seam import Walk

TWO_AGENTS = "agent_id,name\n7,Kim\n8,Lee\n"


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


def test_a_stream_for_each_entity_that_has_a_folder(drops: DropFolder) -> None:
    drops.put("orders/o.csv", "")
    drops.put("agents/a.csv", "")
    drops.put("readme.txt", "")

    assert list(drops.streams()) == ["agents", "orders"]


def test_a_folder_that_is_no_entity_is_told(
    drops: DropFolder, caplog: pytest.LogCaptureFixture
) -> None:
    drops.put("ticket/t.csv", "")
    drops.put("_archive/t.csv", "")
    drops.put(".trash/t.csv", "")

    assert drops.streams() == {}
    (told,) = caplog.messages
    assert told.startswith("drops: the folder ticket is no entity")


def test_the_same_file_twice_changes_nothing(drops: DropFolder) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)
    first = drops.walk("agents")
    drops.put("agents/a.csv", TWO_AGENTS, changed_at=LONG_AGO + 9)

    again = drops.walk("agents", Walk(files=first.files))

    assert len(first.records) == 2
    assert again.records == []
    assert again.files == {}


def test_a_changed_file_is_read_again_and_a_new_one_beside_it(drops: DropFolder) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)
    drops.put("agents/b.csv", "agent_id\n9\n")
    first = drops.walk("agents")
    drops.put("agents/a.csv", "agent_id,name\n7,Park\n")
    drops.put("agents/c.csv", "agent_id\n10\n")

    again = drops.walk("agents", Walk(files=first.files))

    assert again.ids("agent_id") == ["7", "10"]
    assert set(again.files) == {"agents/a.csv", "agents/c.csv"}


def test_another_time_zone_reads_every_file_again(drops: DropFolder) -> None:
    drops.put("agents/a.csv", "agent_id,active_from\n7,2026-01-02 09:00\n")
    first = drops.walk("agents")
    drops.timezone = "UTC"

    again = drops.walk("agents", Walk(files=first.files))

    assert first.only["active_from"] == "2026-01-02T00:00:00.000000Z"
    assert again.only["active_from"] == "2026-01-02T09:00:00.000000Z"


def test_other_rules_read_every_file_again(drops: DropFolder) -> None:
    drops.put("tickets/t.csv", "ticket_id,created_at,status,channel,opened_by\n")
    first = drops.walk("tickets", Walk(rules="refund"))

    assert drops.walk("tickets", Walk(files=first.files, rules="refund")).files == {}
    assert set(drops.walk("tickets", Walk(files=first.files)).files) == {"tickets/t.csv"}


def test_an_export_is_complete_through_the_instant_that_the_shop_file_says_else_through_now(
    drops: DropFolder,
) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)
    before = datetime.now(UTC)
    read_now = drops.walk("agents")
    drops.complete_through = "2026-11-02T00:00:00+09:00"
    replayed = drops.walk("agents")

    assert all(page.server_time >= before for page in read_now.pages)
    assert {page.server_time.isoformat() for page in replayed.pages} == {
        "2026-11-01T15:00:00+00:00"
    }


def test_files_are_read_in_the_order_of_their_names(drops: DropFolder) -> None:
    for name in ("2026-02", "2026-01", "2025-12"):
        drops.put(f"agents/{name}.csv", f"agent_id\n{name}\n")

    assert drops.walk("agents").ids("agent_id") == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize("name", ["a.csv.tmp", "a.csv.part", "a.PARTIAL", ".a.csv"])
def test_an_unfinished_name_is_left_alone(drops: DropFolder, name: str) -> None:
    drops.put(f"agents/{name}", TWO_AGENTS)

    walked = drops.walk("agents")

    assert walked.records == []
    assert walked.rejects == []


def test_a_file_that_grows_during_the_pause_waits_for_the_next_walk(
    drops: DropFolder, caplog: pytest.LogCaptureFixture
) -> None:
    drops.put("agents/a.csv", "agent_id\n1\n")
    growing = drops.put("agents/b.csv", "agent_id\n2\n", changed_at=time.time())

    def write_on(_: float) -> None:
        with growing.open("a") as file:
            file.write("3\n")

    (stream,) = drops.source().streams(pause=write_on)
    pages = list(stream.pages(Walk()))

    assert [record["agent_id"] for page in pages for record in page.records] == ["1"]
    assert caplog.messages == ["agents/b.csv is still being written; it is read on the next walk"]


def test_a_file_that_holds_still_during_the_pause_is_read(drops: DropFolder) -> None:
    drops.put("agents/a.csv", "agent_id\n1\n", changed_at=time.time())
    drops.put("agents/b.csv", "agent_id\n2\n", changed_at=time.time() + 3600)

    assert drops.walk("agents").ids("agent_id") == ["1", "2"]
    assert drops.pauses == [2.0]


def test_nobody_waits_for_files_that_are_old(drops: DropFolder) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)

    drops.walk("agents")

    assert drops.pauses == []


def test_a_file_that_grows_while_it_is_read_is_not_taken_for_read(
    drops: DropFolder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    ids = "".join(f"{number}\n" for number in range(PAGE_RECORDS + 1))
    growing = drops.put("agents/a.csv", f"agent_id\n{ids}")
    pages = drops.streams()["agents"].pages(Walk())

    first = next(pages)
    with growing.open("a") as file:
        file.write("more\n")
    rest = list(pages)

    assert len(first.records) == PAGE_RECORDS
    assert [page.files for page in rest] == [()]
    assert drops.walk("agents").ids("agent_id")[-1] == "more"


def test_a_walk_goes_on_after_the_last_page_that_is_safe(drops: DropFolder) -> None:
    drops.put("agents/a.csv", "agent_id\n" + "".join(f"a{n}\n" for n in range(2 * PAGE_RECORDS)))
    drops.put("agents/b.csv", "agent_id\nb\nbroken,line\n")
    drops.put("agents/c.csv", "name\nnobody\n")
    whole = drops.walk("agents")

    # Whole files, a broken one and the last, empty page among them.
    assert [len(page.records) for page in whole.pages] == [PAGE_RECORDS, PAGE_RECORDS, 1, 0, 0]
    for done in range(1, 5):
        resumed = drops.walk("agents", Walk(resume=whole.pages[done - 1].checkpoint))
        kept = list(islice(whole.pages, done))
        records = [record for page in kept for record in page.records] + resumed.records
        rejects = [reject for page in kept for reject in page.rejects] + resumed.rejects
        files = [file.name for page in [*kept, *resumed.pages] for file in page.files]
        assert records == whole.records
        assert rejects == whole.rejects
        assert files == ["agents/a.csv", "agents/b.csv"]


def test_a_file_that_changed_since_its_checkpoint_is_read_from_its_start(
    drops: DropFolder,
) -> None:
    drops.put("agents/a.csv", "agent_id\n" + "".join(f"{n}\n" for n in range(PAGE_RECORDS + 1)))
    checkpoint = drops.walk("agents").pages[0].checkpoint
    drops.put("agents/a.csv", "agent_id\nnew\n")

    assert drops.walk("agents", Walk(resume=checkpoint)).ids("agent_id") == ["new"]


def test_the_last_page_alone_has_no_checkpoint(drops: DropFolder) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)

    pages = drops.walk("agents").pages

    assert [page.checkpoint is None for page in pages] == [False, True]


def test_a_file_without_a_required_column_says_what_is_missing(drops: DropFolder) -> None:
    drops.put("orders/o.csv", "order_id,total\n1,5\n")

    (reject,) = drops.walk("orders").rejects

    assert reject.what == "orders/o.csv"
    assert reject.reason == (
        "has no column created_at, currency, without which no record is one of orders; add it, or "
        "describe the file by a mapping"
    )


def test_a_link_and_a_name_with_brackets_are_files_like_others(drops: DropFolder) -> None:
    drops.put("agents/a.csv", TWO_AGENTS)
    (drops.root / "drops/agents/b.csv").symlink_to(drops.root / "drops/agents/a.csv")
    drops.put("agents/c[1].csv", TWO_AGENTS)

    assert len(drops.walk("agents").records) == 6


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"folder": "nowhere"}, "folder", "nowhere is no folder; make it"),
        ({"timezone": "Seoul"}, "timezone", "Seoul is no time zone; give an IANA name"),
        ({"timezone": "../x"}, "timezone", "is no time zone"),
        ({"mapping": "none.yml"}, "mapping", "none.yml: No such file or directory"),
        ({"mapping": {"files": "*"}}, "mapping", "must be the path of a mapping file"),
        ({"path": "drops"}, "path", "Extra inputs are not permitted"),
        ({"complete_through": "2026-11-02"}, "complete_through", "should have timezone info"),
    ],
)
def test_a_wrong_key_of_the_shop_file_is_refused_by_name(
    tmp_path: Path, change: dict[str, object], key: str, words: str
) -> None:
    (tmp_path / "drops").mkdir()
    described = {"kind": "files", "name": "drops", "folder": "drops", "timezone": "Asia/Seoul"}

    assert_refused(
        lambda: Files.model_validate(described | change, context={"folder": tmp_path}), key, words
    )
