"""A source for the tests of the landing zone: its pages are written down in the test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.landing.zone import LandingZone
from dagster_project.sources.seam import (
    CheckpointRefusedError,
    Contract,
    Field,
    LandedFile,
    Page,
    Record,
    Reject,
    Stream,
    Walk,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The clock of the source, unless a test moves it."""

BEFORE = NOON - timedelta(hours=1)
"""When a record last changed, unless a test says otherwise."""

TICKETS = Contract(
    key="id",
    cursor="updated",
    deleted="trashed",
    fields=(
        Field(path="id", type="id", required=True),
        Field(path="status", required=True, choices=frozenset({"open", "closed"})),
        Field(path="updated", type="instant"),
        Field(path="trashed", type="instant"),
        Field(path="score", type="integer", at_least=1, at_most=5),
        Field(path="customer.email", personal="email"),
        Field(path="customer.name", personal="name"),
        Field(path="customer.phones[]", personal="phone"),
        Field(path="body", personal="free_text"),
    ),
)


def ticket(record_id: Any, updated: datetime | None = BEFORE, **more: Any) -> Record:
    """A ticket that keeps its contract, unless `more` says otherwise."""
    return {
        "id": record_id,
        "status": "open",
        "updated": None if updated is None else updated.isoformat(),
        **more,
    }


@dataclass
class PagedStream:
    """A stream that gives the pages it is made of; a checkpoint is the number of the next one.

    Every request is written down in `asked`, a file, so that requests of processes that were
    killed are known as well.
    """

    records: Sequence[Sequence[Record]] = ((),)
    name: str = "tickets"
    contract: Contract = TICKETS
    parents: Sequence[str] = ()
    lag: timedelta = timedelta(0)
    clock: datetime = NOON
    asked: Path | None = None
    fails_before_page: int | None = None
    forgets_checkpoints: bool = False
    files: Sequence[LandedFile] = ()
    rejects: Sequence[Reject] = ()
    walks: list[Walk] = field(default_factory=list)

    def pages(self, walk: Walk) -> Iterator[Page]:
        self.walks.append(walk)
        if walk.resume is not None and self.forgets_checkpoints:
            raise CheckpointRefusedError
        first = walk.resume["page"] if walk.resume else 0
        for n in range(first, len(self.records)):
            if n == self.fails_before_page:
                raise ConnectionError("the line is dead")
            if self.asked is not None:
                with self.asked.open("a") as log:
                    log.write(f"{n}\n")
            is_last = n == len(self.records) - 1
            yield Page(
                records=self.records[n],
                checkpoint=None if is_last else {"page": n + 1},
                server_time=self.clock + timedelta(minutes=n),
                files=self.files if is_last else (),
                rejects=self.rejects if is_last else (),
            )


@dataclass
class Desk:
    """The source that has these streams."""

    all_streams: Sequence[Stream]
    name: str = "desk"
    kind: str = "gorgias"

    def streams(self) -> Sequence[Stream]:
        return self.all_streams


def landed(zone: LandingZone, columns: str = "*", stream: str = "tickets") -> list[Any]:
    """Return what is landed of a stream, in the order of reading; one column as plain values."""
    parts = zone.parts("desk", stream)
    if not parts:
        return []
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select {columns} from read_parquet($parts, hive_partitioning = false)"
            " order by load_id, position",
            {"parts": parts},
        ).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]
