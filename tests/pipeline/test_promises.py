"""What deviations promise, held on a few simulated years; `make promises` takes many."""

import pytest
from bench.promises import (
    THREE_MINUTES,
    TO_TEN_MINUTES,
    Judge,
    Years,
    caught_on_the_day,
)

from dagster_project.night import Plan


@pytest.fixture(scope="module")
def judge(guarded_shop: Plan) -> Judge:
    return Judge(guarded_shop.transform.target / "compiled/stellar/models")


def test_a_quiet_year_has_at_most_one_false_alarm_a_week(judge: Judge) -> None:
    years = Years(2)

    assert len(judge.deviations(years, seed=11)) <= years.weeks


def test_nine_in_ten_twofold_slowdowns_are_caught_on_the_first_day(judge: Judge) -> None:
    years = Years(2, slowdown=2)
    alarms = judge.deviations(years, seed=12)

    for channel in ("email", "chat", "kakaotalk", "phone"):
        assert caught_on_the_day(alarms, channel, years.slowed(channel)) >= 0.9, channel


def test_three_minutes_that_become_ten_overnight_are_always_caught(judge: Judge) -> None:
    years = Years(1, slowdown=TO_TEN_MINUTES, chat_seconds=THREE_MINUTES)
    alarms = judge.deviations(years, seed=13)

    assert caught_on_the_day(alarms, "chat", years.slowed("chat")) == 1
