"""Files that are dropped into a folder: which of them are read, when, and page by page.

How a format is read is said in formats.py, what a mapping does in mapping.py.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
)

from dagster_project.landing.instants import known_zone, zone_of
from dagster_project.sources.arrivals import Arrival, Pause, arrivals, tell_waiting
from dagster_project.sources.entities import Entity, entities
from dagster_project.sources.formats import (
    Reading,
    Row,
    Survey,
    UnreadableError,
    rows,
    survey,
    text_tables,
)
from dagster_project.sources.mapping import MappingFile, MisfitError
from dagster_project.sources.seam import (
    Checkpoint,
    Contract,
    LandedFile,
    Page,
    Record,
    Reject,
    SourceError,
    Stream,
    Walk,
)
from dagster_project.sources.values import Convert, as_word, converter, is_unknown

PAGE_RECORDS = 5000

SLIPS_SHARE = 0.01
SLIPS_AT_MOST = 10
"""A file with more lines than both that are no rows is not what it seems to be."""

CHUNK_BYTES = 2**20

logger = logging.getLogger(__name__)


def _beside_the_shop_file(path: Path | str, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("folder", "."), path)


def _existing_folder(path: Path, info: ValidationInfo) -> Path:
    folder = _beside_the_shop_file(path, info)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; make it, or correct its path")
    return folder


def _load_mapping(path: object, info: ValidationInfo) -> MappingFile | None:
    if path is None:
        return None
    if not isinstance(path, str):
        raise ValueError("must be the path of a mapping file")  # noqa: TRY004
    return MappingFile.load(_beside_the_shop_file(path, info))


class Files(BaseModel):
    """A folder of files, as the shop file describes it.

    Attributes:
        folder: Holds `<entity>/*` in the entities' own columns or, with a mapping, any files.
        timezone: The IANA zone of instants that carry no offset.
        mapping: The path of a mapping file.
        complete_through: The instant up to which the files tell everything, for exports that are
            replayed; None takes the moment at which they are read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["files"]
    name: str
    folder: Annotated[Path, AfterValidator(_existing_folder)]
    timezone: Annotated[str, AfterValidator(known_zone)]
    mapping: Annotated[MappingFile | None, BeforeValidator(_load_mapping)] = None
    complete_through: AwareDatetime | None = None

    @property
    def brings(self) -> Collection[str]:
        """The entities of the mapping, or the names of the folders."""
        if self.mapping is not None:
            return self.mapping.entities.keys()
        return {path.name for path in self.folder.iterdir() if path.is_dir()}

    def streams(self, *, pause: Pause = time.sleep) -> Sequence[Stream]:
        """Return a stream for each entity that the folder or the mapping brings."""
        known, brought = entities(), self.brings
        for name in sorted(set(brought).difference(known)):
            if not name.startswith((".", "_")):
                logger.warning(
                    "%s: the folder %s is no entity, so nothing in it is read; name it as one "
                    "of %s, or begin its name with an underscore",
                    self.name,
                    name,
                    ", ".join(known),
                )
        return [
            FileStream(
                source=self.name,
                entity=entity,
                folder=self.folder,
                timezone=self._timezone_of(name),
                mapping=self.mapping,
                complete_through=self.complete_through,
                pause=pause,
            )
            for name, entity in known.items()
            if name in brought
        ]

    def _timezone_of(self, entity: str) -> str:
        mapped = self.mapping.entities[entity].timezone if self.mapping else None
        return mapped or self.timezone


@dataclass(frozen=True)
class _Content:
    """What one file holds for one entity."""

    columns: Sequence[str]
    count: int
    rows: Iterator[Row]
    rejects: Sequence[Reject]


