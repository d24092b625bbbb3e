"""What packages for helpdesk data are known to get wrong, each held to what really happened.

One shop, landed in two drops and built once; each test looks at one ticket of it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hand_shop import HandShop, Record

AS_OF = datetime(2026, 3, 31, tzinfo=UTC)

Row = dict[str, Any]
Look = Callable[[str], Row]


def ticket(ticket_id: str, at: str, **more: Any) -> Record:
    return {
        "ticket_id": ticket_id,
        "created_at": f"2026-03-{at}",
        "status": "open",
        "channel": "email",
        "opened_by": "customer",
        **more,
    }


def said(ticket_id: str, sender: str, at: str, **more: Any) -> Record:
    return {
        "message_id": f"{ticket_id} {at}",
        "ticket_id": ticket_id,
        "sent_at": f"2026-03-{at}",
        "sender": sender,
        "is_public": True,
        **more,
    }


def status(ticket_id: str, at: str, was: str, is_: str, actor: str) -> Record:
    return event(ticket_id, at, "status", was, is_, actor=actor)


def event(
    ticket_id: str, at: str, kind: str, was: str | None, is_: str | None, **more: Any
) -> Record:
    return {
        "event_id": f"{ticket_id} {kind} {at}",
        "ticket_id": ticket_id,
        "at": f"2026-03-{at}",
        "kind": kind,
        "from_value": was,
        "to_value": is_,
        **more,
    }


FIRST_DROP = {
    "tickets": [
        ticket("rule", "02 09:00:00"),
        ticket("silent", "02 10:00:00", status="solved"),
        ticket("reopened", "02 11:00:00"),
        ticket("rated", "02 12:00:00", status="solved", closed_at="2026-03-02 13:00:00"),
        ticket("unheard", "02 13:00:00"),
        ticket("gone", "02 14:00:00"),
        ticket("outbound", "02 15:00:00", opened_by="agent"),
        ticket("passed on", "02 16:00:00"),
        ticket("a second", "02 10:00:59"),
        ticket("asked again", "02 17:00:00", status="solved"),
        ticket("no history", "02 18:00:00", status="closed", closed_at="2026-03-02 19:00:00"),
        ticket("priority", "02 19:00:00", priority="normal", updated_at="2026-03-02 19:00:00"),
    ],
    "messages": [
        said("rule", "customer", "02 09:00:00"),
        said("rule", "automation", "02 09:00:05"),
        said("rule", "agent", "02 09:30:00"),
        said("silent", "customer", "02 10:00:00"),
        said("reopened", "customer", "02 11:00:00"),
        said("reopened", "agent", "02 11:10:00"),
        said("reopened", "customer", "03 11:00:00"),
        said("rated", "customer", "02 12:00:00"),
        said("rated", "agent", "02 12:30:00"),
        said("unheard", "customer", "02 13:00:00"),
        said("gone", "customer", "02 14:00:00"),
        said("gone", "agent", "02 14:05:00"),
        said("outbound", "agent", "02 15:00:00"),
        said("outbound", "customer", "02 16:00:00"),
        said("outbound", "agent", "02 16:30:00"),
        said("passed on", "customer", "02 16:00:00"),
        said("a second", "customer", "02 10:00:59"),
        said("a second", "agent", "02 10:01:00"),
        said("asked again", "customer", "02 17:00:00"),
        said("asked again", "agent", "02 17:10:00"),
        said("asked again", "customer", "02 18:00:00"),
        said("no history", "customer", "02 18:00:00"),
        said("no history", "agent", "02 18:20:00"),
        said("priority", "customer", "02 19:00:00"),
    ],
    "ticket_events": [
        status("silent", "02 10:30:00", "open", "solved", "agent"),
        status("reopened", "02 12:00:00", "open", "solved", "agent"),
        status("reopened", "03 11:00:00", "solved", "open", "customer"),
        event("passed on", "02 16:10:00", "assignee", None, "1"),
        event("passed on", "02 16:20:00", "assignee", "1", None),
        event("passed on", "02 16:30:00", "assignee", None, "1"),
        event("passed on", "02 16:40:00", "assignee", "1", "2"),
        status("asked again", "02 17:15:00", "open", "solved", "agent"),
        status("asked again", "02 18:00:00", "solved", "open", "customer"),
        status("asked again", "02 18:30:00", "open", "solved", "automation"),
    ],
    "surveys": [
        {
            "survey_id": "rated",
            "kind": "csat",
            "ticket_id": "rated",
            "sent_at": "2026-03-02 13:00:00",
            "responded_at": "2026-03-02 14:00:00",
            "score": 2,
            "updated_at": "2026-03-02 14:00:00",
        }
    ],
}

SECOND_DROP = {
    "tickets": [
        ticket("gone", "02 14:00:00", deleted=True, updated_at="2026-03-20 00:00:00"),
        # Changed on the 26th, told of five days later.
        ticket("priority", "02 19:00:00", priority="urgent", updated_at="2026-03-26 00:00:00"),
    ],
    "surveys": [
        {
            **FIRST_DROP["surveys"][0],
            "responded_at": "2026-03-05 14:00:00",
            "score": 5,
            "updated_at": "2026-03-05 14:00:00",
        }
    ],
}


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    shop = HandShop(tmp_path_factory.mktemp("faults"), as_of=AS_OF)
    shop.land("first", FIRST_DROP)
    shop.land("second", SECOND_DROP)
    with shop.build() as connection:
        yield connection


@pytest.fixture
def look(marts: duckdb.DuckDBPyConnection) -> Look:
    def at(ticket_id: str) -> Row:
        found = marts.execute("from facts.fct_tickets where ticket_id = ?", [ticket_id])
        columns = [column[0] for column in found.description or ()]
        [row] = found.fetchall()
        return dict(zip(columns, row, strict=True))

    return at


def of_march(marts: duckdb.DuckDBPyConnection, kpi_id: str) -> tuple[Any, ...]:
    [row] = marts.execute(
        """
        select numerator, denominator from marts.kpi_values
        where
            kpi_id = ? and period_grain = 'month' and period_start = '2026-03-01'
            and channel = 'all' and slice = 'all' and statistic in ('value', 'mean')
        """,
        [kpi_id],
    ).fetchall()
    return tuple(row)


def test_a_rule_that_answers_in_five_seconds_is_no_first_response(look: Look) -> None:
    assert look("rule")["first_response_seconds"] == 30 * 60
    assert look("rule")["first_automated_response_seconds"] == 5


def test_solved_with_no_reply_is_zero_touch_neither_one_nor_more(look: Look) -> None:
    silent = look("silent")
    assert silent["touches"] == 0
    assert not silent["is_one_touch"]
    assert silent["is_unanswered"]


def test_reopened_and_still_open_is_one_reopening_and_no_resolution(look: Look) -> None:
    reopened = look("reopened")
    assert reopened["reopen_count"] == reopened["substantive_reopen_count"] == 1
    assert not reopened["is_closed_now"]
    assert reopened["resolution_seconds"] is None


def test_a_changed_answer_has_the_right_direction(marts: duckdb.DuckDBPyConnection) -> None:
    answers = marts.execute(
        "select first_score, score, direction from facts.fct_survey_responses"
    ).fetchall()
    assert answers == [(2, 5, "up")]


def test_tickets_without_a_reply_are_counted(marts: duckdb.DuckDBPyConnection) -> None:
    # Responses of 30, 10, 30, 30, 0, 10 and 20 minutes and one of a second, over the eleven
    # inbound tickets that are not deleted.
    minutes = 30 + 10 + 30 + 30 + 10 + 20
    assert of_march(marts, "average_response_time") == (minutes * 60 + 1, 11)


def test_a_deleted_ticket_is_in_no_kpi(look: Look, marts: duckdb.DuckDBPyConnection) -> None:
    assert look("gone")["exclusion_reason"] == "deleted"
    assert of_march(marts, "one_touch_resolution_rate")[1] == 10


def test_an_outbound_ticket_has_no_first_response_and_waits_from_the_customers_word(
    look: Look,
) -> None:
    outbound = look("outbound")
    assert outbound["first_response_seconds"] is None
    assert outbound["response_seconds_total"] == 30 * 60


def test_from_one_agent_to_none_to_the_same_to_another_is_one_transfer(look: Look) -> None:
    assert look("passed on")["transfer_count"] == 1


def test_from_59_seconds_past_to_the_next_minute_is_one_second(look: Look) -> None:
    assert look("a second")["first_response_seconds"] == 1


def test_solved_reopened_by_a_question_and_solved_again_is_no_one_touch(look: Look) -> None:
    again = look("asked again")
    assert again["touches"] == 1
    assert again["is_closed_now"]
    assert again["substantive_reopen_count"] == 1
    assert not again["is_one_touch"]


def test_a_ticket_without_any_history_breaks_nothing(look: Look) -> None:
    plain = look("no history")
    assert plain["resolution_seconds"] == 60 * 60
    assert plain["is_one_touch"]
    assert plain["transfer_count"] == plain["reopen_count"] == 0


def test_a_priority_changed_five_days_ago_that_arrives_late_shows_in_the_next_build(
    look: Look,
) -> None:
    assert look("priority")["priority"] == "urgent"
