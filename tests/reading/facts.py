"""Rows of the facts that the reading gives, under their keys, with the columns of the marts.

A record that is left out has its key and `is_counted` alone: what its flags say is nobody's affair.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from .desk import Desk, channel_of_contact
from .forum import answer_posts, question_threads
from .interactions import Interaction, human_handled, is_resolved, requests_with_a_person
from .interactions import interactions as all_interactions
from .records import KEYS
from .shop import Record
from .sla import sla_clocks as all_sla_clocks
from .tickets import Ticket, whole_seconds
from .trade import (
    cost,
    day_of,
    in_reporting_currency,
    is_abandoned_cart,
    is_cart_visit,
    is_qualifying,
)

Row = dict[str, Any]
Rows = dict[tuple[str, ...], Row]


def tickets(desk: Desk) -> Rows:
    rows = {}
    for key, ticket in desk.tickets.items():
        rows[key] = {"exclusion_reason": ticket.exclusion_reason}
        if ticket.is_counted:
            rows[key] |= _ticket(desk, ticket)
    return rows


def _ticket(desk: Desk, ticket: Ticket) -> Row:
    record = ticket.record
    first_word = ticket.customer_messages[0]["sent_at"] if ticket.customer_messages else None
    first = ticket.first_response
    automated = ticket.first_automated_response
    business = [
        desk.business_seconds(each.since, each.message["sent_at"]) for each in ticket.responses
    ]
    known = [each for each in business if each is not None]
    return {
        "channel": ticket.channel,
        "opened_by": record["opened_by"],
        "status": record["status"],
        "priority": record["priority"],
        "topic": record["topic"],
        "brand": record["brand"],
        "language": record["language"],
        "team_id": record["team_id"],
        "assignee_id": record["assignee_id"],
        "person_id": desk.person_of(ticket),
        "order_id": record["order_id"],
        "created_at": record["created_at"],
        "first_customer_message_at": first_word,
        "first_response_at": first.message["sent_at"] if first else None,
        "first_response_seconds": first.seconds if first else None,
        "first_response_business_seconds": business[0] if first else None,
        "first_automated_response_seconds": (
            whole_seconds(first_word, automated["sent_at"]) if automated else None
        ),
        "response_count": len(ticket.responses),
        "response_seconds_total": sum(each.seconds for each in ticket.responses),
        "response_business_seconds_total": sum(known) if known == business else None,
        "touches": ticket.touches,
        "first_closed_at": ticket.first_closed_at,
        "closed_at": ticket.closed_at,
        "closed_by": ticket.closed_by,
        "resolution_seconds": ticket.resolution_seconds,
        "resolution_business_seconds": (
            desk.business_seconds(ticket.resolution_since, ticket.closed_at)
            if ticket.resolution_seconds is not None
            else None
        ),
        "reopen_count": len(ticket.reopenings),
        "substantive_reopen_count": len(ticket.substantive_reopenings),
        "transfer_count": ticket.transfers,
        "is_inbound": ticket.is_inbound,
        "is_customer_initiated": ticket.is_customer_initiated,
        "is_closed_now": ticket.is_closed_now,
        "is_self_service_resolved": ticket.is_self_service_resolved,
        "is_abandoned": ticket.is_abandoned,
        "is_unanswered": ticket.is_unanswered,
        "is_one_touch": ticket.is_one_touch,
        "is_human_handled": ticket.is_human_handled,
    }


def messages(desk: Desk) -> Rows:
    """Return the messages of tickets that are counted."""
    rows = {}
    for message in desk.messages:
        record, ticket = message.record, message.ticket
        if ticket is None:
            continue
        turn_number = next(
            (number for number, turn in enumerate(ticket.turns, start=1) if record in turn), None
        )
        seconds = next((each.seconds for each in ticket.responses if each.message is record), None)
        rows[record["source"], record["message_id"]] = {
            "ticket_id": ticket.record["ticket_id"],
            "sent_at": record["sent_at"],
            "sender_kind": record["sender_kind"],
            "channel": message.channel,
            "agent_id": record["agent_id"],
            "macro_id": record["macro_id"],
            "is_public": record["is_public"],
            "turn_number": turn_number,
            "response_seconds": seconds,
        }
    return rows


def live_contacts(desk: Desk) -> Rows:
    """Return the live contacts that are counted."""
    return {
        (contact.record["source"], contact.record["contact_id"]): {
            "started_at": contact.record["started_at"],
            "kind": contact.record["kind"],
            "channel": channel_of_contact(contact.record),
            "outcome": contact.record["outcome"],
            "queue_seconds": contact.record["queue_seconds"],
            "answered_at": contact.record["answered_at"],
            "ended_at": contact.record["ended_at"],
            "agent_id": contact.record["agent_id"],
            "person_id": contact.person,
            "is_short_abandon": contact.is_short_abandon,
        }
        for contact in desk.contacts
        if not contact.is_out
    }


def sla_clocks(desk: Desk) -> Rows:
    rows: Rows = {}
    for clock in all_sla_clocks(desk):
        source, ticket_id = clock.ticket.key
        began, stopped = (
            at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if at else ""
            for at in (clock.started_at, clock.stopped_at)
        )
        rows[source, ticket_id, clock.clock, began, stopped] = {
            "policy_id": clock.policy.policy_id,
            "target_seconds": clock.policy.target_seconds,
            "is_business": clock.policy.clock_kind == "business",
            "due_at": clock.due_at,
            "outcome": clock.outcome,
            "elapsed_seconds": clock.elapsed_seconds,
        }
    return rows


def survey_responses(desk: Desk) -> Rows:
    """Return the surveys that are counted."""
    latest = [each for kind in ("csat", "nps", "ces") for each in desk.latest_answers(kind)]
    return {
        (survey.record["source"], survey.record["survey_id"]): {
            "kind": survey.record["kind"],
            "sent_at": survey.record["sent_at"],
            "responded_at": survey.record["responded_at"],
            "score": survey.record["score"],
            "channel": survey.channel,
            "ticket_id": survey.ticket.record["ticket_id"] if survey.ticket else None,
            "contact_id": survey.record["contact_id"],
            "agent_id": survey.agent_id,
            "person_id": survey.person,
            "is_latest": any(survey is each for each in latest),
        }
        for survey in desk.surveys
        if not survey.is_out
    }


def self_service_sessions(desk: Desk) -> Rows:
    """Return the sessions that are counted."""
    rows = {}
    for session in desk.counted_sessions():
        row = _row(session.record, "tool", "topic", "outcome")
        row |= {
            "started_at": session.record["started_at"],
            "ended_at": session.record["ended_at"],
            "person_id": session.person,
            "ticket_id": session.ticket.record["ticket_id"] if session.ticket else None,
            "is_ticket": session.counts_as_a_ticket,
            "is_resolved": is_resolved(desk, session),
        }
        rows[_key("self_service_sessions", session.record)] = row
    return rows


def interactions(desk: Desk) -> Rows:
    handled = {_key_of(each) for each in human_handled(desk)}
    requests = {_key_of(each) for each in requests_with_a_person(desk)}
    rows = {}
    for each in all_interactions(desk):
        rows[_key_of(each)] = {
            "service_type": "self_service" if each.session else "live",
            "channel": each.channel,
            "started_at": each.at,
            "person_id": each.person,
            "topic": each.topic,
            "ticket_id": each.home.record["ticket_id"] if each.home else None,
            "is_abandoned": each.is_abandoned,
            "is_human_handled": _key_of(each) in handled,
            "is_request": _key_of(each) in requests,
            "queue_seconds": each.record["queue_seconds"] if each.contact else None,
        }
    return rows


def _key_of(each: Interaction) -> tuple[str, str, str]:
    record = each.record
    ids = {"ticket": "ticket_id", "session": "session_id"}
    return record["source"], each.kind, record[ids.get(each.kind, "contact_id")]


def quality_reviews(desk: Desk) -> Rows:
    """Return the reviews that are counted: of tickets that we have, and not of a bot's work."""
    rows = {}
    for review in desk.reviews:
        if review.ticket is not None and not review.is_of_a_bot:
            columns = ("agent_id", "reviewed_at", "points", "points_possible")
            row = _row(review.record, *columns)
            row["ticket_id"] = review.ticket.record["ticket_id"]
            row["person_id"] = desk.person_of(review.ticket)
            rows[_key("quality_reviews", review.record)] = row
    return rows


