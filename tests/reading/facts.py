"""Rows of the facts that the reading gives, under their keys, with the columns of the marts.

A record that is left out has its key and `is_counted` alone: what its flags say is nobody's affair.
"""

from typing import Any

from .desk import Desk, channel_of_contact
from .tickets import Ticket, whole_seconds

Row = dict[str, Any]
Rows = dict[tuple[str, str], Row]


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
        "first_automated_response_seconds": (
            whole_seconds(first_word, automated["sent_at"]) if automated else None
        ),
        "response_count": len(ticket.responses),
        "response_seconds_total": sum(each.seconds for each in ticket.responses),
        "touches": ticket.touches,
        "first_closed_at": ticket.first_closed_at,
        "closed_at": ticket.closed_at,
        "closed_by": ticket.closed_by,
        "resolution_seconds": ticket.resolution_seconds,
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
