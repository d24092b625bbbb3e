"""Terms: Contacts, sessions, interactions. What somebody asked of the shop, counted once each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .desk import Contact, Desk, Session
from .persons import Customer
from .shop import Record
from .tickets import Ticket

REAL_TIME_CHANNELS = ("chat", "sms", "whatsapp")
WITHIN_THE_HOUR = 3600
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """A ticket, a live contact or a session; the two others of the three are None.

    Attributes:
        at: When it started.
    """

    at: datetime
    channel: str | None
    person: Customer | None
    ticket: Ticket | None = None
    contact: Contact | None = None
    session: Session | None = None

    @property
    def record(self) -> Record:
        return (self.ticket or self.contact or self.session).record

    @property
    def kind(self) -> str:
        if self.contact is not None:
            return self.contact.record["kind"]
        return "ticket" if self.ticket is not None else "session"

    @property
    def about(self) -> str:
        record = self.record
        for key in ("ticket_id", "contact_id", "session_id"):
            if key == f"{self.kind}_id" or (self.contact and key == "contact_id"):
                return f"{record['source']}/{self.kind} {record[key]}"
        raise ValueError(self.kind)

    @property
    def home(self) -> Ticket | None:
        """The ticket that it is, or belongs to."""
        for each in (self.contact, self.session):
            if each is not None:
                return each.ticket
        return self.ticket

    @property
    def topic(self) -> str | None:
        """Its own; of a live contact that of its ticket."""
        if self.contact is not None:
            return self.home.record["topic"] if self.home is not None else None
        return self.record["topic"]

    @property
    def is_abandoned(self) -> bool:
        if self.ticket is not None:
            return self.ticket.is_abandoned
        return self.record["outcome"] == "abandoned"

    @property
    def is_transferred(self) -> bool:
        if self.ticket is not None:
            return self.ticket.transfers > 0
        return (self.record["transfers"] or 0) > 0


def of_ticket(desk: Desk, ticket: Ticket) -> Interaction:
    return Interaction(
        at=ticket.record["created_at"],
        channel=ticket.channel,
        person=desk.person_of(ticket),
        ticket=ticket,
    )


def of_contact(contact: Contact) -> Interaction:
    return Interaction(
        at=contact.at, channel=contact.channel, person=contact.person, contact=contact
    )


def of_session(session: Session) -> Interaction:
    return Interaction(
        at=session.record["started_at"],
        channel="self_service",
        person=session.person,
        session=session,
    )


def live_contacts(desk: Desk) -> list[Contact]:
    """Return the live contacts that are any, no short abandons."""
    return [each for each in desk.counted_contacts() if not each.is_short_abandon]


def inbound_tickets(desk: Desk) -> list[Ticket]:
    return [ticket for ticket in desk.counted_tickets() if ticket.is_inbound]


def own_sessions(desk: Desk) -> list[Session]:
    """Return the sessions that do not count as a ticket."""
    return [each for each in desk.counted_sessions() if not each.counts_as_a_ticket]


def _names(contacts: list[Contact], ticket: Ticket) -> bool:
    return any(contact.ticket is ticket for contact in contacts)


def interactions(desk: Desk) -> list[Interaction]:
    contacts = live_contacts(desk)
    tickets = [each for each in inbound_tickets(desk) if not _names(contacts, each)]
    return [
        *(of_contact(contact) for contact in contacts),
        *(of_ticket(desk, ticket) for ticket in tickets),
        *(of_session(session) for session in own_sessions(desk)),
    ]


def human_handled(desk: Desk) -> list[Interaction]:
    answered = [each for each in live_contacts(desk) if each.is_answered]
    tickets = [
        ticket
        for ticket in inbound_tickets(desk)
        if ticket.is_human_handled and not _names(answered, ticket)
    ]
    return [
        *(of_contact(contact) for contact in answered),
        *(of_ticket(desk, ticket) for ticket in tickets),
    ]


def handled_contacts(desk: Desk) -> list[Interaction]:
    """Return what was handled on every channel, self_service included."""
    return [*human_handled(desk), *(of_session(session) for session in own_sessions(desk))]


def contact_events(desk: Desk) -> list[Interaction]:
    """Return the contact events of known persons."""
    alone = [each for each in live_contacts(desk) if each.ticket is None]
    events = [
        *(of_ticket(desk, ticket) for ticket in inbound_tickets(desk)),
        *(of_contact(contact) for contact in alone),
    ]
    return [event for event in events if event.person is not None]


def requests_with_a_person(desk: Desk) -> list[Interaction]:
    contacts = live_contacts(desk)
    tickets = [
        ticket
        for ticket in desk.counted_tickets()
        if ticket.is_customer_initiated and not _names(contacts, ticket)
    ]
    return [
        *(of_contact(contact) for contact in contacts),
        *(of_ticket(desk, ticket) for ticket in tickets),
    ]


@dataclass(frozen=True)
class RealTimeRequest:
    """A customer who waits for somebody now."""

    at: datetime
    is_served: bool


def real_time_requests(desk: Desk) -> Iterator[RealTimeRequest]:
    for contact in live_contacts(desk):
        yield RealTimeRequest(contact.at, contact.is_answered)
    for ticket in desk.counted_tickets():
        if ticket.channel not in REAL_TIME_CHANNELS:
            continue
        for place, turn in enumerate(ticket.turns):
            if turn[0]["sender_kind"] == "customer":
                answered_by = ticket.turns[place + 1][0] if turn is not ticket.turns[-1] else None
                is_served = any(
                    response.message is answered_by and response.seconds <= WITHIN_THE_HOUR
                    for response in ticket.responses
                )
                yield RealTimeRequest(turn[0]["sent_at"], is_served)


def is_same_topic(one: Interaction, other: Interaction) -> bool:
    return one.topic is None or other.topic is None or one.topic == other.topic


def is_resolved(desk: Desk, session: Session) -> bool:
    """Say whether a session settled it: whose person did not come to us within the next day."""
    if session.record["outcome"] != "resolved":
        return False
    if session.person is None:
        return True
    began = [
        *(
            ticket.record["created_at"]
            for ticket in desk.counted_tickets()
            if ticket.is_customer_initiated and desk.person_of(ticket) == session.person
        ),
        *(each.at for each in desk.counted_contacts() if each.person == session.person),
    ]
    since = session.record["started_at"]
    return not any(since < at <= since + DAY for at in began)
