"""A server that speaks Gorgias' contract over the demo shop: who may ask, how often, and for what.

Pages are made in listing.py, records in wire.py.
"""

import base64
import math
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import format_datetime
from json import dumps
from typing import Self

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dagster_project.demo.listing import BadRequestError, Query, listings
from dagster_project.demo.seen import FIRST_TICKET_ID, Seen


@dataclass(frozen=True)
class Bucket:
    """A leaky bucket: it holds so many calls, and a full one runs empty in so many seconds."""

    calls: int
    seconds: float


GENEROUS = Bucket(calls=100_000, seconds=1.0)
REAL = Bucket(calls=40, seconds=20.0)
"""What Gorgias gives an API key."""


class _Level:
    """How full a bucket is."""

    def __init__(self, bucket: Bucket, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._leak = bucket.calls / bucket.seconds
        self._clock = clock
        self._calls = 0.0
        self._at = clock()

    def take(self) -> int | None:
        """Put a call in; where there is no room, return the seconds until there is."""
        now = self._clock()
        self._calls = max(0.0, self._calls - (now - self._at) * self._leak)
        self._at = now
        over = self._calls + 1 - self._bucket.calls
        if over > 0:
            return math.ceil(over / self._leak)
        self._calls += 1
        return None

    def __str__(self) -> str:
        return f"{math.ceil(self._calls)}/{self._bucket.calls}"


class DemoServer:
    """Serves a shop as seen at a clock, on a free port of this machine, while the context lasts.

    Args:
        seen: What there is to see; its clock is the server's.
        email, api_key: What a client has to know.
        bucket: How much it may ask.
        clock: Seconds that the bucket leaks by.
    """

    def __init__(
        self,
        seen: Seen,
        *,
        email: str,
        api_key: str,
        bucket: Bucket = GENEROUS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        token = base64.b64encode(f"{email}:{api_key}".encode()).decode()
        self._authorization = f"Basic {token}"
        self._level = _Level(bucket, clock)
        self.show(seen)
        self._socket = socket.create_server(("127.0.0.1", 0))
        routes = [
            Route("/api/tickets/{id:int}", self._guarded(self._ticket)),
            Route("/api/tickets/{id:int}/messages", self._guarded(self._ticket_messages)),
            Route("/api/{name}", self._guarded(self._list)),
        ]
        self._server = _Announced(
            uvicorn.Config(
                Starlette(routes=routes), log_config=None, date_header=False, lifespan="off"
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="demo-gorgias"
        )

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def show(self, seen: Seen) -> None:
        """Go on to another clock; what was asked before stays answered as it was."""
        self._seen, self._listings = seen, listings(seen)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _guarded(
        self, answer: Callable[[Request], str | None]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Answer those who may ask and have calls left, and refuse as Gorgias does."""

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("Authorization", "")
            if not secrets.compare_digest(given.encode(), self._authorization.encode()):
                return self._refusal(401, "Invalid credentials")
            wait = self._level.take()
            if wait is not None:
                return self._refusal(429, "Too many requests", {"Retry-after": str(wait)})
            try:
                body = answer(request)
            except BadRequestError as error:
                return self._refusal(400, str(error))
            return self._reply(200, body) if body else self._refusal(404, "Not found")

        return endpoint

    def _reply(self, status: int, body: str, headers: dict[str, str] | None = None) -> Response:
        return Response(
            body,
            status,
            {
                "Date": format_datetime(self._seen.clock, usegmt=True),
                "X-Gorgias-Account-Api-Call-Limit": str(self._level),
                **(headers or {}),
            },
            "application/json",
        )

    def _refusal(self, status: int, why: str, headers: dict[str, str] | None = None) -> Response:
        return self._reply(status, dumps({"error": {"msg": why, "data": None}}), headers)

    def _list(self, request: Request) -> str | None:
        listing = self._listings.get(request.path_params["name"])
        return listing.page(_query(request)) if listing else None

    def _ticket(self, request: Request) -> str | None:
        row = request.path_params["id"] - FIRST_TICKET_ID
        if not 0 <= row < self._seen.ticket_count:
            return None
        return self._listings["tickets"].render(np.array([row]))[0]

    def _ticket_messages(self, request: Request) -> str | None:
        if self._ticket(request) is None:
            return None
        ticket = {"ticket_id": [str(request.path_params["id"])]}
        return self._listings["messages"].page({**_query(request), **ticket})


class _Announced(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _query(request: Request) -> Query:
    return {key: request.query_params.getlist(key) for key in request.query_params}
