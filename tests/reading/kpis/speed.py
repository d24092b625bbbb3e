"""Speed: how long customers wait for a word, for an end, and in the queue."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from ..desk import Contact, Desk
from ..interactions import live_contacts
from ..kpi_values import Kpi, Observation
from ..sla import sla_clocks
from ..tickets import Response, Ticket
from .common import (
    DAYS_7,
    DAYS_14,
    TICKET_SLICES,
    TICKET_STREAMS,
    about,
    of_created,
    slices_of,
)

HOUR = timedelta(hours=1)

Clock = Callable[[Desk, Response], int | None]
"""None where it is unknown."""


def waiting(desk: Desk, ticket: Ticket) -> Observation:
    return Observation(
        at=ticket.record["created_at"],
        channel=ticket.channel,
        slices=slices_of(desk, ticket),
        denominator=0,
        pending=1,
        about=about(ticket),
    )


def calendar_seconds(_: Desk, response: Response) -> int:
    return response.seconds


def business_seconds(desk: Desk, response: Response) -> int | None:
    return desk.business_seconds(response.since, response.message["sent_at"])


def first_response_time(desk: Desk, seconds: Clock = calendar_seconds) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        first = ticket.first_response
        waited = seconds(desk, first) if first else None
        if waited is not None:
            yield of_created(desk, ticket, waited)
        if ticket.is_waiting_for_a_first_response:
            yield waiting(desk, ticket)


def first_response_time_business(desk: Desk) -> Iterator[Observation]:
    return first_response_time(desk, business_seconds)


def average_response_time(desk: Desk, seconds: Clock = calendar_seconds) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        waits = [seconds(desk, each) for each in ticket.responses]
        known = [each for each in waits if each is not None]
        if len(known) < len(waits):
            continue
        if ticket.is_inbound and ticket.customer_messages:
            yield of_created(desk, ticket, sum(known))
        if ticket.is_waiting_for_a_response:
            yield waiting(desk, ticket)


def average_response_time_business(desk: Desk) -> Iterator[Observation]:
    return average_response_time(desk, business_seconds)


def reply_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        for response in ticket.responses if ticket.is_inbound else []:
            yield Observation(
                at=response.message["sent_at"],
                channel=ticket.channel,
                slices=slices_of(desk, ticket) | {"agent": response.message["agent_id"]},
                numerator=response.seconds,
                about=f"{about(ticket)}:{response.message['message_id']}",
            )


def average_resolution_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.resolution_seconds is not None:
            yield of_closed(desk, ticket, ticket.resolution_seconds)


def average_resolution_time_business(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.resolution_seconds is not None:
            seconds = desk.business_seconds(ticket.resolution_since, ticket.closed_at)
            if seconds is not None:
                yield of_closed(desk, ticket, seconds)


def of_closed(desk: Desk, ticket: Ticket, seconds: int) -> Observation:
    return Observation(
        at=ticket.closed_at,
        channel=ticket.channel,
        slices=slices_of(desk, ticket),
        numerator=seconds,
        about=about(ticket),
    )


def unanswered_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_customer_initiated and ticket.customer_messages:
            yield of_created(desk, ticket, int(ticket.is_unanswered))


def first_response_within_hour_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if not (ticket.is_customer_initiated and ticket.customer_messages):
            continue
        waited = desk.shop.as_of - ticket.customer_messages[0]["sent_at"]
        if waited >= HOUR:
            first = ticket.first_response
            yield of_created(desk, ticket, int(first is not None and first.seconds <= 3600))


def of_contact(contact: Contact, numerator: int) -> Observation:
    return Observation(
        at=contact.at,
        channel=contact.channel,
        numerator=numerator,
        about=f"{contact.record['source']}/{contact.record['contact_id']}",
    )


def average_handle_time(desk: Desk) -> Iterator[Observation]:
    for contact in live_contacts(desk):
        talk = contact.record["talk_seconds"]
        if contact.is_answered and talk is not None:
            rest = [contact.record[each] or 0 for each in ("hold_seconds", "wrap_up_seconds")]
            yield replace(of_contact(contact, talk + sum(rest)), at=contact.ended_at)


def average_wait_time(desk: Desk) -> Iterator[Observation]:
    for contact in live_contacts(desk):
        if contact.is_waited:
            yield of_contact(contact, contact.record["queue_seconds"])


def long_wait_rate(desk: Desk) -> Iterator[Observation]:
    for contact in live_contacts(desk):
        if contact.is_waited:
            yield of_contact(contact, int(contact.record["queue_seconds"] > 60))


def answered_within_target_rate(desk: Desk) -> Iterator[Observation]:
    otherwise = desk.shop.settings["answered_within_target_seconds"]
    for contact in live_contacts(desk):
        if contact.is_waited:
            target = desk.shop.wait_targets.get(contact.channel, otherwise)
            is_in_time = contact.is_answered and contact.record["queue_seconds"] <= target
            yield of_contact(contact, int(is_in_time))


def sla_attainment_rate(desk: Desk) -> Iterator[Observation]:
    for clock in sla_clocks(desk):
        if clock.outcome in ("met", "breached"):
            yield Observation(
                at=clock.decided_at,
                channel=clock.ticket.channel,
                slices=slices_of(desk, clock.ticket),
                numerator=int(clock.outcome == "met"),
                about=f"{about(clock.ticket)} {clock.clock}",
            )


KPIS = [
    Kpi(
        id="first_response_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=first_response_time,
    ),
    Kpi(
        id="first_response_time_business",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=first_response_time_business,
    ),
    Kpi(
        id="average_response_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean",),
        matures_after=DAYS_14,
        observe=average_response_time,
    ),
    Kpi(
        id="average_response_time_business",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean",),
        matures_after=DAYS_14,
        observe=average_response_time_business,
    ),
    Kpi(
        id="reply_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        slices=("team", "agent", "topic"),
        observe=reply_time,
    ),
    Kpi(
        id="average_resolution_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_7,
        slices=TICKET_SLICES,
        observe=average_resolution_time,
    ),
    Kpi(
        id="average_resolution_time_business",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_7,
        slices=TICKET_SLICES,
        observe=average_resolution_time_business,
    ),
    Kpi(
        id="unanswered_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=unanswered_rate,
    ),
    Kpi(
        id="first_response_within_hour_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        observe=first_response_within_hour_rate,
    ),
    Kpi(
        id="average_handle_time",
        unit="seconds",
        needs=("live_contacts",),
        statistics=("mean",),
        observe=average_handle_time,
    ),
    Kpi(
        id="average_wait_time",
        unit="seconds",
        needs=("live_contacts",),
        statistics=("mean", "median", "p90"),
        observe=average_wait_time,
    ),
    Kpi(
        id="long_wait_rate",
        unit="percent",
        needs=("live_contacts",),
        observe=long_wait_rate,
    ),
    Kpi(
        id="answered_within_target_rate",
        unit="percent",
        needs=("live_contacts",),
        observe=answered_within_target_rate,
    ),
    Kpi(
        id="sla_attainment_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        slices=TICKET_SLICES,
        observe=sla_attainment_rate,
    ),
]
