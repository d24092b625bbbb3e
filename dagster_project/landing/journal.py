"""The journal of a walk in progress: every page, checked and redacted, with where to go on.

A page and its checkpoint are one line, appended and synced before the next page is asked for, so
that a crash costs at most one page asked for again. What a crash tore off is cut away.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from dagster_project import durable
from dagster_project.landing.instants import Instant, write_instant
from dagster_project.landing.intake import Refused, Row
from dagster_project.sources.seam import Checkpoint, LandedFile, Reject

RECORDS = """struct(
    position bigint, record_id varchar, cursor_raw varchar, cursor_at timestamp,
    operation varchar, sha256 varchar, payload varchar
)[]"""
QUARANTINED = "varchar[]"
REJECTS = "struct(what varchar, reason varchar)[]"
FILES = "struct(name varchar, sha256 varchar, bytes bigint)[]"
FULL_DROP = "varchar"
"""The types of a page's columns, as DuckDB reads them."""

SMALLEST_BUFFER_BYTES = 16 * 1024 * 1024


class Header(BaseModel):
    """What holds for the whole walk, a resumed one included.

    Attributes:
        started_at: By this machine's clock.
        server_time: By the source's clock, when it gave the first page.
        deleted: The field of a record that marks it as gone.
        released: Keys of the quarantine that this walk replays; empty for a walk of the source.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    load_id: str
    source: str
    kind: str
    stream: str
    started_at: Instant
    server_time: Instant
    complete_through: Instant | None
    high_water_before: Instant | None
    parents: dict[str, str]
    touched: dict[str, tuple[str, ...]]
    deleted: str | None = None
    released: tuple[str, ...] = ()
    api_version: str
    connector_version: str


class Totals(BaseModel):
    """What the pages so far add up to; each line carries those up to itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: int = 0
    rows: int = 0
    quarantined: int = 0
    rejects: int = 0
    first_cursor_at: Instant | None = None
    last_cursor_at: Instant | None = None

    def with_page(self, page: "TreatedPage") -> "Totals":
        """Return the totals with one page more."""
        cursors = [row.cursor_at for row in page.rows if row.cursor_at is not None]
        known = (self.first_cursor_at, self.last_cursor_at)
        bounds = cursors + [each for each in known if each is not None]
        return Totals(
            read=self.read + len(page.rows) + len(page.refused),
            rows=self.rows + len(page.rows),
            quarantined=self.quarantined + len(page.refused),
            rejects=self.rejects + len(page.rejects),
            first_cursor_at=min(bounds, default=None),
            last_cursor_at=max(bounds, default=None),
        )


@dataclass(frozen=True, kw_only=True)
class TreatedPage:
    """A page whose records are checked and redacted."""

    rows: Sequence[Row]
    refused: Sequence[Refused] = ()
    checkpoint: Checkpoint | None
    files: Sequence[LandedFile] = ()
    rejects: Sequence[Reject] = ()
    full_drop: str | None = None


@dataclass(frozen=True)
class FullDrop:
    """A file that told all there is and was read whole; `sha256` marks the pages of its records."""

    name: str
    sha256: str


class Journal:
    """The journal of one walk of one stream; `full_drop` is the last of its full drops."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.header = header
        self.totals = Totals()
        self.checkpoint: Checkpoint | None = None
        self.pages = 0
        self.longest_line = 0
        self.full_drop: FullDrop | None = None

    @classmethod
    def read_back(cls, path: Path) -> "Journal | None":
        """Return the journal that a run before this one left, or None where no page is safe."""
        if not path.exists():
            return None
        journal, end = None, 0
        with path.open("rb") as lines:
            for line in lines:
                try:
                    if not line.endswith(b"\n"):
                        break
                    if journal is None:
                        journal = cls(path, Header.model_validate_json(line))
                    else:
                        journal._recall(line)
                except ValueError:
                    break
                end += len(line)
        if journal is None or journal.pages == 0:
            return None
        _cut(path, end)
        return journal

    @property
    def is_complete(self) -> bool:
        """Whether the last page of the walk is in it."""
        return self.pages > 0 and self.checkpoint is None

    def append(self, page: TreatedPage) -> None:
        """Add a page; it is safe on disk when this returns."""
        totals = self.totals.with_page(page)
        line = _line(page, self.totals.rows, totals)
        is_new = self.pages == 0
        if is_new:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            line = self.header.model_dump_json().encode() + b"\n" + line
        with self.path.open("wb" if is_new else "ab") as file:
            file.write(line)
        durable.sync_file(self.path)
        if is_new:
            durable.sync_folder(self.path.parent)
        self._count(line, totals, page.checkpoint)
        for each in page.files:
            self._find_full_drop(each.name, each.sha256, page.full_drop)

    def discard(self) -> None:
        """Remove the journal: its walk is committed, or cannot go on."""
        durable.fault_point()
        self.path.unlink(missing_ok=True)
        durable.sync_folder(self.path.parent)

    def as_table(self, **columns: str) -> str:
        """Return the SQL of a table of the pages; each column is told with its type."""
        size = max(self.longest_line + 1, SMALLEST_BUFFER_BYTES)
        typed = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
        return (
            # Of a single column DuckDB would try every line first, whether it is an object at all.
            f"read_json({quoted(self.path)}, format = 'newline_delimited', records = true,"
            f" columns = {{{typed}}}, maximum_object_size = {size})"
        )

    def _recall(self, line: bytes) -> None:
        page = json.loads(line)
        self._count(line, Totals.model_validate(page["totals"]), page["checkpoint"])
        for each in page["files"]:
            self._find_full_drop(each["name"], each["sha256"], page.get("full_drop"))

    def _count(self, line: bytes, totals: Totals, checkpoint: Checkpoint | None) -> None:
        self.pages += 1
        self.totals = totals
        self.checkpoint = checkpoint
        self.longest_line = max(self.longest_line, len(line))

    def _find_full_drop(self, name: str, sha256: str, full_drop: str | None) -> None:
        if sha256 == full_drop:
            self.full_drop = FullDrop(name, sha256)


def quoted(path: Path) -> str:
    """Return a path as SQL writes text."""
    return "'" + str(path).replace("'", "''") + "'"


def _line(page: TreatedPage, position: int, totals: Totals) -> bytes:
    records = [_record(row, position + n) for n, row in enumerate(page.rows)]
    content: Mapping[str, Any] = {
        "records": records,
        "quarantined": [refused.text for refused in page.refused],
        "files": [asdict(each) for each in page.files],
        "rejects": [asdict(each) for each in page.rejects],
        "full_drop": page.full_drop,
        "checkpoint": page.checkpoint,
        "totals": totals.model_dump(mode="json"),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _record(row: Row, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "record_id": row.record_id,
        "cursor_raw": row.cursor_raw,
        "cursor_at": None if row.cursor_at is None else write_instant(row.cursor_at),
        "operation": row.operation,
        "sha256": row.sha256,
        "payload": row.payload,
    }


def _cut(path: Path, end: int) -> None:
    if path.stat().st_size > end:
        with path.open("rb+") as file:
            file.truncate(end)
        durable.sync_file(path)
