"""The error policy, over a real socket. Waits are noted, not slept."""

import logging
from datetime import UTC, datetime

import httpx
import pytest
from wire import DATE, Answer, answering, reply, reset, silent, truncated

from dagster_project.sources import http
from dagster_project.sources.http import LONGEST_WAIT_SECONDS, TRIES, Api, RefusedError
from dagster_project.sources.seam import SourceError

KEY = "canary-7f3a-of-the-key"
OUR_CLOCK = datetime(2026, 11, 20, 5, tzinfo=UTC)
FINE = reply(200, '{"data": []}', Date=DATE)


def ask(url: str, waits: list[float]) -> http.Reply:
    api = Api(
        source="desk",
        stream="tickets",
        base_url=url,
        auth=httpx.BasicAuth("reader@lamp.example", KEY),
        pace=lambda headers: 0.0,
        sleep=waits.append,
        now=lambda: OUR_CLOCK,
    )
    with api:
        return api.get("/api/tickets", {"limit": "100"})


def waits_after(*answers: Answer) -> list[float]:
    """Return what was waited before the answer that was fine at last."""
    waits: list[float] = []
    with answering(*answers, FINE) as wire:
        assert ask(wire.url, waits).body == {"data": []}
    assert len(wire.requests) == len(answers) + 1
    return waits


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("Fri, 20 Nov 2026 03:00:12 GMT", 12),
        ("Fri, 20 Nov 2026 09:00:12 +0600", 12),
        ("3600", LONGEST_WAIT_SECONDS),
        ("9" * 400, LONGEST_WAIT_SECONDS),
        ("Fri, 20 Nov 2099 03:00:12 GMT", LONGEST_WAIT_SECONDS),
        ("0", 1),
        ("-5", 1),
        ("nan", 1),
        ("soon", 1),
        ("Thu, 19 Nov 2026 03:00:12 GMT", 1),
    ],
)
def test_the_wait_that_the_vendor_asks_for_is_kept_where_it_makes_sense(
    retry_after: str, seconds: float
) -> None:
    assert waits_after(reply(429, Date=DATE, Retry_After=retry_after)) == [seconds]


def test_without_a_word_on_the_wait_it_doubles() -> None:
    too_many = reply(429, Date=DATE)
    assert waits_after(too_many, too_many, too_many, too_many) == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 524])
def test_a_status_that_may_pass_is_tried_again_whatever_its_body(status: int) -> None:
    assert waits_after(reply(status, "<html>Bad gateway</html>", Date=DATE)) == [1]


@pytest.mark.parametrize("answer", [truncated, reset], ids=["truncated", "reset"])
def test_an_answer_that_breaks_off_is_asked_for_again(answer: Answer) -> None:
    assert waits_after(answer) == [1]


def test_a_server_that_says_nothing_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", httpx.Timeout(0.05))
    assert waits_after(silent) == [1]


@pytest.mark.parametrize("body", ["", '{"data": [', "<html></html>", "\x00"])
def test_a_good_status_over_a_body_that_is_not_json_is_asked_for_again(body: str) -> None:
    assert waits_after(reply(200, body, Date=DATE)) == [1]


def test_what_does_not_pass_is_given_up_in_the_end_and_may_be_tried_another_day() -> None:
    waits: list[float] = []
    with answering(reply(503, Date=DATE)) as wire, pytest.raises(SourceError) as raised:
        ask(wire.url, waits)
    assert raised.value.may_be_tried_again
    assert len(wire.requests) == TRIES
    assert waits == [1, 2, 4, 8, 16, 32, 64]
    assert str(raised.value) == (
        "desk.tickets: GET /api/tickets: HTTP 503, 8 times in a row. It may pass: run the night "
        "again; the walk goes on after the last page that is safe."
    )


def test_a_server_that_is_not_there_is_given_up_in_the_end() -> None:
    with answering(FINE) as wire:
        pass
    with pytest.raises(SourceError, match=r"no whole answer \(ConnectError\)") as raised:
        ask(wire.url, [])
    assert raised.value.may_be_tried_again


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "does not know one of these parameters"),
        (401, "Check the credentials of this source in the shop file"),
        (403, "a role that may read it"),
        (404, "Check the domain or base_url"),
        (409, "The vendor's documentation"),
        (422, "The vendor's documentation"),
    ],
)
def test_every_other_refusal_is_final_at_once_and_says_what_to_do(status: int, remedy: str) -> None:
    waits: list[float] = []
    with answering(reply(status, Date=DATE)) as wire, pytest.raises(RefusedError) as raised:
        ask(wire.url, waits)
    assert (len(wire.requests), waits) == (1, [])
    assert not raised.value.may_be_tried_again
    assert raised.value.status == status
    expected = f"desk.tickets: GET /api/tickets (limit): HTTP {status}. "
    assert str(raised.value).startswith(expected)
    assert remedy in str(raised.value)


def test_credentials_do_not_follow_a_redirect() -> None:
    with answering(FINE) as elsewhere:
        moved = reply(302, Date=DATE, Location=f"{elsewhere.url}/api/tickets?key=1")
        with (
            answering(moved) as wire,
            pytest.raises(RefusedError, match="a redirect to 127") as raised,
        ):
            ask(wire.url, [])
    assert elsewhere.requests == []
    assert "key=1" not in str(raised.value)


def test_no_error_and_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    basic = httpx.BasicAuth("reader@lamp.example", KEY)._auth_header.removeprefix("Basic ")
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for answer in (reply(401, f'{{"msg": "{KEY}"}}'), reply(503, KEY), reply(200, KEY), reset):
            with answering(answer) as wire, pytest.raises(SourceError) as raised:
                ask(wire.url, [])
            assert basic in wire.requests[0]
            error: BaseException | None = raised.value
            while error is not None:
                told += [str(error), repr(error)]
                error = error.__cause__ or error.__context__
    told += [record.getMessage() for record in caplog.records]
    assert any("HTTP 503" in text for text in told)
    assert not [text for text in told if KEY in text or basic in text or "reader@" in text]


def test_each_wait_is_logged_with_its_source_and_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    waits_after(reply(429, Date=DATE, Retry_After="7"))
    assert [record.getMessage() for record in caplog.records] == [
        "desk.tickets: GET /api/tickets: HTTP 429 (try 1 of 8), waiting 7.0 s"
    ]


def test_the_pace_is_kept_between_requests_and_not_before_the_first() -> None:
    waits: list[float] = []
    with answering(FINE) as wire:
        api = Api(
            source="desk",
            stream="tickets",
            base_url=wire.url,
            auth=httpx.BasicAuth("", ""),
            pace=lambda headers: 2.5,
            sleep=waits.append,
        )
        with api:
            for _ in range(3):
                api.get("/api/tickets", {})
    assert waits == [2.5, 2.5]


def test_the_clock_is_the_servers_and_ours_only_where_it_shows_none() -> None:
    with answering(FINE, reply(200)) as wire:
        assert ask(wire.url, []).server_time.isoformat() == "2026-11-20T03:00:00+00:00"
        assert ask(wire.url, []).server_time == OUR_CLOCK
