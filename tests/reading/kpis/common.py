"""What the KPIs of more than one field say of themselves: their streams, slices and rows."""

from collections.abc import Mapping
from datetime import timedelta

from ..desk import Contact, Desk
from ..interactions import Interaction
from ..kpi_values import Number, Observation
from ..tickets import Ticket

TICKET_STREAMS = ("tickets", "messages", "ticket_events")
TICKET_SLICES = ("team", "agent", "topic", "brand", "language", "vip")
BY_MONTH = ("month", "quarter", "year")

DAYS_3 = timedelta(days=3)
DAYS_7 = timedelta(days=7)
DAYS_14 = timedelta(days=14)


def slices_of(desk: Desk, ticket: Ticket) -> Mapping[str, str | None]:
    return {
        "team": ticket.record["team_id"],
        "agent": ticket.record["assignee_id"],
        "topic": ticket.record["topic"],
        "brand": ticket.record["brand"],
        "language": ticket.record["language"],
        "vip": desk.persons.is_vip(desk.person_of(ticket)),
    }


def slices_of_contact(desk: Desk, contact: Contact) -> Mapping[str, str | None]:
    """Return what is known of a live contact: of its ticket, where it names one."""
    of_ticket = slices_of(desk, contact.ticket) if contact.ticket else dict.fromkeys(TICKET_SLICES)
    vip = desk.persons.is_vip(contact.person)
    return {**of_ticket, "agent": contact.record["agent_id"], "vip": vip}


def about(ticket: Ticket) -> str:
    return "/".join(ticket.key)


def of_created(
    desk: Desk, ticket: Ticket, numerator: Number = 0, denominator: int = 1
) -> Observation:
    """Return an observation of a ticket under the instant at which it was created."""
    return Observation(
        at=ticket.record["created_at"],
        channel=ticket.channel,
        slices=slices_of(desk, ticket),
        numerator=numerator,
        denominator=denominator,
        about=about(ticket),
    )


def of_interaction(
    each: Interaction,
    numerator: Number = 0,
    denominator: int = 1,
    slices: Mapping[str, str | None] | None = None,
) -> Observation:
    """Return an observation of an interaction under the instant at which it started."""
    return Observation(
        at=each.at,
        channel=each.channel,
        slices=slices or {},
        numerator=numerator,
        denominator=denominator,
        about=each.about,
    )
