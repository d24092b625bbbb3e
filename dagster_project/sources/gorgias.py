"""How Gorgias is asked: its streams, how far back each of them is read, its pages and cursors.

What its records promise is said in gorgias_contracts.py, what they mean in dbt_project/.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, zip_longest
from typing import Annotated, Any, ClassVar, Literal

import httpx
from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr, StringConstraints

from dagster_project.landing.instants import read_instant
from dagster_project.sources.gorgias_contracts import (
    CUSTOMERS,
    EVENTS,
    MESSAGES,
    SURVEYS,
    TAGS,
    TICKETS,
    USERS,
)
from dagster_project.sources.http import Api, RefusedError, Sleep
from dagster_project.sources.seam import (
    Checkpoint,
    CheckpointRefusedError,
    Contract,
    Page,
    Reject,
    SourceError,
    Stream,
    Walk,
)

PAGE_SIZE = 100
OVERLAP = timedelta(minutes=10)
EVENT_OVERLAP = timedelta(minutes=5)

SURVEY_WINDOW = timedelta(days=90)
"""A score comes long after its survey, and moves nothing that the list can be ordered by."""

EMPTY_PAGES_AT_MOST = 10
"""In a row; a list with more of them has no end."""

CURSOR_REFUSED = frozenset({400, 404, 410, 422})
"""How a saved cursor that has run out may be answered; the vendor does not say."""

BUCKET_SECONDS = 20
"""In this time an account's full bucket of calls runs empty (Enterprise: in half of it)."""

BUCKET_SHARE = 0.75
"""The rest of the bucket is left to the account's other integrations."""


