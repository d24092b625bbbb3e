"""A drop folder in a temporary place, and the real `files` source over it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dagster_project.sources.files import Files
from dagster_project.sources.seam import Page, Record, Reject, Stream, Walk

LONG_AGO = 1_600_000_000


@dataclass
class DropFolder:
    root: Path
    timezone: str = "Asia/Seoul"
    mapping: str | None = None
    complete_through: str | None = None
    pauses: list[float] = field(default_factory=list)

    def put(self, name: str, content: bytes | str, *, changed_at: float = LONG_AGO) -> Path:
        """Drop a file that nobody has touched for long."""
        path = self.root / "drops" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (changed_at, changed_at))
        return path

    def map_by(self, content: str) -> None:
        """Give the source a mapping file."""
        (self.root / "mapping.yml").write_text(content, encoding="utf-8")
        self.mapping = "mapping.yml"

    def source(self) -> Files:
        (self.root / "drops").mkdir(exist_ok=True)
        described = {
            "kind": "files",
            "name": "drops",
            "folder": "drops",
            "timezone": self.timezone,
            "mapping": self.mapping,
            "complete_through": self.complete_through,
        }
        return Files.model_validate(described, context={"folder": self.root})

    def streams(self) -> dict[str, Stream]:
        return {stream.name: stream for stream in self.source().streams(pause=self.pauses.append)}

    def walk(self, stream: str, walk: Walk | None = None) -> "Walked":
        return Walked(list(self.streams()[stream].pages(walk or Walk())))


@dataclass
class Walked:
    """What one walk yielded."""

    pages: Sequence[Page]

    @property
    def records(self) -> list[Record]:
        return [record for page in self.pages for record in page.records]

    @property
    def only(self) -> Record:
        (record,) = self.records
        return record

    @property
    def rejects(self) -> list[Reject]:
        return [reject for page in self.pages for reject in page.rejects]

    @property
    def files(self) -> Mapping[str, str]:
        return {file.name: file.sha256 for page in self.pages for file in page.files}

    def ids(self, key: str) -> list[Any]:
        return [record[key] for record in self.records]


def assert_refused(describe: Callable[[], object], key: str, words: str) -> None:
    """Hold that a description is refused at one key, and with these words."""
    try:
        describe()
    except ValidationError as refused:
        # pytest.raises would keep the error, and with it DuckDB past the end of the process.
        told = [(error["loc"], error["msg"]) for error in refused.errors()]
    else:
        told = []
    assert [place for place, _ in told] == [(key,)]
    assert words in told[0][1]
