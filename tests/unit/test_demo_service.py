"""What the demo shop drops beside tickets and orders: that it hangs together, and is believable."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from dagster_project.demo import public_tables, service_tables, tables
from dagster_project.demo.desk import TOPICS
from dagster_project.demo.drops import DROPS
from dagster_project.demo.generator import Story, generate
from dagster_project.demo.rhythm import DAY, FIRST_NIGHT, NEVER, month_starts, seoul_months
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth import truth
from dagster_project.demo.truth_figures import Figures, Timeline, months_between

Rows = list[dict[str, Any]]

NEW = [
    table_of
    for entities in DROPS.values()
    for table_of in entities.values()
    if table_of.__module__ != tables.__name__
]
TO_COME = ("promised_at", "started_at of agent_shifts", "ended_at of agent_shifts")


@pytest.fixture(scope="module")
def story() -> Story:
    return generate()


@pytest.fixture(scope="module")
def seen(story: Story) -> Seen:
    return Seen(story, FIRST_NIGHT)


@pytest.fixture(scope="module")
def figures(seen: Seen) -> Figures:
    return truth(seen)


def rows(table: Any) -> Rows:
    found: Rows = table.to_pylist()
    return found


def by_id(table: Any) -> dict[str, dict[str, Any]]:
    key = table.column_names[0]
    return {row[key]: row for row in rows(table)}


@pytest.mark.parametrize("table_of", NEW, ids=lambda each: each.__name__)
def test_nothing_is_told_before_it_has_happened(seen: Seen, table_of: Any) -> None:
    for row in rows(table_of(seen)):
        for name, value in row.items():
            if isinstance(value, datetime) and f"{name} of {table_of.__name__}" not in TO_COME:
                assert value <= seen.clock, (name, row)


@pytest.mark.parametrize("table_of", NEW, ids=lambda each: each.__name__)
def test_some_records_change_after_they_were_told(story: Story, table_of: Any) -> None:
    clocks = (FIRST_NIGHT + timedelta(days=days) for days in (0, 3, 6, 9, 12))
    nights = [by_id(table_of(Seen(story, clock))) for clock in clocks]

    assert any(since[key] != row for known, since in pairwise(nights) for key, row in known.items())


def test_an_escalated_session_is_the_ticket_that_begins_at_its_end(seen: Seen) -> None:
    tickets = by_id(tables.tickets(seen))
    named = [row for row in rows(service_tables.self_service_sessions(seen)) if row["ticket_id"]]

    assert len(named) > 50
    for session in named:
        ticket = tickets[session["ticket_id"]]
        assert session["outcome"] == "escalated"
        assert session["ended_at"] == ticket["created_at"]
        assert session["customer_id"] == ticket["customer_id"]


def test_some_whose_session_was_resolved_write_within_the_day(seen: Seen) -> None:
    wrote = Counter[tuple[str, date]]()
    for ticket in rows(tables.tickets(seen)):
        wrote[ticket["customer_id"], ticket["created_at"].date()] += 1

    again = [
        session
        for session in rows(service_tables.self_service_sessions(seen))
        if session["outcome"] == "resolved"
        and wrote[session["customer_id"], session["started_at"].date()]
    ]
    assert len(again) > 10


def test_a_tool_knows_only_those_whom_the_desk_knew_before(seen: Seen) -> None:
    known_since = {
        row["customer_id"]: row["created_at"] for row in rows(tables.desk_customers(seen))
    }
    for session in rows(service_tables.self_service_sessions(seen)):
        if session["customer_id"] and not session["ticket_id"]:
            assert known_since[session["customer_id"]] < session["started_at"]


def test_reviews_are_of_tickets_of_the_month_before(seen: Seen) -> None:
    tickets = by_id(tables.tickets(seen))
    seoul = timedelta(hours=9)
    for review in rows(service_tables.quality_reviews(seen)):
        month = (tickets[review["ticket_id"]]["created_at"] + seoul).date().replace(day=1)
        reviewed_on = (review["reviewed_at"] + seoul).date()
        assert (month + timedelta(days=32)).replace(day=1) == reviewed_on.replace(day=1)
        assert 0 <= review["points"] <= review["points_possible"]


def test_an_effort_survey_follows_a_call_that_was_answered(seen: Seen) -> None:
    contacts = by_id(tables.live_contacts(seen))
    for survey in rows(service_tables.surveys(seen)):
        assert (survey["kind"] == "ces") == (survey["contact_id"] is not None)
        if survey["contact_id"]:
            contact = contacts[survey["contact_id"]]
            assert contact["outcome"] == "answered"
            assert contact["customer_id"] == survey["customer_id"]
            assert survey["sent_at"] > contact["ended_at"]


def test_a_visit_ends_in_an_order_that_was_really_made(seen: Seen) -> None:
    orders = by_id(tables.orders(seen))
    visits = rows(public_tables.web_visits(seen))
    bought = [row for row in visits if row["order_id"]]

    assert len(bought) > 100
    for visit in bought:
        order = orders[visit["order_id"]]
        assert timedelta(0) < order["created_at"] - visit["started_at"] < timedelta(hours=1)
        assert visit["filled_cart"]
        assert not order["is_test"]


def test_some_come_back_to_their_cart_in_72_hours_and_some_later(seen: Seen) -> None:
    visits = rows(public_tables.web_visits(seen))
    bought = {row["visitor_id"]: row["started_at"] for row in visits if row["order_id"]}
    waits = [
        bought[row["visitor_id"]] - row["started_at"]
        for row in visits
        if row["filled_cart"] and not row["order_id"] and row["visitor_id"] in bought
    ]

    assert sum(timedelta(0) < wait <= timedelta(hours=72) for wait in waits) > 30
    assert sum(wait > timedelta(hours=72) for wait in waits) > 5


def test_what_a_campaign_brings_is_what_its_orders_were_worth(story: Story, seen: Seen) -> None:
    costs = rows(public_tables.marketing_costs(seen))
    brought = sum(row["attributed_revenue"] or 0 for row in costs)
    sold = int(story.orders.total[: seen.order_count].sum())

    assert 0 < brought < sold
    assert {row["attributed_revenue"] is None for row in costs} == {True, False}
    assert min(row["date"] for row in costs) == date(2025, 11, 1)
    assert max(row["date"] for row in costs) == date(2026, 10, 31)


def test_every_month_that_is_over_is_booked_for_every_channel(seen: Seen) -> None:
    booked = {(row["month"], row["channel"]) for row in rows(service_tables.support_costs(seen))}

    assert {month for month, _ in booked} == {
        date(2025, 11, 1), date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 11)),
    }  # fmt: skip
    assert {channel for month, channel in booked if month == date(2026, 10, 1)} == {
        "email", "chat", "kakaotalk", "web_form", "social", "sms", "whatsapp", "marketplace",
        "phone", "self_service", "shared",
    }  # fmt: skip
    assert (date(2026, 1, 1), "whatsapp") not in booked


def test_half_of_the_shifts_of_the_bad_week_fall_out(seen: Seen) -> None:
    shifts = rows(service_tables.agent_shifts(seen))
    seoul = timedelta(hours=9)
    bad = [
        row["deleted"]
        for row in shifts
        if date(2026, 5, 11) <= (row["started_at"] + seoul).date() <= date(2026, 5, 17)
    ]
    usual = [row["deleted"] for row in shifts]

    assert 0.3 < np.mean(bad) < 0.7
    assert np.mean(usual) < 0.08
    assert max(row["started_at"] for row in shifts) > seen.clock


def test_the_forum_is_answered_by_everybody(seen: Seen) -> None:
    threads = by_id(public_tables.forum_threads(seen))
    posts = rows(public_tables.forum_posts(seen))

    assert {row["author_kind"] for row in posts} == {"staff", "power_user", "customer"}
    assert {row["is_question"] for row in threads.values()} == {True, False, None}
    solutions = [row for row in posts if row["is_solution"]]
    assert len(solutions) > 10
    for post in solutions:
        thread = threads[post["thread_id"]]
        assert thread["solved_at"] > post["created_at"] > thread["created_at"]
        assert post["author_id"] is None or post["author_id"] != thread["author_id"]


def test_a_manager_believes_the_figures_of_every_month(figures: Figures) -> None:
    believed = {
        "self_service_rate": (0.2, 0.5),
        "abandonment_rate": (0.03, 0.25),
        "bot_handoff_rate": (0.1, 0.5),
        "survey_response_rate": (0.2, 0.5),
        "csat_score": (0.4, 0.9),
        "net_promoter_score": (-0.4, 0.8),
        "customer_effort_score": (4, 7),
        "cost_per_contact": (1500, 6000),
        "conversion_rate": (0.01, 0.1),
        "cart_abandonment_rate": (0.5, 0.9),
        "late_delivery_rate": (0, 0.3),
        "marketing_roi": (0.5, 5),
        "contact_rate": (0.3, 1.3),
        "first_contact_resolution_rate": (0.6, 0.95),
    }
    for month, told in figures["months"].items():
        for kpi, (least, most) in believed.items():
            sides = told[kpi].get("all", told[kpi])
            assert least < sides["numerator"] / sides["denominator"] < most, (month, kpi)


def test_a_year_and_the_last_months_have_a_year_of_orders_before_them(figures: Figures) -> None:
    assert list(figures["retention_rate"])[-12:] == [
        "2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 11)),
    ]  # fmt: skip
    assert 50_000 < figures["customer_lifetime_value"]["2025"] < 500_000


def test_months_are_those_of_seoul() -> None:
    # Midnight in Seoul is 15:00 UTC of the day before.
    instants = np.array(
        [
            np.datetime64("2026-03-31T14:59:59", "us"),
            np.datetime64("2026-03-31T15:00:00", "us"),
        ]
    ).astype(np.int64)

    assert seoul_months(instants).tolist() == [56 * 12 + 2, 56 * 12 + 3]
    assert month_starts(np.array([56 * 12 + 3])).tolist() == instants[1:].tolist()
    spans = months_between(int(instants[1]), int(instants[1]) + 61 * 86_400_000_000)
    assert list(spans) == ["2026-04", "2026-05"]


def test_a_timeline_counts_after_a_bound_and_up_to_another() -> None:
    line = Timeline(np.array([1, 1, 1, 2]), np.array([10, 20, 20, 15]))
    whom = np.array([1, 1, 1, 2, 3])
    after, until = np.array([10, 9, 20, 0, 0]), np.array([20, 19, 99, 15, 99])

    assert line.count(whom, after, until).tolist() == [2, 1, 0, 1, 0]


def test_many_who_ask_for_a_parcel_were_promised_it_for_earlier(story: Story) -> None:
    orders, tickets = story.orders, story.desk.tickets
    person = story.accounts.person[orders.account]
    late = {"delivery": Counter[bool](), "exchange": Counter[bool]()}
    for topic, found in late.items():
        for row in np.flatnonzero(tickets.topic == TOPICS.index(topic)):
            asked = tickets.created[row]
            theirs = np.flatnonzero(
                (person == tickets.person[row])
                & (orders.created < asked)
                & (orders.created > asked - 10 * DAY)
            )
            if theirs.size:
                promised, came = orders.promised[theirs[-1]], orders.delivered[theirs[-1]]
                found[bool(promised < asked < came < NEVER)] += 1
    assert late["delivery"][True] > late["delivery"].total() / 4
    assert late["exchange"][True] < late["exchange"].total() / 20
