"""What customers and agents of the guarded shop did besides: for KPIs of contacts and handovers."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

Record = dict[str, Any]


def go_on(
    dice: random.Random, as_of: datetime, tickets: list[Record], told: dict[str, list[Record]]
) -> None:
    """Add to the tickets, and to what is told of them, what nobody did yet."""
    customers = sorted({ticket["customer_id"] for ticket in tickets})
    told["ticket_events"] += list(_handovers(dice, tickets))
    told["ticket_events"] += list(_late_reopenings(dice, as_of, tickets, told["ticket_events"]))
    for event in told["ticket_events"]:
        if event.get("actor") == "automation" and dice.random() < 0.5:
            event["from_value"] = "pending"
    for message in told["messages"]:
        if message["sender"] != "customer" and dice.random() < 0.4:
            message["macro_id"] = dice.choice(["hello", "sorry"])
    for ticket in tickets:
        if dice.random() < (0.1 if ticket["opened_by"] == "customer" else 0.6):
            ticket["tags"] = ["Proactive ", "delivery"]
    told["live_contacts"] += list(_contacts(dice, as_of, customers))
    told["live_contacts"] += list(_callbacks_of_today(as_of, customers))
    told["surveys"] += list(_asked_by_bots(tickets))
    for number in range(8):
        _write_just_now(f"fresh-{number}", as_of - timedelta(minutes=9 * number), tickets, told)


def _handovers(dice: random.Random, tickets: list[Record]) -> Iterator[Record]:
    """Tickets pass from agent to agent and from team to team, some by way of a bot or nobody."""
    for ticket in dice.sample(tickets, 70):
        kind, values = dice.choice(
            [
                ("assignee", ["robo", "mina"]),
                ("assignee", ["mina", None, "mina"]),
                ("assignee", ["mina", "robo", "joon"]),
                ("assignee", ["mina", None, "joon"]),
                ("team", ["red", "blue"]),
            ]
        )
        at = datetime.fromisoformat(ticket["created_at"])
        for number, (was, is_) in enumerate(zip([None, *values], values, strict=False)):
            yield {
                "event_id": f"{ticket['ticket_id']}-h{number}",
                "ticket_id": ticket["ticket_id"],
                "at": _text(at + timedelta(minutes=1 + number)),
                "kind": kind,
                "from_value": was,
                "to_value": is_,
                "actor": "agent",
            }


def _late_reopenings(
    dice: random.Random, as_of: datetime, tickets: list[Record], events: list[Record]
) -> Iterator[Record]:
    """Some customers write again after a week or two."""
    last = {event["ticket_id"]: event for event in events if event["kind"] == "status"}
    closed = [ticket for ticket in tickets if ticket["ticket_id"] in last]
    for ticket in dice.sample(closed, 30):
        at = datetime.fromisoformat(last[ticket["ticket_id"]]["at"])
        at += timedelta(days=dice.randrange(7, 15))
        if ticket["status"] in ("closed", "solved") and at <= as_of:
            yield {
                "event_id": f"{ticket['ticket_id']}-late",
                "ticket_id": ticket["ticket_id"],
                "at": _text(at),
                "kind": "status",
                "from_value": ticket["status"],
                "to_value": "open",
                "actor": dice.choice(["customer", None]),
            }
            ticket["status"] = "open"


def _contacts(dice: random.Random, as_of: datetime, customers: list[str]) -> Iterator[Record]:
    """Calls and chats without a ticket, some at night, some left at once."""
    for number in range(160):
        at = as_of - timedelta(minutes=dice.randrange(120 * 24 * 60))
        outcome = dice.choice(["answered", "answered", "abandoned", "voicemail", "callback"])
        yield {
            "contact_id": f"alone-{number}",
            "kind": dice.choice(["call", "chat"]),
            "started_at": _text(at),
            "ended_at": dice.choice([None, _text(at + timedelta(seconds=400))]),
            "channel": dice.choice([None, None, "video", "pigeon"]),
            "ticket_id": dice.choice([None, None, "nowhere"]),
            "customer_id": dice.choice([None, *dice.sample(customers, 4)]),
            "agent_id": dice.choice(["mina", "joon", None]) if outcome == "answered" else None,
            "queue_seconds": dice.choice([None, 2, 9, 10, 70]),
            "transfers": dice.choice([None, 0, 1, 2]),
            "outcome": outcome,
        }


def _callbacks_of_today(as_of: datetime, customers: list[str]) -> Iterator[Record]:
    for number, customer in enumerate(customers[:3]):
        yield {
            "contact_id": f"promised-{number}",
            "kind": "call",
            "started_at": _text(as_of - timedelta(hours=1 + number)),
            "customer_id": customer,
            "outcome": "callback",
        }


def _asked_by_bots(tickets: list[Record]) -> Iterator[Record]:
    """Surveys on what no person ever wrote in."""
    for ticket in tickets:
        if ticket["ticket_id"].startswith("thanks-"):
            yield {
                "survey_id": f"on-{ticket['ticket_id']}",
                "kind": "ces",
                "ticket_id": ticket["ticket_id"],
                "sent_at": _text(datetime.fromisoformat(ticket["created_at"]) + timedelta(hours=2)),
            }


def _write_just_now(
    ticket_id: str, at: datetime, tickets: list[Record], told: dict[str, list[Record]]
) -> None:
    """A customer writes, and is answered within a minute."""
    tickets.append(
        {
            "ticket_id": ticket_id,
            "created_at": _text(at - timedelta(minutes=2)),
            "status": "open",
            "channel": "chat",
            "opened_by": "customer",
            "customer_id": "c1",
        }
    )
    for after, sender in ((-90, "customer"), (-40, "agent")):
        told["messages"].append(
            {
                "message_id": f"{ticket_id}-{sender}",
                "ticket_id": ticket_id,
                "sent_at": _text(at + timedelta(seconds=after)),
                "sender": sender,
                "is_public": True,
            }
        )


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