def orders(desk: Desk) -> Rows:
    rows = {}
    for record in desk.records["orders"]:
        if record["is_test"]:
            continue
        on = day_of(desk, record["created_at"])
        instants = ("created_at", "cancelled_at", "promised_at", "delivered_at")
        row = _row(record, "currency", "total", "refunded", *instants)
        row["person_id"] = desk.persons.of(record)
        row["is_qualifying"] = is_qualifying(record)
        for column in ("total", "refunded"):
            amount = record[column]
            row[f"{column}_reporting"] = amount and in_reporting_currency(
                desk, amount, record["currency"], on
            )
        rows[_key("orders", record)] = row
    return rows


def subscriptions(desk: Desk) -> Rows:
    return _of_records(desk, "subscriptions", ("customer_id", "started_at", "ended_at"))


def web_visits(desk: Desk) -> Rows:
    columns = ("visitor_id", "medium", "campaign", "page_views", "filled_cart", "order_id")
    rows = {}
    for record in desk.records["web_visits"]:
        if not record["is_bot"]:
            row = _row(record, "started_at", *columns)
            row["is_cart_visit"] = is_cart_visit(desk, record)
            row["is_abandoned_cart"] = row["is_cart_visit"] and is_abandoned_cart(desk, record)
            row["visit_source"] = record["traffic_source"]
            rows[_key("web_visits", record)] = row
    return rows


