"""Records that broke their contract: listed, replayed once what they broke is mended, purged."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from dagster_project.landing.commit import USUAL, commit
from dagster_project.landing.intake import Intake, Row
from dagster_project.landing.journal import Header, Journal, TreatedPage
from dagster_project.landing.land import unfinished_walk
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.zone import LandingZone

KEPT = timedelta(days=30)


class Entry(BaseModel):
    """What is kept of a refused record, redacted like everything else.

    A part of the source that could not be read as records at all has neither id nor record; its
    name stands in `field`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    record_id: str | None
    field: str
    reason: str
    remedy: str
    record: Any


@dataclass(frozen=True)
class Held:
    """An entry, with the load that it was refused in."""

    load: Manifest
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a replay did.

    Attributes:
        load: The load that it committed; None where nothing could be replayed.
        still_refused: Entries that break the contract still.
        superseded: Entries without a cursor whose record has landed since: which of the two is
            newer, nobody knows better than the later reading.
    """

    load: Manifest | None
    still_refused: int
    superseded: int


class UnfinishedWalkError(Exception):
    """A replay has to wait until the walk in progress is committed."""


def held(zone: LandingZone, source: str, stream: str) -> Iterator[Held]:
    """Yield what a stream has in quarantine, the oldest first; what was replayed is out."""
    loads = zone.loads(source, stream)
    released = {key for load in loads for key in load.released}
    for load in loads:
        path = zone.quarantine_file(source, stream, load.load_id)
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                entry = Entry.model_validate(json.loads(line))
                if entry.key not in released:
                    yield Held(load, entry)


def replay(zone: LandingZone, source: str, stream: str, intake: Intake) -> Replay:
    """Hold the contract, as it is now, against what is in quarantine, and land what keeps it.

    A refused load has nothing to replay: its records are all read again.

    Raises:
        UnfinishedWalkError: Where a walk of the stream was cut short and waits to be finished.
    """
    if unfinished_walk(zone, source, stream) is not None:
        raise UnfinishedWalkError(
            f"{source}.{stream}: a walk was cut short and waits to be finished;"
            " run `make nightly`, then replay"
        )
    entries = [
        each
        for each in held(zone, source, stream)
        if each.load.outcome == "committed" and each.entry.record is not None
    ]
    mended: list[tuple[Held, Row]] = []
    for each in entries:
        taken = intake.take_again(each.entry.record)
        if isinstance(taken, Row):
            mended.append((each, taken))
    landed_in = _last_landed_in(zone, source, stream, [row.record_id for _, row in mended])
    timely = [
        (each, row)
        for each, row in mended
        if row.cursor_at is not None or landed_in.get(row.record_id, "") < each.load.load_id
    ]
    return Replay(
        load=_commit(zone, source, stream, timely) if timely else None,
        still_refused=len(entries) - len(mended),
        superseded=len(mended) - len(timely),
    )


def purge(zone: LandingZone, now: datetime) -> int:
    """Remove what loads that began over 30 days ago kept in quarantine; return how many files."""
    old = [
        path
        for source, stream in zone.streams()
        for load in zone.loads(source, stream)
        if load.started_at < now - KEPT
        and (path := zone.quarantine_file(source, stream, load.load_id)).exists()
    ]
    for path in old:
        path.unlink()
    return len(old)


def _last_landed_in(
    zone: LandingZone, source: str, stream: str, record_ids: list[str]
) -> dict[str, str]:
    parts = zone.parts(source, stream)
    if not parts or not record_ids:
        return {}
    with duckdb.connect() as connection:
        found = connection.execute(
            "select record_id, max(load_id) from read_parquet($parts, hive_partitioning = false)"
            " where list_contains($record_ids, record_id) group by record_id",
            {"parts": parts, "record_ids": record_ids},
        ).fetchall()
    return dict(found)


def _commit(
    zone: LandingZone, source: str, stream: str, mended: list[tuple[Held, Row]]
) -> Manifest:
    """Commit a load that replays; it moves neither the high water nor the stream's completeness."""
    newest = zone.committed(source, stream)[-1]
    header = Header(
        load_id=zone.next_load_id(source, stream),
        source=source,
        kind=newest.kind,
        stream=stream,
        started_at=datetime.now(UTC),
        server_time=newest.extracted_at,
        complete_through=newest.complete_through,
        high_water_before=newest.high_water,
        parents=newest.parents,
        touched={},
        released=tuple(each.entry.key for each, _ in mended),
        api_version=newest.api_version,
        connector_version=newest.connector_version,
    )
    journal = Journal(zone.journal_file(source, stream), header)
    journal.append(TreatedPage(rows=[row for _, row in mended], checkpoint=None))
    return commit(zone, journal, USUAL)
