"""What a committed load says of itself. A load without its manifest does not exist."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from dagster_project import durable
from dagster_project.landing.instants import Instant

FILE_NAME = "manifest.json"


class ReadFile(BaseModel):
    """A file that a load has read whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    sha256: str
    bytes: int


class Manifest(BaseModel):
    """One load of one stream.

    Attributes:
        outcome: `refused` where too much of it broke the contract: nothing of it is landed.
        complete_through: Everything that happened in the source before this instant is landed.
        high_water: The greatest cursor seen so far, never later than the source's clock.
        parents: The newest load of each parent stream when the walk began.
        records_read: What the source gave, and what a full drop tells by leaving it out; 0 of a
            replay.
        records_gone: What the last full drop of the walk no longer holds.
        records_replayed: What a replay took out of quarantine, named by key in `released`.
        first_cursor_at: The earliest cursor among the load's records.
        rejects_count: Parts of the source that could not be read as records at all.
        reason: Why the load was refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    load_id: str
    source: str
    kind: str
    stream: str
    outcome: Literal["committed", "refused"]
    started_at: Instant
    committed_at: Instant
    extracted_at: Instant
    complete_through: Instant | None
    high_water: Instant | None
    parents: dict[str, str]
    records_read: int
    records_landed: int
    records_unchanged: int
    records_gone: int = 0
    records_quarantined: int
    records_replayed: int
    rejects_count: int
    first_cursor_at: Instant | None
    files: tuple[ReadFile, ...]
    parts: tuple[str, ...]
    released: tuple[str, ...]
    reason: str | None
    api_version: str
    connector_version: str

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a load's folder."""
        return cls.model_validate_json((folder / FILE_NAME).read_bytes())

    def write(self, folder: Path) -> None:
        """Write the manifest into a load's folder, durably."""
        durable.write_text(folder / FILE_NAME, self.model_dump_json(indent=2) + "\n")
