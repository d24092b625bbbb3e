"""From a finished journal to a committed load: parts, manifest, quarantine, one rename.

Whatever step a crash falls on, running this again with the same journal ends in the same load.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project import durable
from dagster_project.landing import full_drop
from dagster_project.landing.journal import (
    FILES,
    QUARANTINED,
    RECORDS,
    REJECTS,
    Journal,
    quoted,
)
from dagster_project.landing.manifest import Manifest, ReadFile
from dagster_project.landing.zone import LandingZone

FEWEST_REFUSED = 10
"""A load is refused where more than this number and more than a share of it is in quarantine."""

PART = "part-0.parquet"

# A version counts as of its date; dated beyond the clock it was read by, as of its reading; without
# a date it is older than all others. Of versions that count as of one instant the last by (load_id,
# position) is the newest: so each is compared with the one before it of that instant, and an old
# file that is read again lands nothing.
FIND_UNCHANGED = """
    create temp table unchanged as
    with seen as (
        select
            record_id,
            case when cursor_at is not null then least(cursor_at, extracted_at) end as told_at,
            sha256,
            load_id,
            position
        from read_parquet($seen, hive_partitioning = false)
        where record_id in (select record_id from read_parquet($draft))
    ),
    compared as (
        select
            load_id,
            position,
            sha256 = lag(sha256) over (
                partition by record_id, told_at order by load_id, position
            ) as is_unchanged
        from seen
    )
    select position from compared where load_id = $load_id and is_unchanged
"""

WRITE_DRAFT = """
    copy (
        select
            $source as source,
            $stream as stream,
            row.record_id,
            row.cursor_raw,
            row.cursor_at,
            row.operation,
            row.sha256,
            $load_id as load_id,
            row.position,
            $extracted_at as extracted_at,
            $api_version as api_version,
            $connector_version as connector_version,
            row.payload,
        from (select unnest(records) as row from {journal})
    ) to {draft} (format parquet, compression zstd)
"""

WRITE_CHANGED = """
    copy (
        from read_parquet($drafts)
        where position not in (from unchanged)
        order by position
    ) to {part} (format parquet, compression zstd)
"""

BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where on a load is refused; seeds/settings.csv says so for a shop.

    Attributes:
        quarantine_share_percent: How much of it may be in quarantine.
        full_drop_shrink_percent: By how much a full drop may be smaller than what was known.
    """

    quarantine_share_percent: int = 1
    full_drop_shrink_percent: int = 20


USUAL = Limits()


@dataclass(frozen=True)
class _Written:
    """How many records did not change, and how many a full drop no longer holds."""

    unchanged: int = 0
    gone: int = 0


def commit(zone: LandingZone, journal: Journal, limits: Limits) -> Manifest:
    """Turn a finished journal into the newest load of its stream, and remove it."""
    header = journal.header
    load = zone.staging(header.source, header.stream) / "load"
    durable.remove_folder(load)
    load.mkdir()
    with duckdb.connect(config={"temp_directory": str(load.parent / "spill")}) as connection:
        reason = _too_much_refused(journal, limits)
        written = _Written()
        if reason is None:
            _write_draft(zone, journal, connection)
            drop = journal.full_drop
            seen = _seen(zone, journal)
            if drop is not None:
                weighed = full_drop.weigh(drop, journal, connection, seen)
                reason = weighed.reason_to_refuse(journal, limits.full_drop_shrink_percent)
            if reason is None:
                written = _write_part(zone, journal, connection, seen, has_full_drop=bool(drop))
        _write_quarantine(zone, journal, connection)
        manifest = _manifest(zone, journal, connection, written, reason=reason)
    manifest.write(load)
    durable.move_folder(load, zone.load_folder(header.source, header.stream, header.load_id))
    journal.discard()
    return manifest


def _too_much_refused(journal: Journal, limits: Limits) -> str | None:
    totals = journal.totals
    limit = max(FEWEST_REFUSED, limits.quarantine_share_percent / 100 * totals.read)
    if totals.quarantined <= limit or journal.header.released:
        return None
    return (
        f"{totals.quarantined} of {totals.read} records break the contract of"
        f" {journal.header.source}.{journal.header.stream}; nothing of this load is landed."
        " See them with `python -m dagster_project.landing quarantine list`, mend the source or"
        " its mapping, and run the night again"
    )


def _draft(zone: LandingZone, journal: Journal, name: str) -> Path:
    return zone.staging(journal.header.source, journal.header.stream) / f"{name}.parquet"


def _envelope(journal: Journal) -> dict[str, object]:
    header = journal.header
    return {
        "load_id": header.load_id,
        "extracted_at": header.server_time.replace(tzinfo=None),
        "api_version": header.api_version,
        "connector_version": header.connector_version,
    }


def _seen(zone: LandingZone, journal: Journal) -> list[str]:
    """Return the files of every version, those of this walk first."""
    parts = zone.parts(journal.header.source, journal.header.stream)
    return [str(_draft(zone, journal, "draft")), *parts]


def _write_draft(
    zone: LandingZone, journal: Journal, connection: duckdb.DuckDBPyConnection
) -> None:
    header, draft = journal.header, _draft(zone, journal, "draft")
    connection.execute(
        WRITE_DRAFT.format(journal=journal.as_table(records=RECORDS), draft=quoted(draft)),
        {"source": header.source, "stream": header.stream, **_envelope(journal)},
    )