class Gorgias(BaseModel):
    """One Gorgias account, as the shop file describes it.

    Attributes:
        email, api_key: Of the user in whose name it is read; sent as HTTP Basic.
        start: The first day to read (UTC); what last changed before it stays out.
        base_url: Where the API is asked instead of https://{domain}.gorgias.com.
        brings: The entities that its streams fill.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["gorgias"]
    name: str
    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    email: str
    api_key: SecretStr
    start: date
    base_url: HttpUrl | None = None
    brings: ClassVar[Sequence[str]] = (
        "tickets", "messages", "surveys", "customers", "agents", "ticket_events",
    )  # fmt: skip

    def streams(self, *, sleep: Sleep = time.sleep) -> Sequence[Stream]:
        """Return the streams in the order in which they land."""

        def connect(stream: str) -> Api:
            return Api(
                source=self.name,
                stream=stream,
                base_url=str(self.base_url or f"https://{self.domain}.gorgias.com"),
                auth=httpx.BasicAuth(self.email, self.api_key.get_secret_value()),
                pace=_bucket_wait,
                sleep=sleep,
            )

        def stream(
            way: type[_Listed],
            name: str,
            contract: Contract,
            look_back: timedelta = timedelta(0),
            *,
            parents: Sequence[str] = (),
        ) -> Stream:
            return way(
                name=name,
                contract=contract,
                look_back=look_back,
                parents=parents,
                start=datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC),
                connect=connect,
            )

        return (
            stream(_NewestFirst, "tickets", TICKETS, OVERLAP),
            stream(_Messages, "messages", MESSAGES, OVERLAP, parents=("tickets",)),
            stream(_NewestFirst, "satisfaction_surveys", SURVEYS, SURVEY_WINDOW),
            stream(_NewestFirst, "customers", CUSTOMERS, OVERLAP),
            stream(_Listed, "users", USERS),
            stream(_Filtered, "events", EVENTS, EVENT_OVERLAP),
            stream(_Listed, "tags", TAGS),
        )


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A list that is read from its first page to its last every night.

    Attributes:
        look_back: How long before the high water the next walk begins.
        lag: None is known; what comes late all the same is caught by `look_back`.
    """

    name: str
    contract: Contract
    look_back: timedelta
    parents: Sequence[str]
    start: datetime
    connect: Callable[[str], Api]
    lag: timedelta = timedelta(0)

    def pages(self, walk: Walk) -> Iterator[Page]:
        with self.connect(self.name) as api:
            yield from self._pages(api, walk)

    def _pages(self, api: Api, walk: Walk) -> Iterator[Page]:
        return self._list(api, {}, _saved_cursor(walk))

    def _since(self, walk: Walk) -> datetime:
        return max(self.start, walk.high_water - self.look_back) if walk.high_water else self.start

    def _list(self, api: Api, params: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        """Yield the list's pages from `cursor` on; each checkpoint is the cursor of the next."""
        path = f"/api/{self.name.replace('_', '-')}"
        saved, seen, empty_pages = cursor, {cursor}, 0
        while True:
            asked = {**params, "limit": str(PAGE_SIZE), **({"cursor": cursor} if cursor else {})}
            try:
                reply = api.get(path, asked)
            except RefusedError as error:
                if cursor and cursor == saved and error.status in CURSOR_REFUSED:
                    raise CheckpointRefusedError(str(error)) from error
                raise
            elements, cursor = _elements_and_cursor(api, reply.body)
            empty_pages = 0 if elements else empty_pages + 1
            if cursor and (cursor in seen or empty_pages > EMPTY_PAGES_AT_MOST):
                raise SourceError(
                    f"{api.place}: the list has no end, it gives a cursor that it gave before or "
                    "page after page with nothing in it. Run the night again; if it stays so, "
                    "report it to the vendor.",
                    may_be_tried_again=False,
                )
            seen.add(cursor)
            yield Page(
                records=[element for element in elements if isinstance(element, dict)],
                checkpoint={"cursor": cursor} if cursor else None,
                server_time=reply.server_time,
                rejects=[
                    Reject(what=f"element {n} of a page", reason="it is no JSON object")
                    for n, element in enumerate(elements, start=1)
                    if not isinstance(element, dict)
                ],
            )
            if cursor is None:
                return


@dataclass(frozen=True, kw_only=True)
class _Filtered(_Listed):
    """A list that the vendor filters by the contract's cursor."""

    def _pages(self, api: Api, walk: Walk) -> Iterator[Page]:
        since = f"{self._since(walk):%Y-%m-%dT%H:%M:%SZ}"
        return self._list(api, {f"{self.contract.cursor}[gte]": since}, _saved_cursor(walk))


@dataclass(frozen=True, kw_only=True)
class _NewestFirst(_Listed):
    """A list without a filter: read newest first, down to what an earlier walk has read.

    A record that changes while it is read moves to the head and is met by the next walk.
    """

    def _pages(self, api: Api, walk: Walk) -> Iterator[Page]:
        field, since, saved = str(self.contract.cursor), self._since(walk), _saved_cursor(walk)
        is_head = saved is None
        for page in self._list(api, {"order_by": f"{field}:desc"}, saved):
            instants = [_instant(record.get(field)) for record in page.records]
            if is_head and any(a < b for a, b in pairwise(filter(None, instants))):
                raise SourceError(
                    f"{api.place}: the first page does not go down by {field}, though it was asked "
                    f"to (order_by). A walk that ends at the first old record would lose the rest: "
                    "nothing is landed. Report it to the vendor.",
                    may_be_tried_again=False,
                )
            is_head = False
            new = [
                record
                for record, instant in zip(page.records, instants, strict=True)
                if instant is None or instant >= since
            ]
            if len(new) < len(page.records):
                yield replace(page, records=new, checkpoint=None)
                return
            yield page


@dataclass(frozen=True, kw_only=True)
class _Messages(_NewestFirst):
    """New messages, then every message of the tickets that were touched.

    A message that is edited, sent, opened or deleted later stays where it is in the list, but
    moves its ticket. The first walk reads all messages as it is.
    """

    def _pages(self, api: Api, walk: Walk) -> Iterator[Page]:
        touched = walk.touched.get("tickets", ()) if walk.high_water else ()
        saved_ticket = walk.resume and walk.resume.get("ticket")
        if saved_ticket is None:
            for page in super()._pages(api, walk):
                is_last = page.checkpoint is None and bool(touched)
                yield replace(page, checkpoint=_ticket(touched[0])) if is_last else page
            cursor = None
        elif saved_ticket in touched:
            touched = touched[touched.index(saved_ticket) :]
            cursor = _saved_cursor(walk)
        else:
            raise CheckpointRefusedError(f"{api.place}: ticket {saved_ticket} is not of this walk")
        for ticket, following in zip_longest(touched, touched[1:]):
            then = _ticket(following) if following else None
            yield from self._thread(api, ticket, cursor, then)
            cursor = None

    def _thread(
        self, api: Api, ticket: str, cursor: str | None, then: Checkpoint | None
    ) -> Iterator[Page]:
        """Yield the messages of one ticket; one that is gone or hidden gives an empty page."""
        try:
            for page in self._list(api, {"ticket_id": ticket}, cursor):
                if len({record.get("ticket_id") for record in page.records}) > 1:
                    raise SourceError(
                        f"{api.place}: asked for ticket {ticket} alone (ticket_id), the answer "
                        "holds several tickets. Report it to the vendor.",
                        may_be_tried_again=False,
                    )
                more = page.checkpoint and {"ticket": ticket, **page.checkpoint}
                yield replace(page, checkpoint=more or then)
        except RefusedError as error:
            if error.status not in {403, 404}:
                raise
            hidden = Reject(what=f"the messages of ticket {ticket}", reason="HTTP 403")
            yield Page(
                records=[],
                checkpoint=then,
                server_time=error.server_time,
                rejects=[hidden] if error.status == 403 else [],
            )


def _saved_cursor(walk: Walk) -> str | None:
    return walk.resume.get("cursor") if walk.resume else None


def _ticket(ticket: str) -> Checkpoint:
    return {"ticket": ticket, "cursor": None}


def _elements_and_cursor(api: Api, body: Any) -> tuple[list[Any], str | None]:
    match body:
        case {"data": list(elements), "meta": {"next_cursor": None | str() as cursor}}:
            return elements, cursor or None
    raise SourceError(
        f"{api.place}: the answer is JSON, but no page with `data` and `meta.next_cursor`. Check "
        "that domain or base_url in the shop file lead to the API; if so, report it to the vendor.",
        may_be_tried_again=False,
    )


def _instant(value: object) -> datetime | None:
    """Read an instant; what is none is kept, for the contract to find."""
    try:
        return read_instant(value, UTC)
    except ValueError:
        return None


def _bucket_wait(headers: Mapping[str, str]) -> float:
    """Return the seconds in which the bucket leaks down to our share of it."""
    used, _, size = headers.get("X-Gorgias-Account-Api-Call-Limit", "").partition("/")
    if not (used.isdecimal() and size.isdecimal() and int(size)):
        return 0.0
    return max(0.0, int(used) / int(size) - BUCKET_SHARE) * BUCKET_SECONDS
