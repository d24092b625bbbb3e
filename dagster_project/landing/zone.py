"""What is committed in the landing zone, and where everything lies in it; all of it read only."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from dagster_project.landing.manifest import FILE_NAME, Manifest

WIDTH_OF_LOAD_ID = 8
FIRST_LOAD = "1".zfill(WIDTH_OF_LOAD_ID)


class LandingZone:
    """The landing zone of one shop.

    A load is a folder `raw/source=S/stream=T/load_id=L` with a manifest; ids of loads are numbers
    padded with zeros, so that the order of their text is the order of time.
    """

    def __init__(self, lake: Path) -> None:
        self.lake = lake

    def stream_folder(self, source: str, stream: str) -> Path:
        """Where the loads of a stream lie."""
        return self.lake / "raw" / f"source={source}" / f"stream={stream}"

    def load_folder(self, source: str, stream: str, load_id: str) -> Path:
        """Where one load lies once it is committed."""
        return self.stream_folder(source, stream) / f"load_id={load_id}"

    def staging(self, source: str, stream: str) -> Path:
        """Where a stream's walk in progress lies."""
        return self.lake / "_staging" / source / stream

    def journal_file(self, source: str, stream: str) -> Path:
        """The journal of a stream's walk in progress."""
        return self.staging(source, stream) / "journal.jsonl"

    def again_file(self, source: str, stream: str) -> Path:
        """Is there while a stream is to be walked once more from its beginning."""
        return self.staging(source, stream) / "again"

    def quarantine_file(self, source: str, stream: str, load_id: str) -> Path:
        """What a load kept in quarantine."""
        folder = self.lake / "quarantine" / f"source={source}" / f"stream={stream}"
        return folder / f"{load_id}.jsonl"

    def streams(self) -> list[tuple[str, str]]:
        """Return (source, stream) of everything that has ever been landed."""
        folders = (self.lake / "raw").glob("source=*/stream=*")
        return sorted(
            (folder.parent.name.removeprefix("source="), folder.name.removeprefix("stream="))
            for folder in folders
        )

    def loads(self, source: str, stream: str) -> list[Manifest]:
        """Return every load of a stream, the refused ones included, in the order of time."""
        manifests = self.stream_folder(source, stream).glob(f"load_id=*/{FILE_NAME}")
        return [Manifest.read(path.parent) for path in sorted(manifests)]

    def committed(self, source: str, stream: str) -> list[Manifest]:
        """Return the committed loads of a stream in the order of time."""
        return [load for load in self.loads(source, stream) if load.outcome == "committed"]

    def newest(self, source: str, stream: str) -> Manifest | None:
        """Return the newest committed load of a stream."""
        return next(reversed(self.committed(source, stream)), None)

    def next_load_id(self, source: str, stream: str) -> str:
        """Return the id after the greatest that any load of the stream has."""
        loads = self.loads(source, stream)
        return str(int(loads[-1].load_id) + 1).zfill(WIDTH_OF_LOAD_ID) if loads else FIRST_LOAD

    def parts(self, source: str, stream: str, *, after: str = "") -> list[str]:
        """Return the part files of a stream's loads, those alone that follow the load `after`."""
        return [
            str(self.load_folder(source, stream, load.load_id) / part)
            for load in self.committed(source, stream)
            if load.load_id > after
            for part in load.parts
        ]

    def files_read(self, source: str, stream: str) -> dict[str, str]:
        """Return name and sha256 of each file that committed loads have read whole."""
        return {
            file.name: file.sha256 for load in self.committed(source, stream) for file in load.files
        }

    def touched(
        self, source: str, parents: Iterable[str], since: Manifest | None
    ) -> dict[str, tuple[str, ...]]:
        """Return, for each parent stream, the ids of its records landed after the load `since`.

        A parent that had nothing landed when that load began has its whole history in its first
        load: of that, only what changed since then counts, by the source's own clock.
        """
        if since is None:
            return {}
        return {
            parent: self._landed_ids(source, parent, since.parents.get(parent), since)
            for parent in parents
        }

    def _landed_ids(
        self, source: str, stream: str, after: str | None, since: Manifest
    ) -> tuple[str, ...]:
        parts = self.parts(source, stream, after=after or "")
        if not parts:
            return ()
        condition = "true" if after else "(cursor_at is null or cursor_at >= $since)"
        parameters: dict[str, object] = {"parts": parts}
        if not after:
            parameters["since"] = since.extracted_at.replace(tzinfo=None)
        with duckdb.connect() as connection:
            rows = connection.execute(
                "select distinct record_id from read_parquet($parts, hive_partitioning = false)"
                f" where {condition} order by record_id",
                parameters,
            ).fetchall()
        return tuple(record_id for (record_id,) in rows)
