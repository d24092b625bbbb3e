"""The independent reading of contacts, sessions, surveys and the forum, held to cases by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from reading import facts
from reading.shop import Record
from reading_records import (
    AS_OF,
    at,
    contact,
    event,
    message,
    read,
    row,
    session,
    survey,
    ticket,
)

MARCH = date(2025, 3, 1)
CLOSED = {"status": "solved", "closed_at": at("4 9:00"), "closed_by": "agent"}


def parts(found: dict[str, Any]) -> tuple[Any, Any]:
    return found["numerator"], found["denominator"]


def test_interactions_are_contacts_and_tickets_and_sessions_counted_once() -> None:
    desk = read(
        tickets=[
            ticket("1"),
            ticket("2"),
            ticket("3", is_spam=True),
            ticket("4", opened_by="agent"),
        ],
        live_contacts=[
            contact("a", "3 9:00", ticket_id="1"),
            contact("b", "3 9:00", "abandoned", queue_seconds=9, ticket_id="2"),
            contact("c", "3 9:00", "abandoned", queue_seconds=10),
            contact("d", "3 9:00", "abandoned"),
            contact("e", "3 9:00", "voicemail", ticket_id="3"),
        ],
        self_service_sessions=[
            session("a", "3 9:00", "escalated", ticket_id="2"),
            session("b", "3 9:00", "escalated", ticket_id="none such"),
            session("c", "3 9:00", "escalated", ticket_id="4"),
            session("d", "3 9:00", "abandoned"),
            session("e", "3 9:00", "abandoned", ticket_id="3"),
        ],
    )
    # Contacts a, c and d; ticket 2, which only a short abandon named; sessions b, c and d. What
    # hangs on spam is out, and session a counts as ticket 2.
    assert {key[1:] for key in facts.interactions(desk)} == {
        *(("call", each) for each in "acd"),
        ("ticket", "2"),
        *(("session", each) for each in "bcd"),
    }
    assert parts(row(desk, "abandonment_rate", "month", MARCH)) == (3, 7)
    assert parts(row(desk, "abandonment_rate", "month", MARCH, "self_service")) == (1, 3)
    # Of the inbound tickets 1 and 2 and the sessions b, c and d nothing was settled.
    assert parts(row(desk, "self_service_rate", "month", MARCH)) == (0, 5)
    assert parts(row(desk, "bot_handoff_rate", "month", MARCH)) == (3, 4)


@pytest.mark.parametrize(
    ("came_back", "is_settled"),
    [
        ({"tickets": [ticket(created="4 9:00", customer_id="c")]}, False),
        ({"tickets": [ticket(created="4 9:01", customer_id="c")]}, True),
        ({"tickets": [ticket(created="3 9:00", customer_id="c")]}, True),
        ({"tickets": [ticket(created="4 8:00", customer_id="c", opened_by="agent")]}, True),
        ({"tickets": [ticket(created="4 8:00", customer_id="other")]}, True),
        (
            {
                "live_contacts": [
                    contact("a", "4 8:00", "abandoned", queue_seconds=1) | {"customer_id": "c"}
                ]
            },
            False,
        ),
    ],
    ids=["a day later", "later", "at once", "we wrote", "somebody else", "rang and hung up"],
)
def test_a_session_is_resolved_where_its_person_does_not_come_back_within_a_day(
    came_back: dict[str, list[Record]], is_settled: bool
) -> None:
    desk = read(self_service_sessions=[session("s", "3 9:00", customer_id="c")], **came_back)
    assert facts.self_service_sessions(desk)["desk", "s"]["is_resolved"] is is_settled


def test_what_people_handled_are_answered_contacts_and_tickets_that_none_of_them_names() -> None:
    desk = read(
        tickets=[
            ticket("1", assignee_id="kim"),
            ticket("2", assignee_id="kim"),
            ticket("3", assignee_id="robot"),
            ticket("4"),
        ],
        messages=[message("a", "3 9:00", "agent", "4")],
        agents=[{"source": "desk", "agent_id": "robot", "role": "bot"}],
        live_contacts=[
            contact("a", "3 9:00", ticket_id="1", transfers=1),
            contact("b", "3 9:00", "voicemail", ticket_id="2"),
        ],
        ticket_events=[
            event("1", "3 10:00", "kim>", "agent", kind="assignee", ticket_id="2"),
            event("2", "3 11:00", ">lee", "agent", kind="assignee", ticket_id="2"),
        ],
    )
    # Call a for ticket 1; tickets 2 (a voicemail handles nothing) and 4. Passed on: a and 2.
    assert parts(row(desk, "transfer_rate", "month", MARCH)) == (2, 3)


def test_a_first_contact_settles_it_where_the_customer_stays_silent_for_a_week() -> None:
    closed = {"status": "solved", "customer_id": "c", "topic": "delivery"}
    desk = read(
        tickets=[
            ticket("1", "1 9:00", **closed, closed_at=at("2 9:00")),
            ticket("2", "9 9:00", **closed, closed_at=at("9 9:30")),
            ticket("3", "16 9:30", **closed | {"topic": "refund"}, closed_at=at("23 12:00")),
            ticket("4", "16 9:30", **closed | {"customer_id": None}, closed_at=at("17 9:00")),
            ticket("5", "24 9:00", **closed, closed_at=at("24 12:01")),
        ],
        live_contacts=[contact("a", "20 9:00", customer_id="d", ended_at=at("20 9:30"))],
    )
    # After ticket 1 the customer wrote ticket 2, on the last instant of the week. What followed on
    # tickets 2 and 3 is of another topic, and nobody followed call a. Ticket 4 is nobody's, and
    # ticket 5 was closed a minute too late to be judged.
    assert parts(row(desk, "first_contact_resolution_rate", "month", MARCH)) == (3, 4)
    assert parts(row(desk, "first_contact_resolution_rate", "month", MARCH, "phone")) == (1, 1)
    day = date(2025, 3, 2)
    assert parts(row(desk, "first_contact_resolution_rate", "day", day)) == (0, 1)


def test_who_asks_again_within_a_week_of_the_same_topic_had_to_ask_again() -> None:
    desk = read(
        tickets=[
            ticket("1", "3 9:00", customer_id="c", topic="delivery"),
            ticket("2", "10 9:00", customer_id="c", topic="refund"),
            ticket("3", "10 9:00", customer_id="c", topic="delivery", channel="chat"),
            ticket("4", "17 9:01", customer_id="c", topic="delivery"),
        ],
        live_contacts=[contact("a", "18 9:00", customer_id="c", ticket_id="none such")],
    )
    # 3 asks again what 1 asked, a week before to the second; 4 comes a minute too late; the topic
    # of call a nobody knows, and it names a ticket that we do not have.
    assert parts(row(desk, "repeat_contact_rate", "month", MARCH)) == (2, 5)
    assert parts(row(desk, "channel_switch_rate", "month", MARCH)) == (1, 4)
    assert parts(row(desk, "channels_per_customer", "month", MARCH)) == (3, 1)


def test_a_reopening_counts_within_a_week_of_the_first_closing() -> None:
    def closed(ticket_id: str, reopened: str) -> list[Record]:
        return [
            event(f"{ticket_id}a", "3 9:00", "open>solved", "agent", ticket_id=ticket_id),
            event(f"{ticket_id}b", reopened, "solved>open", "customer", ticket_id=ticket_id),
        ]

    desk = read(
        tickets=[ticket("1"), ticket("2"), ticket("3")],
        ticket_events=[*closed("1", "10 9:00"), *closed("2", "10 9:01")],
    )
    assert parts(row(desk, "reopen_rate", "month", MARCH)) == (1, 2)


def test_waits_are_those_of_contacts_that_were_answered_or_given_up() -> None:
    desk = read(
        live_contacts=[
            contact("a", "3 9:00", queue_seconds=0),
            contact("b", "3 9:00", queue_seconds=20, kind="chat"),
            contact("c", "3 9:00", queue_seconds=21, kind="chat"),
            contact("d", "3 9:00", "abandoned", queue_seconds=9),
            contact("e", "3 9:00", "abandoned", queue_seconds=10),
            contact("f", "3 9:00", "abandoned", queue_seconds=61),
            contact("g", "3 9:00", "voicemail", queue_seconds=70),
            contact("h", "3 9:00"),
        ]
    )
    assert parts(row(desk, "average_wait_time", "month", MARCH)) == (0 + 20 + 21 + 10 + 61, 5)
    assert parts(row(desk, "long_wait_rate", "month", MARCH)) == (1, 5)
    assert parts(row(desk, "answered_within_target_rate", "month", MARCH)) == (2, 5)


def test_handling_is_talk_and_hold_and_wrap_up_under_the_end_of_the_contact() -> None:
    talked = {"talk_seconds": 60, "hold_seconds": 7}
    desk = read(
        live_contacts=[
            contact("a", "2-28 23:59", **talked, wrap_up_seconds=3, ended_at=at("1 0:01")),
            contact("b", "3 9:00", talk_seconds=0),
            contact("c", "3 9:00"),
            contact("d", "3 9:00", "callback", **talked),
        ]
    )
    assert parts(row(desk, "average_handle_time", "month", MARCH)) == (70, 2)


def test_chats_at_once_are_their_seconds_over_the_seconds_with_any_of_the_day() -> None:
    def chat(contact_id: str, answered: str, ended: str, agent_id: str | None = "kim") -> Record:
        columns = {"kind": "chat", "answered_at": at(answered), "ended_at": at(ended)}
        return contact(contact_id, answered, agent_id=agent_id, **columns)

    desk = read(
        live_contacts=[
            chat("a", "3 9:00", "3 9:10"),
            chat("b", "3 9:05", "3 9:15"),
            chat("c", "3 9:30", "3 9:35"),
            chat("d", "3 23:50", "4 0:10"),
            chat("e", "4 0:00", "4 0:10"),
            chat("f", "3 9:00", "3 9:10", "robot"),
            chat("g", "3 9:00", "3 9:10", None),
        ],
        agents=[{"source": "desk", "agent_id": "robot", "role": "bot"}],
    )
    # On the third 10 + 10 + 5 + 20 minutes in 15 + 5 + 20; on the fourth 10 in 10.
    concurrency = row(desk, "chat_concurrency", "day", date(2025, 3, 3))
    assert parts(concurrency) == (45 * 60, 40 * 60)
    assert parts(row(desk, "chat_concurrency", "month", MARCH)) == (55 * 60, 50 * 60)


def test_a_clock_hour_is_covered_where_one_request_in_it_was_served_within_the_hour() -> None:
    desk = read(
        tickets=[ticket("1", channel="chat"), ticket("2", channel="sms"), ticket("3")],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 10:00", "agent"),
            message("c", "3 10:30", "customer"),
            message("d", "3 11:31", "agent"),
            message("e", "3 9:59", "customer", "2"),
            message("f", "3 12:00", "customer", "3"),
        ],
        live_contacts=[
            contact("a", "3 13:00"),
            contact("b", "3 14:00", "abandoned", queue_seconds=11),
            contact("c", "3 15:00", "abandoned", queue_seconds=1),
        ],
    )
    # Asked at 9 (served at 10:00, to the second), 10, 13 and 14; e-mail does not wait.
    assert parts(row(desk, "live_coverage", "month", MARCH)) == (2, 4)
    assert row(desk, "active_channels", "month", MARCH)["value"] == 2.0


def test_requests_with_a_person_and_word_ahead_stand_against_orders() -> None:
    orders = [
        {
            "source": "desk",
            "order_id": str(number),
            "created_at": at("3 9:00"),
            "is_test": number == 0,
            "cancelled_at": at("4 9:00"),
        }
        for number in range(5)
    ]
    desk = read(
        tickets=[
            ticket("1"),
            ticket("2"),
            ticket("3", opened_by="agent", tags=["Proactive "]),
            ticket("4", opened_by="agent", tags=["proactive"], is_test=True),
            ticket("5", tags=["proactive"]),
        ],
        live_contacts=[contact("a", "3 9:00", ticket_id="1"), contact("b", "3 9:00")],
        orders=orders,
    )
    assert parts(row(desk, "contact_rate", "month", MARCH)) == (4, 4)
    assert parts(row(desk, "proactive_contact_rate", "month", MARCH)) == (1, 4)


def test_a_bad_answer_is_followed_up_by_a_word_or_a_call_within_three_days() -> None:
    def asked(survey_id: str, score: int, person: str | None, **columns: Any) -> Record:
        return survey(survey_id, "5 9:00", score, customer_id=person, **columns)

    desk = read(
        tickets=[ticket("9", customer_id="written"), ticket("8", customer_id="late", is_spam=True)],
        surveys=[
            asked("1", 2, "written"),
            asked("2", 6, "called", kind="nps"),
            asked("3", 1, "late"),
            asked("4", 3, "content"),
            asked("5", 1, None),
            asked("6", 1, "written", kind="ces"),
            survey("7", "28 12:01", 1, customer_id="written"),
        ],
        messages=[
            message("a", "8 9:00", "agent", "9"),
            message("b", "6 9:00", "agent", "8"),
        ],
        live_contacts=[
            contact("a", "5 10:00", customer_id="called"),
            contact("b", "8 9:01", customer_id="late"),
            contact("c", "5 10:00", "abandoned", customer_id="late", queue_seconds=99),
        ],
    )
    assert parts(row(desk, "feedback_follow_up_rate", "month", MARCH)) == (2, 3)
    assert parts(row(desk, "survey_response_rate", "month", MARCH)) == (7, 7)
    assert parts(row(desk, "net_promoter_score", "month", MARCH)) == (-1, 1)
    assert parts(row(desk, "customer_effort_score", "month", MARCH)) == (1, 1)


def test_a_review_goes_with_its_ticket_unless_a_bot_did_the_work() -> None:
    def review(review_id: str, ticket_id: str, agent_id: str | None, points: str) -> Record:
        return {
            "source": "desk",
            "review_id": review_id,
            "ticket_id": ticket_id,
            "agent_id": agent_id,
            "reviewed_at": at("5 9:00"),
            "points": Decimal(points),
            "points_possible": Decimal("12.5"),
        }

    desk = read(
        tickets=[ticket("1", merged_into_ticket_id="2"), ticket("2", channel="sms", team_id="red")],
        quality_reviews=[
            review("a", "1", "kim", "10.0"),
            review("b", "2", None, "12.5"),
            review("c", "2", "robot", "0"),
            review("d", "none such", "kim", "0"),
        ],
        agents=[{"source": "desk", "agent_id": "robot", "role": "bot"}],
    )
    sms = row(desk, "internal_quality_score", "month", MARCH, "sms")
    assert (sms["value"], sms["n"]) == (90.0, 25)
    kim = row(desk, "internal_quality_score", "month", MARCH, "all", "agent", "kim")
    assert (kim["value"], kim["n"]) == (80.0, 12)
    assert row(desk, "internal_quality_score", "month", MARCH, "all", "team", "red")["n"] == 25


def test_each_who_complains_stands_for_25_who_do_not() -> None:
    desk = read(
        tickets=[
            ticket("1", customer_id="c", topic="complaint"),
            ticket("2", customer_id="c", tags=["Complaint"]),
            ticket("3", customer_id="d", tags=["complaint"]),
            ticket("4", tags=["complaint"]),
            ticket("5", customer_id="e", tags=["complaint"], opened_by="agent"),
        ]
    )
    silent = row(desk, "silent_dissatisfied_customers", "month", MARCH)
    assert (silent["value"], silent["n"]) == (50.0, 2)


def test_a_question_is_answered_by_another_than_who_asked_within_a_week() -> None:
    def thread(thread_id: str, created: str, **columns: Any) -> Record:
        return {
            "source": "forum",
            "thread_id": thread_id,
            "created_at": at(created),
            "is_question": True,
            **columns,
        }

    def post(
        post_id: str, thread_id: str, created: str, author_id: str | None, kind: str = "staff"
    ) -> Record:
        return {
            "source": "forum",
            "post_id": post_id,
            "thread_id": thread_id,
            "created_at": at(created),
            "author_id": author_id,
            "author_kind": kind,
        }

    desk = read(
        forum_threads=[
            thread("1", "3 9:00", author_id="ann"),
            thread("2", "3 9:00", author_id="ann", solved_at=at("4 9:00")),
            thread("3", "3 9:00", solved_at=AS_OF + timedelta(seconds=1)),
            thread("4", "3 9:00", is_question=None, author_id="ann"),
            thread("5", "24 12:00", author_id="ann"),
            thread("6", "24 12:01", author_id="ann"),
        ],
        forum_posts=[
            post("a", "1", "3 9:00", None, "power_user"),
            post("b", "1", "3 8:59", "bob"),
            post("c", "2", "4 9:00", "ann"),
            post("d", "2", "10 9:01", "bob"),
            post("e", "3", "4 9:00", None),
            post("f", "4", "4 9:00", "bob"),
            post("g", "6", "25 9:00", "bob"),
        ],
    )
    # Judged are threads 1, 2, 3 and 5; answered in time is 1 alone. Answers are a, d and g.
    assert parts(row(desk, "community_answer_rate", "month", MARCH)) == (1, 4)
    assert parts(row(desk, "community_solution_rate", "month", MARCH)) == (1, 5)
    assert parts(row(desk, "power_user_answer_share", "month", MARCH)) == (1, 3)


def test_a_ticket_closed_without_a_touch_and_one_answered_within_the_hour() -> None:
    desk = read(
        tickets=[ticket("1", **CLOSED), ticket("2"), ticket("3", **CLOSED), ticket("4")],
        messages=[
            message("a", "3 9:00", "customer", "1"),
            message("b", "3 9:00", "customer", "2", macro_id="hello"),
            message("c", "3 10:00", "agent", "2", macro_id="hello"),
            message("d", "31 11:01", "customer", "4"),
            message("e", "31 11:30", "agent", "4"),
        ],
    )
    assert parts(row(desk, "zero_touch_rate", "month", MARCH)) == (2, 4)
    # Ticket 3 has no message, and ticket 4 is not an hour old.
    assert parts(row(desk, "first_response_within_hour_rate", "month", MARCH)) == (1, 2)
    assert parts(row(desk, "macro_usage_rate", "month", MARCH)) == (1, 2)
