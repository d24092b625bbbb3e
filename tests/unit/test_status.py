"""How fresh the marts are said to be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_publish import published

from dagster_project import alert
from dagster_project.home import Home
from dagster_project.status import report


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_nothing_published_yet_is_too_old(home: Home) -> None:
    lines, is_fresh = report(home, now=datetime.now(UTC))
    assert lines == [f"nothing has been published to {home.serving} yet"]
    assert not is_fresh


@pytest.mark.parametrize(("hours", "expected"), [(36, True), (36.1, False)])
def test_marts_may_be_36_hours_behind(home: Home, hours: float, expected: bool) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    published(home, as_of=an_hour_ago)
    _, is_fresh = report(home, now=an_hour_ago + timedelta(hours=hours))
    assert is_fresh is expected


@pytest.mark.parametrize("away", [timedelta(days=-400), timedelta(days=400)])
@pytest.mark.parametrize(("hours", "expected"), [(36, True), (36.1, False)])
def test_of_a_replay_only_the_time_of_publishing_is_judged(
    home: Home, away: timedelta, hours: float, expected: bool
) -> None:
    done = published(home, as_of=datetime.now(UTC) + away)
    _, is_fresh = report(home, now=done.published_at + timedelta(hours=hours))
    assert is_fresh is expected


def test_the_newest_build_its_as_of_and_the_failure_are_named(home: Home) -> None:
    published(home)
    newest = published(home)
    alert.failed(
        home,
        shop="Seoul Lamp Co.",
        webhook=None,
        secrets=[],
        step="guard",
        reason="csat_score, rule bounds: value is not at most 5",
        resume="STELLAR_HOME=/srv/lamp make nightly",
    )
    lines, _ = report(home, now=datetime.now(UTC))
    text = "\n".join(lines)
    assert newest.build_id in text
    assert "2026-11-20 15:00 UTC" in text
    assert "failing since" in text
    assert "last at guard" in text
    assert "csat_score, rule bounds: value is not at most 5" in text
    assert lines[-1] == "resume        STELLAR_HOME=/srv/lamp make nightly"
