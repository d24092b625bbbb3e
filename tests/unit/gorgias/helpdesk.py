"""A small helpdesk that speaks Gorgias' contract over a real socket, and fails as it is told to."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.sources.seam import Page, Stream

EMAIL = "reader@lamp.example"
API_KEY = "canary-7f3a-of-the-key"
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)

PARAMETERS = {
    "tickets": {"order_by"},
    "messages": {"order_by", "ticket_id"},
    "satisfaction-surveys": {"order_by"},
    "customers": {"order_by"},
    "users": set(),
    "events": {"created_datetime[gte]"},
    "tags": set(),
}

GetStream = Callable[[str], Stream]
ReadPages = Callable[..., list[Page]]

Place = tuple[str, int]
"""Where a record stands in a list: its instant, as text, and its id."""


@dataclass
class Helpdesk:
    """What a helpdesk holds, how it misbehaves, and what it was asked.

    Attributes:
        lists: The records of each list, by the last part of its path.
        interrupt: What happens right before the n-th request to a list (from 1) is answered;
            where it returns an answer, that one is given.
        asked: Every request that was let in: the list, and its parameters.
        gone, hidden: Tickets whose messages are refused with 404 and 403.
        next_cursor: Makes what is given as the next cursor out of the right one.
        headers: Makes more headers for each page.
    """

    lists: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in PARAMETERS}
    )
    interrupt: dict[tuple[str, int], Callable[[], Response | None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    keeps_order: bool = True
    keeps_filters: bool = True
    takes_cursors: bool = True
    next_cursor: Callable[[str | None], str | None] = lambda cursor: cursor
    headers: Callable[[], dict[str, str]] = dict

    def answer(self, request: Request) -> Response:
        """Answer a request as the vendor would, with its clock."""
        response = self._answer(request)
        response.headers["Date"] = format_datetime(NOW, usegmt=True)
        return response

    def _answer(self, request: Request) -> Response:
        right = base64.b64encode(f"{EMAIL}:{API_KEY}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {right}":
            return refusal(401)
        name, params = request.path_params["name"], dict(request.query_params)
        self.asked.append((name, params))
        number = sum(name == asked for asked, _ in self.asked)
        if (name, number) in self.interrupt and (instead := self.interrupt[name, number]()):
            return instead
        if not set(params) <= PARAMETERS[name] | {"cursor", "limit"}:
            return refusal(400)
        if params.get("ticket_id") in self.gone:
            return refusal(404)
        if params.get("ticket_id") in self.hidden:
            return refusal(403)
        if "cursor" in params and not self.takes_cursors:
            return refusal(400)
        return self._page(name, params)

    def _page(self, name: str, params: dict[str, str]) -> Response:
        column, _, direction = params.get("order_by", ":asc").partition(":")
        is_descending = direction == "desc" and self.keeps_order

        def place(record: dict[str, Any]) -> Place:
            return str(record[column]) if column else "", record["id"]

        records = sorted(self.lists[name], key=place, reverse=is_descending)
        if self.keeps_filters and "ticket_id" in params:
            records = [each for each in records if str(each["ticket_id"]) == params["ticket_id"]]
        if self.keeps_filters and (since := params.get("created_datetime[gte]")):
            records = [each for each in records if each["created_datetime"] >= since.rstrip("Z")]
        if "cursor" in params:
            instant, number = json.loads(base64.b64decode(params["cursor"]))
            last = (instant, number)
            records = [
                each
                for each in records
                if (place(each) < last if is_descending else place(each) > last)
            ]
        size = int(params.get("limit", "30"))
        shown, is_more = records[:size], len(records) > size
        cursor = base64.b64encode(json.dumps(place(shown[-1])).encode()) if is_more else None
        return page(
            shown,
            next_cursor=self.next_cursor(cursor.decode() if cursor else None),
            headers=self.headers(),
        )


def page(
    records: list[Any], *, next_cursor: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a page of a list."""
    meta = {"prev_cursor": None, "next_cursor": next_cursor}
    return JSONResponse({"object": "list", "data": records, "meta": meta}, headers=headers)


def refusal(status: int, **headers: str) -> Response:
    """Answer with an error; a careless vendor repeats the key in it."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return JSONResponse({"error": {"msg": f"no: {API_KEY}"}}, status_code=status, headers=named)


@dataclass
class Server:
    """A running server, and the helpdesk that answers at the moment."""

    url: str
    desk: Helpdesk = field(default_factory=Helpdesk)


@contextmanager
def serving() -> Iterator[Server]:
    """Serve helpdesks on a free port for as long as the context lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}")

    async def answer(request: Request) -> Response:
        return server.desk.answer(request)

    app = Starlette(routes=[Route("/api/{name}", answer)])
    config = uvicorn.Config(app, log_level="error", date_header=False, lifespan="off")
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        runner.should_exit = True
        thread.join()


def ids(pages: list[Page]) -> list[int]:
    """Return the ids of all records, in the order in which they came."""
    return [record["id"] for each in pages for record in each.records]