def _write_part(
    zone: LandingZone,
    journal: Journal,
    connection: duckdb.DuckDBPyConnection,
    seen: list[str],
    *,
    has_full_drop: bool,
) -> _Written:
    """Write the rows that are new, and those that say what is gone."""
    draft, gone_draft = _draft(zone, journal, "draft"), _draft(zone, journal, "gone")
    part = draft.parent / "load" / PART
    connection.execute(
        FIND_UNCHANGED,
        {"draft": str(draft), "seen": seen, "load_id": journal.header.load_id},
    )
    unchanged = len(connection.execute("from unchanged").fetchall())
    drafts, gone = [str(draft)], 0
    if has_full_drop:
        gone = full_drop.write_gone(journal, connection, seen, _envelope(journal), gone_draft)
        drafts.append(str(gone_draft))
    if unchanged == gone == 0 < journal.totals.rows:
        durable.fault_point()
        draft.rename(part)
    elif unchanged < journal.totals.rows or gone:
        connection.execute(WRITE_CHANGED.format(part=quoted(part)), {"drafts": drafts})
    draft.unlink(missing_ok=True)
    gone_draft.unlink(missing_ok=True)
    if part.exists():
        durable.sync_file(part)
    return _Written(unchanged, gone)


def _write_quarantine(
    zone: LandingZone, journal: Journal, connection: duckdb.DuckDBPyConnection
) -> None:
    """Write what was refused: single records, then the parts that were no records at all."""
    header, totals = journal.header, journal.totals
    if totals.quarantined + totals.rejects == 0:
        return
    entries = itertools.chain(
        (json.loads(text) for text in _listed(journal, connection, "quarantined", QUARANTINED)),
        (_rejected(reject) for reject in _listed(journal, connection, "rejects", REJECTS)),
    )
    path = zone.quarantine_file(header.source, header.stream, header.load_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as lines:
        for n, entry in enumerate(entries, start=1):
            keyed = {"key": f"{header.load_id}:{n}", **entry}
            lines.write(json.dumps(keyed, ensure_ascii=False) + "\n")
    durable.sync_file(draft)
    durable.replace(draft, path)


def _rejected(reject: Mapping[str, str]) -> dict[str, str | None]:
    return {
        "record_id": None,
        "field": reject["what"],
        "reason": reject["reason"],
        "remedy": "mend it in the source; it is read again",
        "record": None,
    }


def _manifest(
    zone: LandingZone,
    journal: Journal,
    connection: duckdb.DuckDBPyConnection,
    written: _Written,
    *,
    reason: str | None,
) -> Manifest:
    header, totals = journal.header, journal.totals
    is_replay = bool(header.released)
    landed = totals.rows - written.unchanged + written.gone
    manifest = Manifest(
        load_id=header.load_id,
        source=header.source,
        kind=header.kind,
        stream=header.stream,
        outcome="committed",
        started_at=header.started_at,
        committed_at=datetime.now(UTC),
        extracted_at=header.server_time,
        complete_through=header.complete_through,
        high_water=_high_water(journal),
        parents=header.parents,
        records_read=0 if is_replay else totals.read + written.gone,
        records_landed=landed,
        records_unchanged=written.unchanged,
        records_gone=written.gone,
        records_quarantined=totals.quarantined,
        records_replayed=totals.read if is_replay else 0,
        rejects_count=totals.rejects,
        first_cursor_at=totals.first_cursor_at,
        files=tuple(ReadFile(**file) for file in _listed(journal, connection, "files", FILES)),
        parts=(PART,) if landed else (),
        released=header.released,
        reason=None,
        api_version=header.api_version,
        connector_version=header.connector_version,
    )
    return manifest if reason is None else _refused(manifest, zone, reason)


def _refused(manifest: Manifest, zone: LandingZone, reason: str) -> Manifest:
    """Return the manifest of a load that moves nothing on from where the stream was before."""
    before = zone.newest(manifest.source, manifest.stream)
    return manifest.model_copy(
        update={
            "outcome": "refused",
            "complete_through": before.complete_through if before else None,
            "high_water": before.high_water if before else None,
            "parents": before.parents if before else {},
            "records_landed": 0,
            "first_cursor_at": None,
            "files": (),
            "parts": (),
            "reason": reason,
        }
    )


def _high_water(journal: Journal) -> datetime | None:
    """Return the greatest cursor seen, never past the source's clock, never back."""
    before, seen = journal.header.high_water_before, journal.totals.last_cursor_at
    if seen is None:
        return before
    seen = min(seen, journal.header.server_time)
    return seen if before is None else max(before, seen)


def _listed(
    journal: Journal, connection: duckdb.DuckDBPyConnection, column: str, kind: str
) -> Iterator[Any]:
    """Yield the elements of one list column of the journal's pages, in the order of the walk."""
    pages = journal.as_table(**{column: kind})
    found = connection.execute(f"select unnest({column}) from {pages}")
    while batch := found.fetchmany(BATCH):
        yield from (value for (value,) in batch)
