"""Records to read by hand, in few words; what is left out is unknown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from reading import facts
from reading.desk import Desk, read_desk
from reading.kpi_values import Row, rows_of
from reading.kpis import KPIS
from reading.shop import Record, Shop

AS_OF = datetime(2025, 3, 31, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """Read `5 9:30` as the fifth of March 2025, `2-5 9:30` as the fifth of February, in UTC."""
    on, clock = text.split()
    month, day = on.split("-") if "-" in on else ("3", on)
    hours, minutes = clock.split(":")
    return datetime(2025, int(month), int(day), int(hours), int(minutes), tzinfo=UTC)


def ticket(ticket_id: str = "1", created: str = "3 9:00", **columns: Any) -> Record:
    record = {
        "source": "desk",
        "ticket_id": ticket_id,
        "created_at": at(created),
        "status": "open",
        "channel": "email",
        "opened_by": "customer",
    }
    return record | columns


def message(
    message_id: str, sent: str, sender: str, ticket_id: str = "1", **columns: Any
) -> Record:
    record = {
        "source": "desk",
        "message_id": message_id,
        "ticket_id": ticket_id,
        "sent_at": at(sent),
        "sender": sender,
        "is_public": True,
    }
    return record | columns


def event(event_id: str, when: str, change: str, actor: str | None, **columns: Any) -> Record:
    """Make a status event of `open>solved`; nothing before the arrow is unknown."""
    from_value, to_value = change.split(">")
    record = {
        "source": "desk",
        "event_id": event_id,
        "ticket_id": "1",
        "at": at(when),
        "kind": "status",
        "from_value": from_value or None,
        "to_value": to_value or None,
        "actor": actor,
    }
    return record | columns


def survey(survey_id: str, responded: str | None, score: int | None, **columns: Any) -> Record:
    record = {
        "source": "desk",
        "survey_id": survey_id,
        "kind": "csat",
        "sent_at": at("4 9:00"),
        "responded_at": at(responded) if responded else None,
        "score": Decimal(score) if score is not None else None,
    }
    return record | columns


def order(order_id: str, customer_id: str, created: datetime, **columns: Any) -> Record:
    record = {
        "source": "shop",
        "order_id": order_id,
        "customer_id": customer_id,
        "created_at": created,
        "currency": "KRW",
        "total": Decimal(100),
    }
    return record | columns


def contact(contact_id: str, started: str, outcome: str = "answered", **columns: Any) -> Record:
    record = {
        "source": "desk",
        "contact_id": contact_id,
        "kind": "call",
        "started_at": at(started),
        "outcome": outcome,
    }
    return record | columns


def session(session_id: str, started: str, outcome: str = "resolved", **columns: Any) -> Record:
    record = {
        "source": "desk",
        "session_id": session_id,
        "started_at": at(started),
        "tool": "chatbot",
        "outcome": outcome,
    }
    return record | columns


def read(
    as_of: datetime = AS_OF,
    timezone: str = "UTC",
    shop: dict[str, Any] | None = None,
    **records: list[Record],
) -> Desk:
    return read_desk(
        Shop(records=records, as_of=as_of, reporting_timezone=timezone, **(shop or {}))
    )


def row(desk: Desk, kpi_id: str, grain: str, start: date, *cell: str) -> Row:
    """Return a row; `cell` is channel, slice, slice value and statistic, from the left."""
    kpi = next(each for each in KPIS if each.id == kpi_id)
    defaults = ("all", "all", "all", kpi.statistics[0])
    return rows_of(kpi, desk)[(kpi_id, grain, start, *cell, *defaults[len(cell) :])]


def only_ticket(desk: Desk) -> Row:
    return facts.tickets(desk)["desk", "1"]
