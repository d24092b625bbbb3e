"""The one seam between a vendor and the landing zone: the shapes that every source speaks.

A source yields streams, a stream yields pages of raw records, and each page says where to go on
after it. No vendor, no file format and no storage belongs here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

Record = dict[str, Any]
"""One record as the source gave it: JSON values under text keys."""

Checkpoint = dict[str, Any]
"""Where a walk goes on: JSON that only the stream that wrote it can read."""

FieldType = Literal["id", "text", "instant", "date", "integer", "decimal", "boolean", "list"]
Personal = Literal["email", "phone", "address", "name", "free_text"]
TextKind = Literal["subject", "body"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """What a stream promises about one field.

    Attributes:
        path: Keys joined by dots; `[]` after a key stands for each element of a list
            (`source.to[].address`).
        type: What the value must be; unknown (null or empty text) passes unless `required`.
        choices: The closed list that the value must be in, lower case; empty means any.
        at_least, at_most: Bounds of a number, both included.
        scale_by: The path of the field whose word decides the scale of this number.
        scales: The bounds for each such word, both included.
        personal: What kind of personal data it is. It is replaced at landing by a keyed
            pseudonym; `free_text` is left out altogether. An `address` is an e-mail address where
            it holds an @, and a phone number elsewhere.
        read_as: The kind of topic rules that read this text before it is left out. Of several
            fields that are read as one kind the first that is known is read.
    """

    path: str
    type: FieldType = "text"
    required: bool = False
    choices: frozenset[str] = frozenset()
    at_least: float | None = None
    at_most: float | None = None
    scale_by: str | None = None
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    personal: Personal | None = None
    read_as: TextKind | None = None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a stream promises about its records; what breaks it goes to quarantine.

    Attributes:
        key: The path of the field that identifies a record within its source and stream.
        cursor: The path of the field that says when the record last changed, if there is one.
        fields: Every field that matters. Others are kept as they are, after a sweep for e-mail
            addresses.
        timezone: The IANA zone of instants that carry no offset.
        deleted: The path of a field that marks the record as gone: true, or any instant.
        api_version: The version of the vendor's interface that is spoken; empty where it has none.
    """

    key: str
    cursor: str | None
    fields: tuple[Field, ...]
    timezone: str = "UTC"
    deleted: str | None = None
    api_version: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of records, with where to go on after it.

    Attributes:
        records: Raw records, in the order of the source.
        checkpoint: Where to go on; None on the last page of the walk.
        server_time: The source's own clock when it gave the page (UTC, aware).
        files: Files that end with this page (`files` sources alone).
        rejects: Parts of the source that could not be read as records at all (whole files,
            undecodable lines): a text that holds no personal data, and the reason.
        full_drop: The sha256 of the file that its records are part of, where that file holds all
            there are; the page on which the file ends tells it under `files`.
    """

    records: Sequence[Record]
    checkpoint: Checkpoint | None
    server_time: datetime
    files: Sequence["LandedFile"] = ()
    rejects: Sequence["Reject"] = ()
    full_drop: str | None = None


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """A file that was read whole.

    Attributes:
        name: Its path below the source's folder.
        sha256: Of its content and of all that decides how it is read, such as a mapping.
    """

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A part of a source that could not be read as records."""

    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What a stream is told when it is asked for its pages.

    Attributes:
        high_water: The greatest cursor that the newest committed load has seen, never later than
            the source's clock at the start of that load; None where nothing is committed yet.
        resume: The checkpoint of the last page that is safe on disk; None at a fresh start.
        touched: For each parent stream, the ids of its records landed since this stream's newest
            load began; empty on the first walk.
        files: Names and sha256 of every file that earlier loads have read whole.
        rules: What of the topic rules decides how the stream's records are landed.
    """

    high_water: datetime | None = None
    resume: Checkpoint | None = None
    touched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""


class CheckpointRefusedError(Exception):
    """The source no longer takes the saved checkpoint: the walk has to start afresh."""


class Stream(Protocol):
    """One kind of record of one source."""

    @property
    def name(self) -> str:
        """The stream's name, the same in the landing zone and in dbt."""

    @property
    def contract(self) -> Contract:
        """What the stream promises about its records."""

    @property
    def parents(self) -> Sequence[str]:
        """Streams of the same source that land first and whose touched ids this one asks for."""

    @property
    def lag(self) -> timedelta:
        """How far behind its own clock the source may be when it answers."""

    def pages(self, walk: Walk) -> Iterator[Page]:
        """Yield pages until one has no checkpoint.

        Raises:
            SourceError: Where the source cannot be read; what was yielded before stays safe.
            CheckpointRefusedError: Before the first page, where `walk.resume` is no longer taken.
        """


class Source(Protocol):
    """One system of the shop, as its shop file describes it."""

    @property
    def name(self) -> str:
        """The name that the shop file gives it."""

    @property
    def kind(self) -> str:
        """The vendor, or `files`."""

    def streams(self) -> Sequence[Stream]:
        """Return the streams in the order in which they land."""


class SourceError(Exception):
    """A source could not be read. The message names the source, the stream and the remedy."""

    def __init__(self, message: str, *, may_be_tried_again: bool) -> None:
        super().__init__(message)
        self.may_be_tried_again = may_be_tried_again
