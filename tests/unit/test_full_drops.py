"""A full drop tells all there is: what it leaves out is gone, unless it is not to be believed."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pytest
from drop_folder import DropFolder

from dagster_project.landing.balance import balances
from dagster_project.landing.commit import USUAL, Limits
from dagster_project.landing.land import land_stream
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.privacy import Keep, Pseudonymiser
from dagster_project.landing.quarantine import held
from dagster_project.landing.zone import LandingZone
from dagster_project.seeds import PROJECT_SEEDS
from dagster_project.sources.files import PAGE_RECORDS, FileStream
from dagster_project.sources.seam import Page, Walk

FULL = "files: '*.jsonl'\nentities: {agents: {drop: full}}\n"
MONDAY, TUESDAY, WEDNESDAY = (f"2026-03-0{day}T00:00:00Z" for day in (2, 3, 4))

Record = dict[str, Any]


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    drops = DropFolder(tmp_path)
    drops.map_by(FULL)
    return drops


@pytest.fixture
def zone(tmp_path: Path) -> LandingZone:
    return LandingZone(tmp_path / "lake")


def agent(agent_id: str, updated_at: str | None = None, **more: Any) -> Record:
    return {"agent_id": agent_id, "updated_at": updated_at, **more}


def agents(count: int, updated_at: str | None = None) -> list[Record]:
    return [agent(f"a{n}", updated_at) for n in range(count)]


def drop(drops: DropFolder, name: str, records: list[Record]) -> None:
    drops.put(f"{name}.jsonl", "".join(json.dumps(record) + "\n" for record in records))


def night(
    drops: DropFolder, zone: LandingZone, limits: Limits = USUAL, key: str | None = None
) -> Manifest:
    source = drops.source()
    (stream,) = source.streams(pause=drops.pauses.append)
    privacy = Pseudonymiser(key) if key else Keep()
    load = land_stream(source, stream, zone, privacy, limits).load
    assert [each.missing for each in balances(zone)] == [0]
    return load


def live(zone: LandingZone) -> list[str]:
    """Return the agents whose newest version does not say that they are gone.

    The rule is that of terms.md: the greatest date, unknown ones being oldest and those after
    their reading being of it; then the latest load.
    """
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select record_id, cursor_at, extracted_at, load_id, position, operation"
            " from read_parquet($parts, hive_partitioning = false)",
            {"parts": zone.parts("drops", "agents")},
        ).fetchall()
    newest: dict[str, tuple[Any, ...]] = {}
    for record_id, cursor_at, extracted_at, load_id, position, operation in rows:
        at = min(cursor_at, extracted_at) if cursor_at else datetime.min
        version = (at, load_id, position, operation)
        newest[record_id] = max(newest.get(record_id, version), version)
    return sorted(key for key, version in newest.items() if version[-1] == "upsert")


def test_what_a_full_drop_leaves_out_is_deleted(drops: DropFolder, zone: LandingZone) -> None:
    drop(drops, "1", agents(6, MONDAY))
    night(drops, zone)
    drop(drops, "2", [agent("new", TUESDAY), *agents(5, MONDAY)])

    load = night(drops, zone)

    assert live(zone) == ["a0", "a1", "a2", "a3", "a4", "new"]
    assert (load.records_read, load.records_landed, load.records_unchanged) == (7, 2, 5)
    assert load.records_gone == 1


def test_what_is_gone_is_landed_as_it_was_last_told(drops: DropFolder, zone: LandingZone) -> None:
    drop(drops, "1", [*agents(5, MONDAY), agent("x", MONDAY, name="Kim")])
    night(drops, zone)
    drop(drops, "2", agents(5, TUESDAY))
    night(drops, zone)

    with duckdb.connect() as connection:
        rows = connection.execute(
            "select operation, cursor_at, payload from read_parquet($parts)"
            " where record_id = 'x' order by load_id",
            {"parts": zone.parts("drops", "agents")},
        ).fetchall()

    assert [(operation, at, json.loads(payload)) for operation, at, payload in rows] == [
        (
            operation,
            datetime(2026, 3, 2),
            {"agent_id": "x", "name": "Kim", "updated_at": "2026-03-02T00:00:00.000000Z"} | mark,
        )
        for operation, mark in (("upsert", {}), ("delete", {"deleted": True}))
    ]


@pytest.mark.parametrize("updated_at", [None, MONDAY, "2099-01-01T00:00:00Z"])
def test_a_record_that_is_told_again_is_back(
    drops: DropFolder, zone: LandingZone, updated_at: str | None
) -> None:
    """With its old date, or without one."""
    drop(drops, "1", agents(5, updated_at))
    night(drops, zone)
    drop(drops, "2", [*agents(4, updated_at), agent("b", updated_at)])
    night(drops, zone)
    assert live(zone) == ["a0", "a1", "a2", "a3", "b"]
    drop(drops, "3", agents(5, updated_at))

    assert night(drops, zone).records_gone == 1
    assert live(zone) == ["a0", "a1", "a2", "a3", "a4"]


def test_a_delta_deletes_nothing(drops: DropFolder, zone: LandingZone) -> None:
    drops.map_by(FULL.replace("full", "delta"))
    drop(drops, "1", agents(6))
    night(drops, zone)
    drop(drops, "2", agents(1, MONDAY))

    assert night(drops, zone).records_gone == 0
    assert len(live(zone)) == 6


def test_the_same_full_drop_twice_changes_nothing(drops: DropFolder, zone: LandingZone) -> None:
    drop(drops, "1", agents(6))
    night(drops, zone)
    again = night(drops, zone)
    drop(drops, "2", agents(6))
    copied = night(drops, zone)

    assert (again.records_read, again.records_landed) == (0, 0)
    assert (copied.records_read, copied.records_unchanged, copied.records_landed) == (6, 6, 0)


def test_of_several_full_drops_in_a_night_the_last_one_decides(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "1", agents(10))
    drop(drops, "2", [*agents(9), agent("b")])
    drop(drops, "3", [*agents(8), agent("c")])

    load = night(drops, zone)

    assert live(zone) == [*(f"a{n}" for n in range(8)), "c"]
    assert load.records_gone == 3


def test_a_full_drop_that_is_replaced_under_its_name_is_a_new_one(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "agents", agents(6))
    night(drops, zone)
    drop(drops, "agents", agents(5))

    night(drops, zone)

    assert live(zone) == ["a0", "a1", "a2", "a3", "a4"]


@pytest.mark.parametrize(("left", "outcome"), [(8, "committed"), (7, "refused"), (5, "refused")])
def test_a_full_drop_that_shrinks_by_over_a_fifth_is_refused(
    drops: DropFolder, zone: LandingZone, left: int, outcome: str
) -> None:
    drop(drops, "1", agents(10))
    night(drops, zone)
    drop(drops, "2", agents(left))

    load = night(drops, zone)

    assert load.outcome == outcome
    assert len(live(zone)) == (left if outcome == "committed" else 10)


def test_the_refusal_of_a_full_drop_that_shrinks_says_what_to_do(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "1", agents(10))
    night(drops, zone)
    drop(drops, "2", agents(5))
    load = night(drops, zone)

    assert load.reason == (
        "2.jsonl is a full drop of 5 records where drops.agents had 10: over 20 % would be gone."
        " Nothing of this load is landed. Where it is cut short, export it again; where they are"
        " gone, raise full_drop_shrink_percent in the shop's settings.csv for a night"
    )
    assert night(drops, zone, Limits(full_drop_shrink_percent=50)).records_gone == 5


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_full_drop_deletes_nothing(
    drops: DropFolder, zone: LandingZone, content: str
) -> None:
    drop(drops, "1", agents(3))
    night(drops, zone)
    drops.put("2.jsonl", content)

    assert night(drops, zone).outcome == "refused"
    assert len(live(zone)) == 3


def test_a_record_in_quarantine_is_not_gone(drops: DropFolder, zone: LandingZone) -> None:
    drop(drops, "1", agents(6))
    night(drops, zone)
    drop(drops, "2", [*agents(5), agent("a5", role="owl")])

    load = night(drops, zone)

    assert (load.records_quarantined, load.records_gone) == (1, 0)
    assert [each.entry.record_id for each in held(zone, "drops", "agents")] == ["a5"]
    assert len(live(zone)) == 6


def test_a_key_that_is_personal_is_known_by_its_pseudonym(
    drops: DropFolder, zone: LandingZone
) -> None:
    key = "k" * 32
    drop(drops, "1", [agent(f"a{n}@example.com") for n in range(5)])
    night(drops, zone, key=key)
    drop(drops, "2", [agent(f"a{n}@example.com", MONDAY) for n in range(4)])

    assert night(drops, zone, key=key).records_gone == 1
    assert len(live(zone)) == 4


def test_a_full_drop_with_a_line_that_is_no_row_is_refused_whole(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "1", agents(6))
    night(drops, zone)
    lines = "".join(json.dumps(record) + "\n" for record in agents(5))
    drops.put("2.jsonl", f'{lines}{{"agent_id": "a5\n')

    load = night(drops, zone)

    assert (load.records_read, load.rejects_count) == (0, 1)
    [refused] = held(zone, "drops", "agents")
    assert refused.entry.field == "2.jsonl"
    assert refused.entry.reason == (
        "has a line that is no row, line 6 (no JSON), and so does not hold all that a full drop"
        " has to; export it again"
    )


@pytest.mark.parametrize("safe_pages", [1, 2])
def test_a_walk_that_is_cut_short_within_or_after_a_full_drop_goes_on_to_the_same_end(
    drops: DropFolder, zone: LandingZone, safe_pages: int
) -> None:
    drop(drops, "1", agents(PAGE_RECORDS + 2))
    night(drops, zone)
    drop(drops, "2", agents(PAGE_RECORDS + 1))
    source = drops.source()
    [stream] = source.streams(pause=drops.pauses.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileStream, "pages", cut_after(safe_pages, FileStream.pages))
        with pytest.raises(ConnectionError):
            land_stream(source, stream, zone, Keep())

    load = night(drops, zone)

    assert (load.records_gone, load.records_unchanged) == (1, PAGE_RECORDS + 1)


def cut_after(count: int, pages: Callable[..., Iterator[Page]]) -> Callable[..., Iterator[Page]]:
    """Return what yields the first pages alone, and then loses its source."""

    def cut(stream: FileStream, walk: Walk) -> Iterator[Page]:
        yield from islice(pages(stream, walk), count)
        raise ConnectionError

    return cut


def test_an_old_export_that_is_dropped_late_deletes_nothing_by_its_name(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "2026-03-03", agents(6))
    night(drops, zone)
    drop(drops, "2026-03-02", [*agents(5), agent("old")])

    load = night(drops, zone)
    again = night(drops, zone)

    assert (load.records_read, load.rejects_count, again.rejects_count) == (0, 1, 0)
    assert live(zone) == ["a0", "a1", "a2", "a3", "a4", "a5"]
    [refused] = held(zone, "drops", "agents")
    assert refused.entry.reason.startswith(
        "is a full drop that by its name is older than 2026-03-03.jsonl, so nothing of it is taken"
    )


def test_an_old_export_that_is_dropped_late_is_refused_for_what_it_tells(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "1", [agent("x", MONDAY), *agents(5, MONDAY)])
    night(drops, zone)
    drop(drops, "2", [agent("new", TUESDAY), agent("a0", TUESDAY), *agents(5, MONDAY)[1:]])
    night(drops, zone)
    drop(drops, "copy of 1", [agent("x", MONDAY), *agents(5, MONDAY)])

    load = night(drops, zone)

    assert load.outcome == "refused"
    assert str(load.reason).startswith(
        "copy of 1.jsonl is a full drop that tells 1 records of drops.agents in an older version"
    )
    assert live(zone) == ["a0", "a1", "a2", "a3", "a4", "new"]
    # The next export goes on, whatever still lies in the folder.
    drop(drops, "next", [agent("a0", WEDNESDAY), agent("new", TUESDAY), *agents(5, MONDAY)[1:]])
    assert night(drops, zone).outcome == "committed"
    assert live(zone) == ["a0", "a1", "a2", "a3", "a4", "new"]


def test_a_source_that_was_set_back_is_no_old_export_where_it_tells_something_new(
    drops: DropFolder, zone: LandingZone
) -> None:
    drop(drops, "1", [agent("a0", TUESDAY), *agents(5, MONDAY)[1:], agent("x", MONDAY)])
    night(drops, zone)
    drop(drops, "2", [agent("a0", MONDAY), *agents(5, MONDAY)[1:], agent("new", WEDNESDAY)])

    assert night(drops, zone).records_gone == 1
    assert live(zone) == ["a0", "a1", "a2", "a3", "a4", "new"]


def test_the_usual_limits_are_those_of_the_settings() -> None:
    settings = (PROJECT_SEEDS / "settings.csv").read_text(encoding="utf-8")
    for name, value in vars(USUAL).items():
        assert f"\n{name},{value},%," in settings
