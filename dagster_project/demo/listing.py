"""Lists as Gorgias pages them: filters, orders and opaque cursors over the demo shop's records.

The records' JSON is made in wire.py, what is HTTP in server.py.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa

from dagster_project.demo import wire
from dagster_project.demo.people import Codes
from dagster_project.demo.rhythm import NEVER, Instants, micros
from dagster_project.demo.seen import (
    FIRST_TICKET_ID,
    Seen,
)
from dagster_project.landing.instants import read_instant, zone_of

PAGE_SIZE = 30
LARGEST_PAGE = 100
TICKET_IDS_AT_MOST = 100

ROWS_AT_ONCE = 2000
"""Records that are put into JSON together; page by page would take ten times as long."""

BLOCKS_KEPT = 200
SELECTIONS_KEPT = 64

Render = Callable[[Codes], Sequence[str]]
Choose = Callable[[list[str]], Codes]
"""Returns the rows that a parameter with these values chooses, in ascending order."""

Query = Mapping[str, list[str]]


class BadRequestError(Exception):
    """A request that Gorgias would answer with 400."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list of the API.

    Attributes:
        uri: Its path.
        count: How many records it holds; they are known by their row.
        render: Puts rows into JSON.
        orders: The fields that it can be ordered by. The first is the default, newest first;
            without any, the rows go up.
        filters: Parameters that choose among the records.
    """

    uri: str
    count: int
    render: Render
    orders: Mapping[str, Instants] = field(default_factory=dict)
    filters: Mapping[str, Choose] = field(default_factory=dict)

    def page(self, query: Query) -> str:
        """Return the page that a request asks for, in the envelope of a list.

        Raises:
            BadRequestError: With what is wrong with the request.
        """
        unknown = query.keys() - self.filters.keys() - {"cursor", "limit", "order_by"}
        if unknown:
            raise BadRequestError(f"Unknown query parameters: {', '.join(sorted(unknown))}")
        limit = self._limit(query)
        order, is_falling = self._order(query)
        chosen = tuple((key, tuple(query[key])) for key in self.filters if key in query)
        keys, rows = self._selected(order, chosen)
        start, end = _span(query, order, keys, rows, limit=limit, is_falling=is_falling)
        step = -1 if is_falling else 1
        shown, shown_keys = rows[start:end][::step], keys[start:end][::step]
        more_up, more_down = end < rows.size, start > 0
        has_next, has_previous = (more_down, more_up) if is_falling else (more_up, more_down)

        def cursor(direction: str, place: int, *, exists: bool) -> str | None:
            if not (exists and shown.size):
                return None
            key = [direction, order, int(shown_keys[place]), int(shown[place])]
            return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()

        meta = {
            "prev_cursor": cursor("prev", 0, exists=has_previous),
            "next_cursor": cursor("next", -1, exists=has_next),
        }
        data = ",".join(self.render(shown))
        return f'{{"object":"list","uri":"{self.uri}","data":[{data}],"meta":{json.dumps(meta)}}}'

    def _limit(self, query: Query) -> int:
        limit = _integer(query.get("limit", [str(PAGE_SIZE)]), "limit")
        if not 1 <= limit <= LARGEST_PAGE:
            raise BadRequestError(f"limit: must be between 1 and {LARGEST_PAGE}")
        return limit

    def _order(self, query: Query) -> tuple[str, bool]:
        """Return the field to order by, empty for the rows themselves, and whether it falls."""
        asked = query.get("order_by", [f"{next(iter(self.orders))}:desc" if self.orders else ""])
        name, _, direction = asked[-1].partition(":")
        if name and (name not in self.orders or direction not in {"", "asc", "desc"}):
            raise BadRequestError(f"order_by: {asked[-1]} is not supported")
        return name, direction == "desc"

    @lru_cache(maxsize=SELECTIONS_KEPT)  # noqa: B019 - a listing lives as long as its server
    def _selected(
        self, order: str, chosen: tuple[tuple[str, tuple[str, ...]], ...]
    ) -> tuple[Instants, Codes]:
        """Return the chosen rows in rising order, and what they are ordered by."""
        rows = np.arange(self.count)
        for key, values in chosen:
            rows = np.intersect1d(rows, self.filters[key](list(values)), assume_unique=True)
        keys = self.orders[order][rows] if order else rows
        rising = np.lexsort((rows, keys))
        return keys[rising], rows[rising]

    __hash__ = object.__hash__


def _span(
    query: Query, order: str, keys: Instants, rows: Codes, *, limit: int, is_falling: bool
) -> tuple[int, int]:
    """Return where the page begins and ends among the rows in rising order."""
    if "cursor" not in query:
        return (max(rows.size - limit, 0), rows.size) if is_falling else (0, limit)
    try:
        direction, its_order, key, row = json.loads(base64.urlsafe_b64decode(query["cursor"][-1]))
    except ValueError:
        raise BadRequestError("cursor: is not valid") from None
    if its_order != order:
        raise BadRequestError("cursor: was given for another order_by")
    first, last = np.searchsorted(keys, key, "left"), np.searchsorted(keys, key, "right")
    if (direction == "next") != is_falling:
        start = int(first + np.searchsorted(rows[first:last], row, "right"))
        return start, min(start + limit, rows.size)
    end = int(first + np.searchsorted(rows[first:last], row, "left"))
    return max(end - limit, 0), end


def _integer(values: list[str], name: str) -> int:
    try:
        return int(values[-1])
    except ValueError:
        raise BadRequestError(f"{name}: is not an integer") from None


def _by_id(column: Codes, first_id: int, name: str) -> Choose:
    """Choose the rows whose column holds the row of an id."""
    order = np.argsort(column, kind="stable")
    in_order = column[order]

    def choose(values: list[str]) -> Codes:
        wanted = _integer(values, name) - first_id
        start = np.searchsorted(in_order, wanted, "left")
        end = np.searchsorted(in_order, wanted, "right")
        return order[start:end]

    return choose


def _among_ids(first_id: int, count: int) -> Choose:
    """Choose the rows of the ids that are listed, divided by commas or by repeating."""

    def choose(values: list[str]) -> Codes:
        listed = [_integer([text], "ticket_ids") for value in values for text in value.split(",")]
        if len(listed) > TICKET_IDS_AT_MOST:
            raise BadRequestError(f"ticket_ids: at most {TICKET_IDS_AT_MOST}")
        return np.array(sorted({id - first_id for id in listed} & set(range(count))), dtype=int)

    return choose


def _among_words(column: Codes, words: Mapping[str, int]) -> Choose:
    """Choose the rows whose column holds the code of one of the words."""

    def choose(values: list[str]) -> Codes:
        return np.flatnonzero(np.isin(column, [words[word] for word in values if word in words]))

    return choose


def _bounded(instants: Instants, bound: str) -> Choose:
    """Choose the rows of a rising column up to a bound, or from it on."""

    def choose(values: list[str]) -> Codes:
        try:
            moment = micros(read_instant(values[-1], zone_of("UTC")))
        except ValueError as error:
            raise BadRequestError(f"created_datetime[{bound}]: {error}") from None
        place = np.searchsorted(instants, moment, "left" if bound in {"gte", "lt"} else "right")
        every = np.arange(instants.size)
        return every[place:] if bound in {"gte", "gt"} else every[:place]

    return choose


def _in_blocks(count: int, render: Callable[[Codes], pa.Array]) -> Render:
    """Put rows into JSON many at a time, and keep what lies beside them for the next page."""

    @lru_cache(maxsize=BLOCKS_KEPT)
    def block(number: int) -> list[str]:
        start = number * ROWS_AT_ONCE
        texts: list[str] = render(np.arange(start, min(start + ROWS_AT_ONCE, count))).to_pylist()
        return texts

    return lambda rows: [block(row // ROWS_AT_ONCE)[row % ROWS_AT_ONCE] for row in rows.tolist()]


def _whole(name: str, texts: list[str]) -> Listing:
    return Listing(
        uri=f"/api/{name}",
        count=len(texts),
        render=lambda rows: [texts[row] for row in rows.tolist()],
    )


def listings(seen: Seen) -> Mapping[str, Listing]:
    """Return the lists of the helpdesk under their names, as at one clock."""
    desk = seen.story.desk
    count, sent = seen.ticket_count, desk.messages.sent[: seen.message_count]
    happened = desk.events.at[: seen.event_count]
    trashed = seen.tickets.trashed != NEVER
    return {
        "tickets": Listing(
            uri="/api/tickets",
            count=count,
            render=_in_blocks(count, lambda rows: wire.tickets(seen, rows)),
            orders={
                "created_datetime": desk.tickets.created[:count],
                "updated_datetime": seen.tickets.updated,
            },
            filters={
                "customer_id": _by_id(
                    seen.customer_of[desk.tickets.person[:count]], 0, "customer_id"
                ),
                "ticket_ids": _among_ids(FIRST_TICKET_ID, count),
                "trashed": lambda values: np.flatnonzero(~trashed | (values[-1] != "false")),
            },
        ),
        "messages": Listing(
            uri="/api/messages",
            count=sent.size,
            render=_in_blocks(sent.size, lambda rows: wire.messages(seen, rows)),
            orders={"created_datetime": sent},
            filters={
                "ticket_id": _by_id(desk.messages.ticket[: sent.size], FIRST_TICKET_ID, "ticket_id")
            },
        ),
        "satisfaction-surveys": Listing(
            uri="/api/satisfaction-surveys",
            count=seen.survey_count,
            render=_in_blocks(seen.survey_count, lambda rows: wire.surveys(seen, rows)),
            orders={"created_datetime": desk.surveys.created[: seen.survey_count]},
        ),
        "customers": Listing(
            uri="/api/customers",
            count=seen.writers.size,
            render=_in_blocks(seen.writers.size, lambda rows: wire.customers(seen, rows)),
            orders={
                "created_datetime": seen.writers_since,
                "updated_datetime": seen.writers_updated,
            },
        ),
        "events": Listing(
            uri="/api/events",
            count=happened.size,
            render=_in_blocks(happened.size, lambda rows: wire.events(seen, rows)),
            orders={"created_datetime": happened},
            filters={
                **{
                    f"created_datetime[{bound}]": _bounded(happened, bound)
                    for bound in ("gte", "gt", "lte", "lt")
                },
                "types[]": _among_words(
                    desk.events.what[: happened.size],
                    {word: code for code, word in enumerate(wire.EVENT_TYPES)},
                ),
                "user_ids[]": _among_words(
                    desk.events.actor[: happened.size],
                    {str(user.id): row for row, user in enumerate(wire.USERS)},
                ),
                "object_id": _by_id(
                    desk.events.ticket[: happened.size], FIRST_TICKET_ID, "object_id"
                ),
                "object_type": lambda values: np.arange(
                    happened.size if values[-1] == "Ticket" else 0
                ),
            },
        ),
        "users": _whole("users", wire.users(seen)),
        "teams": _whole("teams", wire.teams()),
        "tags": _whole("tags", wire.tags(seen)),
    }