def marketing_costs(desk: Desk) -> Rows:
    columns = ("date", "campaign", "amount", "currency", "attributed_revenue")
    rows = {}
    for record in desk.records["marketing_costs"]:
        row = _row(record, *columns)
        row["amount_reporting"] = cost(desk, record, on="date")
        if record["attributed_revenue"] is not None:
            revenue = cost(desk, record, "attributed_revenue", on="date")
            row["attributed_revenue_reporting"] = revenue
        rows[_key("marketing_costs", record)] = row
    return rows


def support_costs(desk: Desk) -> Rows:
    rows = {}
    for record in desk.records["support_costs"]:
        row = _row(record, "month", "channel", "category", "amount", "currency")
        row["amount_reporting"] = cost(desk, record)
        rows[_key("support_costs", record)] = row
    return rows


def forum_threads(desk: Desk) -> Rows:
    columns = ("created_at", "author_id", "topic", "views", "solved_at")
    rows = _of_records(desk, "forum_threads", columns)
    questions = {_key("forum_threads", thread): thread for thread in question_threads(desk)}
    for key, row in rows.items():
        row["is_question"] = key in questions
        answers = answer_posts(desk, questions[key]) if key in questions else []
        row["first_answered_at"] = min((post["created_at"] for post in answers), default=None)
    return rows


def forum_posts(desk: Desk) -> Rows:
    """Return the posts in threads that we have."""
    threads = {_key("forum_threads", thread) for thread in desk.records["forum_threads"]}
    rows = {
        _key("forum_posts", post): _row(post, "thread_id", "created_at", "author_kind", "author_id")
        for post in desk.records["forum_posts"]
        if (post["source"], post["thread_id"]) in threads
    }
    answers = {
        _key("forum_posts", post)
        for thread in question_threads(desk)
        for post in answer_posts(desk, thread)
    }
    for key, row in rows.items():
        row["is_answer"] = key in answers
    return rows


def gestures(desk: Desk) -> Rows:
    rows = _of_records(desk, "gestures", ("made_at", "customer_id", "kind", "agent_id"))
    for record in desk.records["gestures"]:
        rows[_key("gestures", record)]["person_id"] = desk.persons.of(record)
    return rows


def _of_records(desk: Desk, entity: str, columns: Sequence[str]) -> Rows:
    return {_key(entity, record): _row(record, *columns) for record in desk.records[entity]}


def _key(entity: str, record: Record) -> tuple[str, str]:
    return record["source"], record[KEYS[entity]]


def _row(record: Record, *columns: str) -> Row:
    return {column: record[column] for column in columns}
