"""The one error policy of every source that is asked over HTTP: what is tried again, and when.

How a vendor's pages, fields and cursors look belongs in the vendor's own module.
"""

import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Self

import httpx
import stamina
import stamina.instrumentation

from dagster_project.sources.seam import SourceError

Sleep = Callable[[float], None]
Now = Callable[[], datetime]
Pace = Callable[[Mapping[str, str]], float]
"""Reads off the headers of a reply how many seconds to wait before the next request."""

TRIES = 8
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
TIMEOUT_SECONDS = httpx.Timeout(30.0, connect=10.0)

_REMEDIES = {
    400: "The vendor does not know one of these parameters: see whether a newer release does.",
    401: "Check the credentials of this source in the shop file.",
    403: "Give the user of these credentials a role that may read it.",
    404: "Check the domain or base_url of this source in the shop file.",
}

_log = logging.getLogger(__name__)

# They log whole URLs and headers, which may hold what nobody should read.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)
# A wait is logged below, with its source and stream.
stamina.instrumentation.set_on_retry_hooks([])


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the vendor answered: the JSON of the body, and its own clock (UTC, aware)."""

    body: Any
    server_time: datetime


class RefusedError(SourceError):
    """The vendor refused a request for good: asking again would change nothing."""

    def __init__(self, message: str, *, status: int, server_time: datetime) -> None:
        super().__init__(message, may_be_tried_again=False)
        self.status = status
        self.server_time = server_time


class _PassingError(Exception):
    """A request failed in a way that may pass; `wait` is what the vendor asked for, in seconds."""

    def __init__(self, what: str, *, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Api:
    """One vendor's API, for the length of one stream's walk.

    Credentials go to the host of `base_url` and nowhere else: redirects are not followed.

    Attributes:
        place: The source and the stream, as errors name them.
        sleep, now: This machine's clock; tests bring their own.
    """

    def __init__(
        self,
        *,
        source: str,
        stream: str,
        base_url: str,
        auth: httpx.Auth,
        pace: Pace,
        sleep: Sleep = time.sleep,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self.place = f"{source}.{stream}"
        self._client = httpx.Client(
            base_url=base_url,
            auth=auth,
            verify=_tls(),
            timeout=TIMEOUT_SECONDS,
            headers={"Accept": "application/json", "User-Agent": "stellar-marts"},
        )
        self._pace = pace
        self._sleep = sleep
        self._now = now
        self._owed_seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Ask for `path` until it is answered, or until it is plain that it will not be.

        Raises:
            RefusedError: At once, where asking again would change nothing.
            SourceError: After `TRIES` tries, where it may be tried again on another day.
        """
        request = f"{self.place}: GET {path}"
        for attempt in stamina.retry_context(
            on=_at_once_if_it_may_pass,
            attempts=TRIES,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=0,
        ):
            with attempt:
                if self._owed_seconds:
                    self._sleep(self._owed_seconds)
                try:
                    return self._ask(request, path, params)
                except _PassingError as trouble:
                    self._owed_seconds = trouble.wait or attempt.next_wait
                    if attempt.num < TRIES:
                        _log.warning(
                            "%s: %s (try %d of %d), waiting %.1f s",
                            *(request, trouble, attempt.num, TRIES, self._owed_seconds),
                        )
                    raise SourceError(
                        f"{request}: {trouble}, {attempt.num} times in a row. It may pass: run the "
                        "night again; the walk goes on after the last page that is safe.",
                        may_be_tried_again=True,
                    ) from trouble
        raise AssertionError("the last try either returns or raises")

    def _ask(self, request: str, path: str, params: Mapping[str, str]) -> Reply:
        try:
            response = self._client.get(path, params=params)
        except httpx.RequestError as error:
            raise _PassingError(f"no whole answer ({type(error).__name__})") from error
        server_time = _http_date(response.headers.get("Date", "")) or self._now()
        status = response.status_code
        if status in {408, 429} or status >= 500:
            raise _PassingError(
                f"HTTP {status}", wait=_asked_wait(response.headers.get("Retry-After"), server_time)
            )
        if response.is_redirect:
            host = response.next_request.url.host if response.next_request else "another place"
            raise RefusedError(
                f"{request}: HTTP {status}, a redirect to {host}, where the credentials do not "
                "go. Put the right host into domain or base_url in the shop file.",
                status=status,
                server_time=server_time,
            )
        if not response.is_success:
            asked = ", ".join(params) or "no parameters"
            raise RefusedError(
                f"{request} ({asked}): HTTP {status}. "
                + _REMEDIES.get(status, "The vendor's documentation says what it stands for."),
                status=status,
                server_time=server_time,
            )
        try:
            body = json.loads(response.content)
        except ValueError as error:
            raise _PassingError(f"HTTP {status} with a body that is not JSON") from error
        self._owed_seconds = self._pace(response.headers)
        return Reply(body=body, server_time=server_time)


@cache
def _tls() -> ssl.SSLContext:
    """Read the certificates once: it takes longer than a small stream's whole walk."""
    return httpx.create_ssl_context()


def _at_once_if_it_may_pass(error: Exception) -> bool | float:
    """Tell stamina whether to go on; the wait is slept by `Api`, whose clock can be replaced."""
    return 0.0 if isinstance(error, SourceError) and error.may_be_tried_again else False


def _asked_wait(text: str | None, server_time: datetime) -> float | None:
    """Return the seconds of a Retry-After, capped; None where it asks for nothing sensible.

    A date is compared with the clock of the server that wrote it, not with ours.
    """
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        at = _http_date(text)
        seconds = (at - server_time).total_seconds() if at else 0.0
    return min(seconds, LONGEST_WAIT_SECONDS) if seconds > 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
