"""The independent reading of the terms, held to cases that are worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from reading import facts
from reading.kpi_values import percentile, rows_of
from reading.kpis import KPIS
from reading.periods import period_of, periods
from reading.shop import Record
from reading_records import (
    AS_OF,
    at,
    event,
    message,
    only_ticket,
    order,
    read,
    row,
    survey,
    ticket,
)

from expectations.catalogue import load_catalogue


def test_the_newest_version_up_to_as_of_speaks_and_unknown_is_oldest() -> None:
    desk = read(
        tickets=[
            ticket(topic="late", updated_at=AS_OF + timedelta(seconds=1)),
            ticket(topic="newest", updated_at=AS_OF),
            ticket(topic="old", updated_at=at("3 9:00")),
            ticket(topic="undated", load=9),
        ]
    )
    assert only_ticket(desk)["topic"] == "newest"


def test_of_two_versions_of_one_instant_the_later_load_speaks() -> None:
    when = at("3 9:00")
    desk = read(
        tickets=[
            ticket(topic="second load", updated_at=when, load=2),
            ticket(topic="first load", updated_at=when, load=1),
        ]
    )
    assert only_ticket(desk)["topic"] == "second load"


def test_what_is_dated_after_its_extraction_counts_as_extracted_then() -> None:
    desk = read(
        tickets=[
            ticket(topic="clock ahead", updated_at=at("9 9:00"), extracted_at=at("5 9:00")),
            ticket(topic="newer", updated_at=at("6 9:00"), extracted_at=at("7 9:00"), load=2),
        ]
    )
    assert only_ticket(desk)["topic"] == "newer"


def test_what_begins_after_as_of_is_not_there_and_what_ends_after_it_is_unknown() -> None:
    later = AS_OF + timedelta(seconds=1)
    desk = read(
        tickets=[
            ticket(status="closed", closed_at=later),
            ticket("2", status="closed", closed_at=AS_OF),
            ticket("3") | {"created_at": later},
        ]
    )
    rows = facts.tickets(desk)
    assert set(rows) == {("desk", "1"), ("desk", "2")}
    assert rows["desk", "1"]["closed_at"] is None
    assert not rows["desk", "1"]["is_closed_now"]
    assert rows["desk", "2"]["is_closed_now"]


def test_a_deleted_message_is_gone_and_a_deleted_ticket_is_excluded() -> None:
    desk = read(
        tickets=[ticket(deleted=True), ticket("2")],
        messages=[message("a", "3 9:00", "customer", "2", deleted=True)],
    )
    assert only_ticket(desk) == {"exclusion_reason": "deleted"}
    assert facts.messages(desk) == {}


def test_customers_that_share_an_address_are_one_person_through_a_third_one_too() -> None:
    desk = read(
        tickets=[ticket(customer_id="c1"), ticket("2", customer_id="c9")],
        customers=[
            {"source": "desk", "customer_id": "c1", "email": " Kim@X.kr "},
            {"source": "shop", "customer_id": "s1", "email": "kim@x.kr", "phone": "010-12"},
            {"source": "desk", "customer_id": "c9", "phone": "(010) 12", "is_vip": True},
        ],
    )
    first, second = (facts.tickets(desk)["desk", each]["person_id"] for each in "12")
    assert first == second
    march = date(2025, 3, 1)
    vip = row(desk, "one_touch_resolution_rate", "month", march, "all", "vip", "true")
    assert vip["n"] == 2


def test_an_address_of_21_customers_links_nobody() -> None:
    def people(count: int) -> list[Record]:
        return [
            {"source": "desk", "customer_id": f"c{n:02}", "email": "office@x.kr"}
            for n in range(count)
        ]

    tickets = [ticket(customer_id="c00"), ticket("2", customer_id="c01")]
    twenty = facts.tickets(read(tickets=tickets, customers=people(20)))
    assert twenty["desk", "1"]["person_id"] == twenty["desk", "2"]["person_id"]
    more = facts.tickets(read(tickets=tickets, customers=people(21)))
    assert more["desk", "1"]["person_id"] != more["desk", "2"]["person_id"]


def test_the_first_reason_for_an_exclusion_is_told() -> None:
    desk = read(
        tickets=[
            ticket("1", deleted=True, is_test=True),
            ticket("2", is_test=True, is_spam=True),
            ticket("3", is_spam=True, merged_into_ticket_id="5"),
            ticket("4", merged_into_ticket_id="5"),
            ticket("5"),
        ]
    )
    reasons = [facts.tickets(desk)["desk", each]["exclusion_reason"] for each in "12345"]
    assert reasons == ["deleted", "test", "spam", "merged", None]


@pytest.mark.parametrize(
    ("chain", "holder"),
    [
        ({"1": "2", "2": "3", "3": None}, "3"),
        ({"1": "2", "2": "1"}, None),
        ({"1": "1"}, None),
        ({"1": "unknown"}, None),
        ({"1": "spam"}, None),
    ],
)
def test_a_merged_ticket_hands_its_messages_to_the_last_target_of_its_chain(
    chain: dict[str, str | None], holder: str | None
) -> None:
    tickets = [ticket(each, merged_into_ticket_id=target) for each, target in chain.items()]
    desk = read(
        tickets=[*tickets, ticket("spam", is_spam=True)],
        messages=[message("a", "3 9:00", "customer")],
    )
    rows = facts.messages(desk)
    assert [each["ticket_id"] for each in rows.values()] == ([holder] if holder else [])


def test_a_ticket_takes_the_channel_of_its_first_customer_message() -> None:
    desk = read(
        tickets=[ticket(channel="email"), ticket("2", merged_into_ticket_id="1")],
        messages=[
            message("b", "3 9:00", "customer", channel="chat"),
            message("a", "3 8:00", "customer", "2", channel="sms"),
        ],
    )
    assert only_ticket(desk)["channel"] == "sms"


def test_several_messages_in_a_row_are_one_turn_on_either_side() -> None:
    desk = read(
        tickets=[ticket()],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 9:10", "customer"),
            message("c", "3 9:20", "automation", purpose="acknowledgement"),
            message("d", "3 9:30", "agent", is_public=False),
            message("e", "3 9:40", "agent", is_failed=True),
            message("f", "3 10:00", "agent"),
            message("g", "3 10:05", "agent"),
            message("h", "3 11:00", "customer"),
            message("i", "3 11:10", "agent", agent_id="unknown"),
        ],
    )
    rows = {key[1]: each for key, each in facts.messages(desk).items()}
    assert "".join(str(each["turn_number"] or "-") for each in rows.values()) == "11---2234"
    seconds = {key: each["response_seconds"] for key, each in rows.items()}
    assert {key: each for key, each in seconds.items() if each is not None} == {
        "f": 3600,
        "i": 600,
    }
    assert only_ticket(desk)["first_response_seconds"] == 3600
    assert only_ticket(desk)["response_seconds_total"] == 4200


def test_a_message_by_a_bot_is_automated() -> None:
    desk = read(
        tickets=[ticket()],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 9:01", "agent", agent_id="robot"),
        ],
        agents=[{"source": "desk", "agent_id": "robot", "role": "Bot"}],
    )
    assert facts.messages(desk)["desk", "b"]["sender_kind"] == "automated"
    assert only_ticket(desk)["first_response_seconds"] is None


@pytest.mark.parametrize(
    ("purpose", "closed", "seconds"),
    [("answer", "3 9:10", 1800), ("acknowledgement", "3 9:10", 5400), ("answer", "3 10:10", 5400)],
    ids=["answered and closed", "only closed", "closed after the last word"],
)
def test_after_a_bot_answered_and_closed_a_new_clock_starts(
    purpose: str, closed: str, seconds: int
) -> None:
    desk = read(
        tickets=[ticket()],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 9:05", "automation", purpose=purpose),
            message("c", "3 10:00", "customer"),
            message("d", "3 10:30", "agent"),
        ],
        ticket_events=[event("1", closed, "open>solved", "automation")],
    )
    assert only_ticket(desk)["first_response_seconds"] == seconds


def test_a_response_in_an_outbound_ticket_counts_but_is_no_first_response() -> None:
    desk = read(
        tickets=[ticket(opened_by="agent")],
        messages=[
            message("a", "3 9:00", "agent"),
            message("b", "3 10:00", "customer"),
            message("c", "3 10:10", "agent"),
        ],
    )
    only = only_ticket(desk)
    assert only["is_inbound"]
    assert not only["is_customer_initiated"]
    assert (only["response_count"], only["first_response_seconds"]) == (1, None)


def test_a_closing_comes_from_an_open_or_unknown_state_and_the_last_one_counts() -> None:
    desk = read(
        tickets=[ticket(status="closed", closed_at=at("9 9:00"), closed_by="agent")],
        ticket_events=[
            event("1", "3 10:00", ">solved", "agent"),
            event("2", "3 11:00", "solved>open", "customer"),
            event("3", "3 12:00", "open>solved", "customer"),
            event("4", "3 13:00", "solved>closed", "automation"),
        ],
    )
    only = only_ticket(desk)
    assert only["first_closed_at"] == at("3 10:00")
    assert (only["closed_at"], only["closed_by"]) == (at("3 12:00"), "customer")


def test_a_ticket_whose_closing_nobody_knows_is_neither_closed_now_nor_in_the_backlog() -> None:
    desk = read(tickets=[ticket(status="closed"), ticket("2")])
    assert not only_ticket(desk)["is_closed_now"]
    assert row(desk, "backlog", "month", date(2025, 3, 1))["value"] == 1


@pytest.mark.parametrize(
    ("actor", "answered", "substantive"),
    [("agent", False, 0), ("customer", False, 0), ("automation", False, 1), ("agent", True, 1)],
)
def test_a_thank_you_is_closed_again_without_a_word_by_the_agent_or_the_customer(
    actor: str, answered: bool, substantive: int
) -> None:
    desk = read(
        tickets=[ticket(status="solved")],
        messages=[message("a", "3 11:30", "agent")] if answered else [],
        ticket_events=[
            event("1", "3 10:00", "open>solved", "agent"),
            event("2", "3 11:00", "solved>open", None),
            event("3", "3 12:00", "open>solved", actor),
        ],
    )
    only = only_ticket(desk)
    assert (only["reopen_count"], only["substantive_reopen_count"]) == (1, substantive)


def test_an_agent_who_opens_a_ticket_again_reopens_nothing() -> None:
    desk = read(
        tickets=[ticket()],
        ticket_events=[
            event("1", "3 10:00", "open>solved", "agent"),
            event("2", "3 11:00", "solved>open", "agent"),
        ],
    )
    assert only_ticket(desk)["reopen_count"] == 0


@pytest.mark.parametrize(
    ("created", "wrote", "closed", "seconds"),
    [
        ("3 9:00", "3 10:00", "3 12:00", 7200),
        ("3 9:00", "3 13:00", "3 12:00", 10800),
        ("3 13:00", "3 14:00", "3 12:00", None),
    ],
    ids=["from the first word", "who wrote later: from the creation", "negative: unknown"],
)
def test_a_resolution_runs_to_the_last_closing(
    created: str, wrote: str, closed: str, seconds: int | None
) -> None:
    desk = read(
        tickets=[ticket(created=created, status="solved", closed_at=at(closed))],
        messages=[message("a", wrote, "customer")],
    )
    assert only_ticket(desk)["resolution_seconds"] == seconds


def test_one_touch_is_one_response_or_one_call_and_no_substantive_reopening() -> None:
    def call(ticket_id: str, outcome: str = "answered") -> Record:
        return {
            "source": "desk",
            "contact_id": f"{ticket_id}{outcome}",
            "kind": "call",
            "started_at": at("3 9:00"),
            "ticket_id": ticket_id,
            "outcome": outcome,
        }

    closed = {"status": "solved", "closed_at": at("4 9:00")}
    desk = read(
        tickets=[ticket(each, **closed) for each in "123"] + [ticket("4")],
        messages=[
            message("a", "3 9:00", "customer", "3"),
            message("b", "3 9:05", "agent", "3"),
        ],
        live_contacts=[call("1"), call("2", "voicemail"), call("3"), call("4")],
    )
    rows = facts.tickets(desk)
    assert [rows["desk", each]["is_one_touch"] for each in "1234"] == [True, False, False, False]
    march = row(desk, "one_touch_resolution_rate", "month", date(2025, 3, 1))
    assert (march["numerator"], march["denominator"], march["value"]) == (1, 4, 25.0)


def test_self_service_resolved_is_an_answer_after_the_last_word() -> None:
    desk = read(
        tickets=[
            ticket(str(n), status="solved", closed_at=at("3 12:00"), closed_by=closed_by)
            for n, closed_by in enumerate(("automation", "automation", "customer", "agent"))
        ],
        messages=[
            message(f"{n}{kind}", sent, sender, str(n), purpose=kind)
            for n in range(4)
            for sent, sender, kind in (
                ("3 9:00", "customer", None),
                ("3 9:01", "automation", "acknowledgement" if n == 1 else "answer"),
            )
        ],
    )
    rows = facts.tickets(desk)
    flags = [rows["desk", str(n)]["is_self_service_resolved"] for n in range(4)]
    assert flags == [True, False, True, False]
    assert [rows["desk", str(n)]["is_abandoned"] for n in range(4)] == [False, True, False, False]
    assert [rows["desk", str(n)]["is_unanswered"] for n in range(4)] == [False, True, False, True]


def test_a_ticket_that_automation_closed_out_of_pending_is_abandoned() -> None:
    desk = read(
        tickets=[ticket(status="closed")],
        messages=[message("a", "3 9:00", "customer"), message("b", "3 9:05", "agent")],
        ticket_events=[
            event("1", "3 10:00", "open>pending", "agent"),
            event("2", "9 10:00", "pending>closed", "automation"),
        ],
    )
    assert only_ticket(desk)["is_abandoned"]


def test_an_open_ticket_is_unanswered_when_it_is_over_14_days_old() -> None:
    bound = AS_OF - timedelta(days=14)
    tickets = [
        ticket("1") | {"created_at": bound},
        ticket("2") | {"created_at": bound - timedelta(seconds=1)},
    ]
    desk = read(
        tickets=tickets,
        messages=[message(each, "17 13:00", "customer", each) for each in "12"],
    )
    rows = facts.tickets(desk)
    assert [rows["desk", each]["is_unanswered"] for each in "12"] == [False, True]


def test_a_transfer_is_two_different_agents_one_after_the_other() -> None:
    def handed(event_id: str, change: str, kind: str = "assignee") -> Record:
        return event(event_id, "3 9:00", change, "agent", kind=kind)

    desk = read(
        tickets=[ticket()],
        agents=[{"source": "desk", "agent_id": "robot", "role": "bot"}],
        ticket_events=[
            handed("1", "kim>robot"),
            handed("2", "robot>kim"),
            handed("3", "kim>"),
            handed("4", ">lee"),
            handed("5", ">first", "team"),
            handed("6", ">second", "team"),
        ],
    )
    assert only_ticket(desk)["transfer_count"] == 2


def test_the_backlog_counts_what_is_open_at_each_end() -> None:
    desk = read(
        as_of=at("6 12:00"),
        tickets=[
            ticket(status="solved"),
            ticket("2", "4 0:00", status="closed", closed_at=at("6 12:00")),
            ticket("3", "6 12:00"),
        ],
        ticket_events=[
            event("1", "4 9:00", "open>solved", "agent"),
            event("2", "5 9:00", "solved>open", "customer"),
            event("3", "6 0:00", "open>solved", "agent"),
        ],
    )
    days = [row(desk, "backlog", "day", date(2025, 3, day))["value"] for day in (3, 4, 5, 6)]
    # The 3rd: ticket 1. The 4th: ticket 2 (1 is closed). The 5th: both, for 1 is closed at the very
    # end of it. The 6th: ticket 3 alone, for 2 is closed at as_of.
    assert days == [1, 1, 2, 1]
    day = row(desk, "backlog", "day", date(2025, 3, 6))
    assert (day["is_complete"], day["n"], day["numerator"]) == (False, 1, None)


def test_a_ticket_that_waits_is_pending_and_in_no_figure() -> None:
    desk = read(
        tickets=[ticket(), ticket("2"), ticket("3", status="solved", closed_at=at("4 9:00"))],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 9:10", "agent"),
            message("c", "3 9:20", "customer"),
            message("d", "3 9:00", "customer", "2"),
            message("e", "3 9:00", "customer", "3"),
        ],
    )
    day = date(2025, 3, 3)
    first = row(desk, "first_response_time", "day", day, "email")
    assert (first["n"], first["numerator"], first["n_pending"]) == (1, 600, 1)
    response = row(desk, "average_response_time", "day", day, "email")
    assert (response["n"], response["value"], response["n_pending"]) == (3, 200.0, 2)


def test_the_latest_answer_on_a_ticket_counts() -> None:
    desk = read(
        tickets=[ticket(team_id="t", assignee_id="now")],
        surveys=[
            survey("1", "5 9:00", 5, ticket_id="1"),
            survey("2", "6 9:00", 2, ticket_id="1"),
            survey("3", None, None, ticket_id="1"),
            survey("4", "5 9:00", 4),
            survey("5", "5 9:00", 7),
        ],
        ticket_events=[
            event("1", "3 9:00", ">then", "agent", kind="assignee"),
            event("2", "5 9:00", "then>now", "agent", kind="assignee"),
        ],
    )
    march = date(2025, 3, 1)
    score = row(desk, "csat_score", "month", march)
    assert (score["numerator"], score["denominator"], score["value"]) == (1, 2, 50.0)
    assert row(desk, "csat_score", "month", march, "email")["value"] == 0.0
    assert row(desk, "csat_score", "month", march, "all", "agent", "then")["n"] == 1
    assert ("desk", "5") not in facts.survey_responses(desk)


def test_retention_is_who_was_there_at_both_ends() -> None:
    start, end = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)
    year = timedelta(days=365)
    first = order("0", "first", start - year)
    orders = [
        first,
        order("1", "stays", start - timedelta(days=10)),
        order("2", "lost", start - year + timedelta(days=1)),
        order("3", "new", start + timedelta(days=1)),
        order("4", "cancelled", start - timedelta(days=1), cancelled_at=start),
        order("5", "refunded", start - timedelta(days=1), refunded=Decimal(100)),
        order("6", "partly", start - timedelta(days=1), refunded=Decimal(99)),
    ]
    subscription = {
        "source": "shop",
        "subscription_id": "1",
        "customer_id": "subscriber",
        "started_at": start - timedelta(seconds=1),
        "ended_at": end,
    }
    desk = read(orders=orders, subscriptions=[subscription])
    # At the start: first (its bound is in), stays, lost, partly, subscriber. At the end: stays,
    # partly, new and the subscriber, who had not ended before it.
    february = row(desk, "retention_rate", "month", date(2025, 2, 1))
    assert (february["numerator"], february["denominator"]) == (3, 5)
    assert february["value"] == 60.0
    january = row(desk, "retention_rate", "month", date(2025, 1, 1))
    assert january["value"] is None


def test_rows_stand_for_every_period_and_channel_seen() -> None:
    desk = read(
        as_of=at("5 12:00"),
        tickets=[
            ticket("1", "3 9:00", is_spam=True),
            ticket("2", "4 9:00", channel="chat"),
            ticket("3", "4 9:00", channel="pigeon"),
        ],
    )
    kpi = next(each for each in KPIS if each.id == "one_touch_resolution_rate")
    days = {key[2:4]: each for key, each in rows_of(kpi, desk).items() if key[1] == "day"}
    assert set(days) == {(date(2025, 3, on), each) for on in (3, 4, 5) for each in ("all", "chat")}
    assert (days[date(2025, 3, 3), "all"]["n"], days[date(2025, 3, 3), "all"]["value"]) == (0, None)
    assert (days[date(2025, 3, 4), "all"]["n"], days[date(2025, 3, 4), "chat"]["n"]) == (2, 1)


def test_a_period_is_mature_when_its_time_to_mature_is_over_too() -> None:
    desk = read(as_of=at("18 0:00"), tickets=[ticket()])
    marks = {day: row(desk, "unanswered_rate", "day", date(2025, 3, day)) for day in (3, 4, 17, 18)}
    assert [marks[day]["is_mature"] for day in (3, 4, 17)] == [True, False, False]
    assert [marks[day]["is_complete"] for day in (3, 17, 18)] == [True, True, False]


def test_a_percentile_lies_between_two_values() -> None:
    assert percentile([10, 20, 30, 50], 0.5) == 25.0
    assert percentile([10, 20, 30, 50], 0.9) == 44.0
    assert percentile([7], 0.9) == 7.0
    assert percentile([], 0.5) is None


def test_a_day_begins_with_the_first_instant_of_its_date() -> None:
    # In Cairo clocks skipped the midnight of 25 April 2025, in Havana they repeated that of 2
    # November 2025 (and showed 0:00 for the first time at 4:00 UTC).
    cairo = period_of(datetime(2025, 4, 25, 12, tzinfo=UTC), "day", "Africa/Cairo")
    assert cairo.start == datetime(2025, 4, 24, 22, tzinfo=UTC)
    havana = period_of(datetime(2025, 11, 2, 12, tzinfo=UTC), "day", "America/Havana")
    assert havana.start == datetime(2025, 11, 2, 4, tzinfo=UTC)


def test_weeks_begin_on_monday_and_the_last_period_holds_as_of() -> None:
    weeks = list(periods(at("5 9:00"), at("17 0:00"), "week", "UTC"))
    assert [each.start_on.day for each in weeks] == [3, 10, 17]


def test_the_catalogue_knows_every_kpi_of_the_reading() -> None:
    assert {kpi.id for kpi in KPIS} <= {kpi.id for kpi in load_catalogue()}
