"""How a figure is asked for, and why single records are left out of it."""

import subprocess
import sys
from typing import Any

import pandas as pd
import pytest
from small_build import AS_OF, DEFINITION, TIMEZONE, definition, small_build

from dagster_project.explain import ExplainError, counted, understood
from expectations.second_way import Clock, Records, SecondWay

KPIS = [definition(), definition(id="answers", grains=["month", "year"])]


@pytest.mark.parametrize(
    ("period", "grain", "start"),
    [
        ({"DAY": "2026-01-06"}, "day", "2026-01-06"),
        ({"WEEK": "2026-01-11"}, "week", "2026-01-05"),
        ({"MONTH": "2026-02"}, "month", "2026-02-01"),
        ({"QUARTER": "2026-Q2"}, "quarter", "2026-04-01"),
        ({"YEAR": "2026"}, "year", "2026-01-01"),
    ],
)
def test_a_period_is_named_as_people_do(period: dict[str, str], grain: str, start: str) -> None:
    question = understood({"KPI": "answered_rate", "CHANNEL": "email", **period}, KPIS)
    assert (question.grain, question.start) == (grain, pd.Timestamp(start))
    assert question.channel == "email"


def test_without_a_channel_it_is_all_of_them() -> None:
    assert understood({"KPI": "answered_rate", "YEAR": "2026"}, KPIS).channel == "all"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "Which KPI? So: make explain KPI="),
        ({"KPI": "answered_rat"}, "There is no KPI 'answered_rat'; did you mean answered_rate?"),
        ({"KPI": "x"}, "There is no KPI 'x'; there are answered_rate, answers."),
        ({"KPI": "answers"}, "Give one of MONTH=2026-10, YEAR=2026."),
        ({"KPI": "answers", "YEAR": "2026", "MONTH": "2026-10"}, "Give one of MONTH=2026-10"),
        ({"KPI": "answers", "DAY": "2026-10-02"}, "is not told by day, but by month, year"),
        ({"KPI": "answers", "MONTH": "2026-13"}, "'2026-13' is no month; write MONTH=2026-10"),
        ({"KPI": "answers", "MONTH": "2026"}, "'2026' is no month; write MONTH=2026-10"),
    ],
)
def test_a_question_that_names_no_figure_is_told_how_to_ask(
    words: dict[str, str], says: str
) -> None:
    with pytest.raises(ExplainError) as told:
        understood(words, KPIS)
    assert says in str(told.value)


def tuesday(channel: str = "all", **second_way: Any) -> Records:
    """Return the records of 6 January: ticket 2, unanswered by e-mail, and 3, by chat."""
    as_of = pd.Timestamp(AS_OF).tz_localize(None)
    way = {
        "records": "select source, ticket_id, created_at as at, channel, team_id as person_id,"
        " exclusion_reason, first_response_seconds as wait from facts.fct_tickets",
        **second_way,
    }
    with small_build() as connection:
        connection.execute(
            "update facts.fct_tickets set exclusion_reason = 'spam' where ticket_id = '2'"
        )
        kpi = definition(second_way={**DEFINITION["second_way"], **way})
        clock = Clock(as_of=as_of, cut_at=as_of, timezone=TIMEZONE)
        day = (pd.Timestamp("2026-01-06"), pd.Timestamp("2026-01-07"))
        return SecondWay(connection, kpi, clock).records(day, channel)


def test_the_records_of_a_period_are_those_of_its_day_and_channel() -> None:
    assert tuesday().counted["ticket_id"].to_list() == ["2", "3"]
    assert tuesday().observed["numerator"].to_list() == [0, 1]
    assert tuesday("chat").counted["ticket_id"].to_list() == ["3"]


@pytest.mark.parametrize(
    ("where", "left_out"),
    [
        ("exclusion_reason.isnull()", {"2": "excluded: spam"}),
        (
            "exclusion_reason.isnull() and channel == 'email'",
            {"2": "excluded: spam", "3": "not channel == 'email' (channel is chat)"},
        ),
        ("wait > 60 and at < @as_of", {"2": "not wait > 60 (wait is unknown)"}),
        # Who somebody is, is never told.
        ("person_id == 'red'", {"3": "not person_id == 'red' (person_id is known)"}),
    ],
)
def test_a_record_is_left_out_for_the_first_condition_that_it_does_not_meet(
    where: str, left_out: dict[str, str]
) -> None:
    records = tuesday(where=where)
    assert dict(zip(records.left_out["ticket_id"], records.reasons, strict=True)) == left_out


def test_who_reads_the_first_line_alone_breaks_nothing() -> None:
    told = "from dagster_project.explain import show; show(str(n) for n in range(100_000))"
    process = subprocess.Popen(
        [sys.executable, "-c", told], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"0\n"
    process.stdout.close()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait()) == (b"", 0)


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 records"), (1, "1 record"), (1200, "1,200 records")]
)
def test_one_is_told_as_one(number: int, told: str) -> None:
    assert counted(number, "record") == told
