"""Resolution: what was settled, by whom, at which try, and what was given up."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ..desk import Desk
from ..interactions import (
    Interaction,
    contact_events,
    human_handled,
    inbound_tickets,
    interactions,
    is_resolved,
    is_same_topic,
    live_contacts,
    of_contact,
    of_session,
    of_ticket,
    own_sessions,
)
from ..kpi_values import Figure, Kpi, Observation
from ..periods import Period
from ..tickets import Happened
from .common import (
    DAYS_7,
    DAYS_14,
    TICKET_SLICES,
    TICKET_STREAMS,
    about,
    of_created,
    of_interaction,
    slices_of,
    slices_of_contact,
)


def self_service_rate(desk: Desk) -> Iterator[Observation]:
    for session in own_sessions(desk):
        yield of_interaction(of_session(session), int(is_resolved(desk, session)))
    for ticket in inbound_tickets(desk):
        yield of_created(desk, ticket, int(ticket.is_self_service_resolved))


def one_touch_resolution_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_customer_initiated:
            yield of_created(desk, ticket, int(ticket.is_one_touch))


def zero_touch_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_customer_initiated:
            is_zero = (
                ticket.is_closed_now and not ticket.touches and not ticket.is_self_service_resolved
            )
            yield of_created(desk, ticket, int(is_zero))


def first_contact_resolution_rate(desk: Desk) -> Iterator[Observation]:
    for each in _first_contacts(desk):
        ended_at = _ended_at(each)
        if each.person is None or ended_at > desk.shop.as_of - _silence(desk):
            continue
        came_back = any(
            event.record is not each.record
            and event.person == each.person
            and is_same_topic(event, each)
            and ended_at < event.at <= ended_at + _silence(desk)
            for event in contact_events(desk)
        )
        is_reopened = each.ticket is not None and bool(each.ticket.substantive_reopenings)
        yield Observation(
            at=ended_at,
            channel=each.channel,
            slices=_slices(desk, each),
            numerator=int(not (came_back or is_reopened or each.is_transferred)),
            about=each.about,
        )


def _first_contacts(desk: Desk) -> Iterator[Interaction]:
    for ticket in inbound_tickets(desk):
        if ticket.is_closed_now:
            yield of_ticket(desk, ticket)
    for contact in live_contacts(desk):
        if contact.is_answered and contact.ticket is None:
            yield of_contact(contact)


def _ended_at(each: Interaction) -> datetime:
    return each.ticket.closed_at if each.ticket is not None else each.contact.ended_at


def _silence(desk: Desk) -> timedelta:
    return timedelta(days=desk.shop.settings["fcr_days"])


def _slices(desk: Desk, each: Interaction) -> Mapping[str, str | None]:
    if each.ticket is not None:
        return slices_of(desk, each.ticket)
    return slices_of_contact(desk, each.contact)


def abandonment_rate(desk: Desk) -> Iterator[Observation]:
    for each in interactions(desk):
        yield of_interaction(each, int(each.is_abandoned))


def transfer_rate(desk: Desk) -> Iterator[Observation]:
    for each in human_handled(desk):
        yield of_interaction(each, int(each.is_transferred), slices=_slices(desk, each))


def repeat_contact_rate(desk: Desk) -> Iterator[Observation]:
    events = contact_events(desk)
    days = timedelta(days=desk.shop.settings["repeat_days"])
    for event in events:
        has_asked = any(
            earlier.person == event.person
            and is_same_topic(earlier, event)
            and event.at - days <= earlier.at < event.at
            for earlier in events
        )
        yield of_interaction(event, int(has_asked))


def reopen_rate(desk: Desk) -> Iterator[Observation]:
    days = timedelta(days=desk.shop.settings["reopen_days"])
    for ticket in inbound_tickets(desk):
        closed_at = ticket.first_closed_at
        if closed_at is not None:
            is_reopened = any(
                closed_at < reopening["at"] <= closed_at + days
                for reopening in ticket.substantive_reopenings
            )
            yield Observation(
                at=closed_at,
                channel=ticket.channel,
                numerator=int(is_reopened),
                about=about(ticket),
            )


def bot_handoff_rate(desk: Desk) -> Iterator[Observation]:
    for session in desk.counted_sessions():
        if session.record["tool"] == "chatbot":
            yield of_interaction(of_session(session), int(session.record["outcome"] == "escalated"))


def backlog(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    open_then = [
        ticket
        for ticket in desk.counted_tickets()
        if ticket.is_inbound and ticket.was_open(happened) and channel in ("all", ticket.channel)
    ]
    return Figure(n=len(open_then), about=" ".join(about(each) for each in open_then))


def channels_of_the_backlog(desk: Desk, until: datetime) -> list[str | None]:
    """Return the channels of all tickets that were open for some time."""
    return [
        ticket.channel
        for ticket in desk.counted_tickets()
        if ticket.is_inbound and ticket.was_open_by(until)
    ]


KPIS = [
    Kpi(
        id="self_service_rate",
        unit="percent",
        needs=(*TICKET_STREAMS, "self_service_sessions"),
        matures_after=DAYS_14,
        by_channel=False,
        observe=self_service_rate,
    ),
    Kpi(
        id="one_touch_resolution_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=one_touch_resolution_rate,
    ),
    Kpi(
        id="zero_touch_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_14,
        observe=zero_touch_rate,
    ),
    Kpi(
        id="first_contact_resolution_rate",
        unit="percent",
        needs=(*TICKET_STREAMS, "live_contacts"),
        matures_after=DAYS_7,
        slices=TICKET_SLICES,
        observe=first_contact_resolution_rate,
    ),
    Kpi(
        id="abandonment_rate",
        unit="percent",
        needs=(*TICKET_STREAMS, "live_contacts", "self_service_sessions"),
        matures_after=DAYS_14,
        observe=abandonment_rate,
    ),
    Kpi(
        id="transfer_rate",
        unit="percent",
        needs=(*TICKET_STREAMS, "live_contacts"),
        slices=("topic", "team"),
        observe=transfer_rate,
    ),
    Kpi(
        id="repeat_contact_rate",
        unit="percent",
        needs=("tickets", "messages", "live_contacts"),
        observe=repeat_contact_rate,
    ),
    Kpi(
        id="reopen_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_7,
        observe=reopen_rate,
    ),
    Kpi(
        id="bot_handoff_rate",
        unit="percent",
        needs=("self_service_sessions",),
        by_channel=False,
        observe=bot_handoff_rate,
    ),
    Kpi(
        id="backlog",
        unit="tickets",
        needs=TICKET_STREAMS,
        statistics=("count",),
        seen=channels_of_the_backlog,
        at_end=backlog,
    ),
]