@dataclass(frozen=True, kw_only=True)
class FileStream:
    """The files of one folder that bring one entity, in the order of their names.

    A file that was read whole is not read again unless it changes, or its mapping, its zone or the
    topic rules that read its texts. One that is still being written waits for the next walk; one
    that cannot be read at all is a reject, and so is a full drop whose name sorts before that of
    one that was read.
    """

    source: str
    entity: Entity
    folder: Path
    timezone: str
    mapping: MappingFile | None
    complete_through: datetime | None
    pause: Pause
    parents: Sequence[str] = ()
    lag: timedelta = timedelta(0)

    @property
    def name(self) -> str:
        """The entity."""
        return self.entity.name

    @cached_property
    def contract(self) -> Contract:
        """What the entity's records must hold."""
        return self.entity.contract(self.timezone)

    def pages(self, walk: Walk) -> Iterator[Page]:
        """Yield the records of every file that is new or changed, and at last an empty page."""
        resume = walk.resume or {}
        has_read_any = bool(resume)
        found = self._arrivals()
        newest_read = max((each.name for each in found if each.name in walk.files), default="")
        for arrival in found:
            if arrival.name <= resume.get("after", ""):
                continue
            try:
                sha256 = self._sha256(arrival.path, walk.rules)
                if walk.files.get(arrival.name) == sha256:
                    has_read_any = True
                    continue
                if self._is_full and arrival.name < newest_read:
                    yield self._pass_over(arrival, sha256, newest_read)
                    continue
                yield from self._pages_of(arrival, sha256, resume)
                has_read_any = True
            except UnreadableError as error:
                yield self._refuse(arrival, str(error))
            except OSError as error:
                yield self._refuse(arrival, f"cannot be opened ({error.strerror}); see to it")
            except MisfitError as error:
                # Where no file fitted before, it is the mapping that is wrong and not the file.
                if not has_read_any:
                    raise SourceError(
                        f"source {self.source}, stream {self.name}, file {arrival.name}: {error}",
                        may_be_tried_again=False,
                    ) from None
                yield self._refuse(arrival, str(error))
        yield self._page()

    @property
    def _is_full(self) -> bool:
        return self.mapping is not None and self.mapping.entities[self.name].drop == "full"

    @property
    def _beside(self) -> Mapping[str, Path]:
        """The files that a select reads beside each file, under the names of their tables."""
        declared = self.mapping.entities[self.name].beside if self.mapping else {}
        return {name: self.folder / path for name, path in declared.items()}

    def _arrivals(self) -> Sequence[Arrival]:
        try:
            return arrivals(self._paths(), self.folder, self.pause)
        except OSError as error:
            raise SourceError(
                f"source {self.source}, stream {self.name}: {error.filename} cannot be read"
                f" ({error.strerror}); see that the folder is there, and run the night again",
                may_be_tried_again=True,
            ) from None

    def _paths(self) -> Iterator[Path]:
        if self.mapping is None:
            return (self.folder / self.name).iterdir()
        return self.mapping.paths(self.name, self.folder)

    def _pages_of(self, arrival: Arrival, sha256: str, resume: Checkpoint) -> Iterator[Page]:
        is_resumed = (resume.get("file"), resume.get("sha256")) == (arrival.name, sha256)
        done = resume["row"] if is_resumed else 0
        full_drop = sha256 if self._is_full else None
        with self._content(arrival) as content:
            make_record = self._record_maker(content.columns)
            left = islice(content.rows, done, None)
            while True:
                records = [make_record(row) for row in islice(left, PAGE_RECORDS)]
                done += len(records)
                if not arrival.holds_still():
                    tell_waiting(arrival)
                    return
                if done >= content.count:
                    break
                checkpoint = {"file": arrival.name, "sha256": sha256, "row": done}
                yield self._page(records, checkpoint, full_drop=full_drop)
            yield self._page(
                records,
                {"after": arrival.name},
                files=[LandedFile(name=arrival.name, sha256=sha256, bytes=arrival.size)],
                rejects=content.rejects,
                full_drop=full_drop,
            )

    def _sha256(self, path: Path, rules: str) -> str:
        """Return the digest of a file and of all that decides how it is read."""
        digest = hashlib.sha256(self.timezone.encode())
        digest.update(rules.encode())
        if self.mapping is not None:
            digest.update(self.mapping.fingerprint(self.name).encode())
        for each in (path, *self._beside.values()):
            try:
                with each.open("rb") as content:
                    while chunk := content.read(CHUNK_BYTES):
                        digest.update(chunk)
            except FileNotFoundError:
                if each == path:
                    raise
                beside = each.relative_to(self.folder)
                raise UnreadableError(
                    f"is read together with {beside}, which is not there; drop that too"
                ) from None
        return digest.hexdigest()

    @contextmanager
    def _content(self, arrival: Arrival) -> Iterator[_Content]:
        mapping, path = self.mapping, arrival.path
        reading = Reading() if mapping is None else mapping.reading(self.name)
        found = self._survey(path, reading)
        rejects = list(_rejects(arrival.name, found))
        if not found.columns and (mapping is not None or not found.count):
            yield _Content((), 0, iter(()), rejects)
            return
        if mapping is not None and mapping.entities[self.name].select is not None:
            beside = {}
            for name, other in self._beside.items():
                other_found = self._survey(other, reading)
                rejects += _rejects(other.relative_to(self.folder).as_posix(), other_found)
                tables = text_tables(other, reading, other_found)
                beside[name] = (other_found.columns, tables)
            file = (found.columns, text_tables(path, reading, found))
            with mapping.select(self.name, file, beside) as selected:
                yield _Content(selected.columns, selected.count, selected.rows, rejects)
            return
        columns: Sequence[str] = found.columns
        every = rows(path, reading, found)
        if mapping is not None:
            columns, every = mapping.declared(self.name, columns, every)
        if missing := self.entity.required.difference(columns):
            raise UnreadableError(
                f"has no column {', '.join(sorted(missing))}, without which no record is one of "
                f"{self.name}; add it, or describe the file by a mapping"
            )
        yield _Content(columns, found.count, every, rejects)

    def _survey(self, path: Path, reading: Reading) -> Survey:
        found = survey(path, reading)
        _refuse_litter(found)
        if found.slips and self._is_full:
            slip = found.slips[0]
            raise UnreadableError(
                f"has a line that is no row, line {slip.line} ({slip.reason}), and so does not"
                " hold all that a full drop has to; export it again"
            )
        return found

    def _record_maker(self, columns: Sequence[str]) -> Callable[[Row], Record]:
        """Return what turns a row of these columns into a canonical record.

        Known values come in their form and in the entity's order, others under `extra` as given.
        """
        places = {name: place for place, name in enumerate(columns)}
        zone = zone_of(self.timezone)
        known: list[tuple[str, int, Convert]] = [
            (name, places.pop(name), as_word if column.choices else converter(column.type, zone))
            for name, column in self.entity.columns.items()
            if name in places
        ]

        def make_record(row: Row) -> Record:
            record: Record = {
                name: convert(value)
                for name, place, convert in known
                if not is_unknown(value := row[place])
            }
            extra = {
                name: value for name, place in places.items() if not is_unknown(value := row[place])
            }
            if extra:
                record["extra"] = extra
            return record

        return make_record

    def _page(
        self,
        records: Sequence[Record] = (),
        checkpoint: Checkpoint | None = None,
        *,
        files: Sequence[LandedFile] = (),
        rejects: Sequence[Reject] = (),
        full_drop: str | None = None,
    ) -> Page:
        return Page(
            records=records,
            checkpoint=checkpoint,
            server_time=(self.complete_through or datetime.now(UTC)).astimezone(UTC),
            files=files,
            rejects=rejects,
            full_drop=full_drop,
        )

    def _pass_over(self, arrival: Arrival, sha256: str, newest: str) -> Page:
        """Return the page of a full drop that is older than one that was read."""
        reason = (
            f"is a full drop that by its name is older than {newest}, so nothing of it is taken;"
            " where it is the newer one, give it a name that sorts behind"
        )
        return self._page(
            checkpoint={"after": arrival.name},
            files=[LandedFile(name=arrival.name, sha256=sha256, bytes=arrival.size)],
            rejects=[Reject(what=arrival.name, reason=reason)],
        )

    def _refuse(self, arrival: Arrival, reason: str) -> Page:
        reject = Reject(what=arrival.name, reason=reason)
        return self._page(checkpoint={"after": arrival.name}, rejects=[reject])


def _refuse_litter(found: Survey) -> None:
    slips = found.slips
    if len(slips) > max(SLIPS_AT_MOST, SLIPS_SHARE * (found.count + len(slips))):
        raise UnreadableError(
            f"has {len(slips)} lines that are no rows, the first of them line {slips[0].line} "
            f"({slips[0].reason}); export it again"
        )


def _rejects(name: str, found: Survey) -> Iterator[Reject]:
    for slip in found.slips:
        yield Reject(what=f"{name}, line {slip.line}", reason=slip.reason)
