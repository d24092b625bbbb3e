"""Who hears of failed nights, over a real socket."""

import json
import socket
from pathlib import Path

import pytest
from webhook import receiver

from dagster_project import alert
from dagster_project.home import Home

SECRET = "k3y-of-the-helpdesk"


def fail(home: Home, webhook: str | None, reason: str = "desk, tickets: refused") -> str | None:
    return alert.failed(
        home,
        shop="Seoul Lamp Co.",
        webhook=webhook,
        secrets=[SECRET],
        step="land",
        reason=reason,
        resume="make nightly",
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_failed_night_is_told_with_its_step_its_reason_and_the_command(home: Home) -> None:
    with receiver() as (webhook, told):
        assert fail(home, webhook) is None
    [body] = told
    assert body["event"] == "failed"
    assert body["shop"] == "Seoul Lamp Co."
    assert body["step"] == "land"
    assert body["reason"] == "desk, tickets: refused"
    assert body["resume"] == "make nightly"
    assert body["text"] == "Seoul Lamp Co.: the night failed at land. desk, tickets: refused"


def test_nights_that_fail_in_a_row_have_been_failing_since_the_first(home: Home) -> None:
    with receiver() as (webhook, told):
        fail(home, webhook)
        fail(home, webhook, "another reason")
    first, second = told
    assert second["failed_since"] == first["failed_since"] == first["at"]
    failure = alert.last_failure(home)
    assert failure is not None
    assert failure.reason == "another reason"
    assert failure.since < failure.at


def test_recovery_is_told_once(home: Home) -> None:
    with receiver() as (webhook, told):
        fail(home, webhook)
        assert alert.recovered(home, shop="Seoul Lamp Co.", webhook=webhook) is None
        assert alert.recovered(home, shop="Seoul Lamp Co.", webhook=webhook) is None
    assert [body["event"] for body in told] == ["failed", "recovered"]
    assert told[1]["failed_since"] == told[0]["at"]
    assert alert.last_failure(home) is None


def test_neither_a_secret_nor_an_address_of_a_person_leaves_the_house(home: Home) -> None:
    with receiver() as (webhook, told):
        fail(home, webhook, f"GET /?key={SECRET} said: no such user kim.min-ji@example.co.kr")
    assert SECRET not in json.dumps(told)
    assert told[0]["reason"] == "GET /?key=*** said: no such user ***"


def test_without_a_webhook_the_failure_is_remembered_all_the_same(home: Home) -> None:
    assert fail(home, None) is None
    failure = alert.last_failure(home)
    assert failure is not None
    assert failure.reason == "desk, tickets: refused"


def test_a_receiver_that_is_gone_fails_nothing(home: Home) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    trouble = fail(home, f"http://127.0.0.1:{port}/{SECRET}")
    assert trouble == "the alert webhook could not be told: ConnectError"
    assert alert.last_failure(home) is not None


def test_a_receiver_that_never_answers_holds_nothing_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert, "TIMEOUT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        trouble = fail(home, f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
    assert trouble == "the alert webhook could not be told: ReadTimeout"


def test_a_receiver_that_refuses_is_named_without_its_address(home: Home) -> None:
    with receiver(status=500) as (webhook, _):
        assert fail(home, webhook) == "the alert webhook could not be told: it answered 500"


@pytest.mark.parametrize("webhook", ["not an address", "ftp://example.org", "http://[::"])
def test_a_webhook_that_is_no_address_fails_nothing(home: Home, webhook: str) -> None:
    trouble = fail(home, webhook)
    assert trouble is not None
    assert trouble.startswith("the alert webhook could not be told")


def test_a_state_that_cannot_be_read_counts_as_failing(home: Home) -> None:
    (home.root / "failing.json").write_text('{"since": ')
    failure = alert.last_failure(home)
    assert failure is not None
    assert "cannot be read" in failure.reason
