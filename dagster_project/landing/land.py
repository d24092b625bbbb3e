"""One stream's walk: its pages into the journal, the journal into a load. Others say which.

The caller holds the lock of the home, and decides what a failed stream means for the night.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from dagster_project.landing.commit import USUAL, Limits, commit
from dagster_project.landing.intake import Intake, Refused, Row
from dagster_project.landing.journal import Header, Journal, TreatedPage
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.privacy import Privacy
from dagster_project.landing.texts import NO_RULES, TextRules
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.seam import (
    CheckpointRefusedError,
    Page,
    Reject,
    Source,
    SourceError,
    Stream,
    Walk,
)

CONNECTOR_VERSION = version("stellar-marts")

Begin = Callable[[datetime], Journal]
"""Gives the journal to write to, told the source's clock on the first page."""


@dataclass(frozen=True, kw_only=True)
class LandedStream:
    """What became of one stream tonight; `load.outcome` says whether its records are landed."""

    load: Manifest
    pages: int
    is_resumed: bool


def land_stream(
    source: Source,
    stream: Stream,
    zone: LandingZone,
    privacy: Privacy,
    limits: Limits = USUAL,
    rules: TextRules = NO_RULES,
) -> LandedStream:
    """Land one stream, going on where an earlier run was cut short.

    Of its texts nothing is landed but which of the rules they meet.

    Raises:
        SourceError: Where the source cannot be read on; the pages so far wait in the journal.
    """
    intake = Intake(stream.contract, privacy, rules)
    journal = unfinished_walk(zone, source.name, stream.name)
    is_resumed = False
    if journal is not None:
        try:
            _go_on(source, stream, zone, intake, journal)
            is_resumed = True
        except CheckpointRefusedError:
            journal.discard()
    if journal is None or not is_resumed:
        journal = _walk_afresh(source, stream, zone, intake)
    load = commit(zone, journal, limits)
    if load.outcome == "committed" and journal.header.high_water_before is None:
        zone.again_file(source.name, stream.name).unlink(missing_ok=True)
    return LandedStream(load=load, pages=journal.pages, is_resumed=is_resumed)


def unfinished_walk(zone: LandingZone, source: str, stream: str) -> Journal | None:
    """Tidy up after a crash, and return the journal of a walk that is still to be finished."""
    journal = Journal.read_back(zone.journal_file(source, stream))
    if journal is None:
        return None
    if zone.load_folder(source, stream, journal.header.load_id).exists():
        journal.discard()
        return None
    if journal.header.released:
        commit(zone, journal, USUAL)
        return None
    return journal


def _go_on(
    source: Source, stream: Stream, zone: LandingZone, intake: Intake, journal: Journal
) -> None:
    if journal.is_complete:
        return
    walk = Walk(
        high_water=journal.header.high_water_before,
        resume=journal.checkpoint,
        touched=journal.header.touched,
        files=zone.files_read(source.name, stream.name),
        rules=intake.matches.fingerprint,
    )
    _follow(source, stream, intake, walk, lambda _: journal)


def _walk_afresh(source: Source, stream: Stream, zone: LandingZone, intake: Intake) -> Journal:
    newest = zone.newest(source.name, stream.name)
    loads = {parent: zone.newest(source.name, parent) for parent in stream.parents}
    if zone.again_file(source.name, stream.name).exists():
        walk = Walk(rules=intake.matches.fingerprint)
    else:
        walk = Walk(
            high_water=newest.high_water if newest else None,
            touched=zone.touched(source.name, stream.parents, newest),
            files=zone.files_read(source.name, stream.name),
            rules=intake.matches.fingerprint,
        )
    started_at = datetime.now(UTC)

    def begin(server_time: datetime) -> Journal:
        header = Header(
            load_id=zone.next_load_id(source.name, stream.name),
            source=source.name,
            kind=source.kind,
            stream=stream.name,
            started_at=started_at,
            server_time=server_time,
            complete_through=server_time - stream.lag,
            high_water_before=walk.high_water,
            parents={parent: load.load_id for parent, load in loads.items() if load},
            touched={parent: tuple(ids) for parent, ids in walk.touched.items()},
            deleted=stream.contract.deleted,
            api_version=stream.contract.api_version,
            connector_version=CONNECTOR_VERSION,
        )
        return Journal(zone.journal_file(source.name, stream.name), header)

    try:
        return _follow(source, stream, intake, walk, begin)
    except CheckpointRefusedError as refused:
        raise SourceError(
            f"{source.name}.{stream.name}: the source refused a checkpoint on a fresh walk,"
            " which has none; the connector needs mending",
            may_be_tried_again=False,
        ) from refused


def _follow(source: Source, stream: Stream, intake: Intake, walk: Walk, begin: Begin) -> Journal:
    """Write every page of a walk to its journal, each before the next is asked for."""
    journal: Journal | None = None
    for page in stream.pages(walk):
        if journal is None:
            journal = begin(page.server_time)
        journal.append(_treated(page, intake))
        if page.checkpoint is None:
            return journal
    raise SourceError(
        f"{source.name}.{stream.name}: the walk ended without a last page; the pages so far are"
        " kept, and the next run goes on after them",
        may_be_tried_again=True,
    )


def _treated(page: Page, intake: Intake) -> TreatedPage:
    rows: list[Row] = []
    refused: list[Refused] = []
    for record, matches in zip(page.records, intake.matches(page.records), strict=True):
        taken = intake.take(record, matches)
        if isinstance(taken, Row):
            rows.append(taken)
        else:
            refused.append(taken)
    return TreatedPage(
        rows=rows,
        refused=refused,
        checkpoint=page.checkpoint,
        files=page.files,
        full_drop=page.full_drop,
        rejects=[
            Reject(what=intake.sweep(each.what), reason=intake.sweep(each.reason))
            for each in page.rejects
        ],
    )
