"""The shop as the terms see it: which record hangs on which ticket, and what is left out."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from .hours import business_seconds
from .persons import Customer, Persons
from .records import records_at_as_of
from .shop import Record, Shop
from .tickets import Ticket


@dataclass
class Survey:
    """A survey.

    Attributes:
        ticket: The ticket that it belongs to now.
        is_out: Whether it hangs on a ticket that is excluded.
    """

    record: Record
    ticket: Ticket | None
    is_out: bool
    contact: Record | None
    person: Customer | None

    @property
    def is_answer(self) -> bool:
        is_answered = self.record["responded_at"] is not None and self.record["score"] is not None
        return is_answered and not self.is_out

    @property
    def channel(self) -> str | None:
        if self.record["channel"] is not None:
            return self.record["channel"]
        if self.ticket is not None:
            return self.ticket.channel
        return channel_of_contact(self.contact) if self.contact is not None else None

    @property
    def agent_id(self) -> str | None:
        """Whose work it judges: the agent assigned when it was sent, else the last who replied."""
        if self.record["agent_id"] is not None or self.ticket is None:
            return self.record["agent_id"]
        assignee = self.ticket.assignee_at(self.record["sent_at"])
        if assignee is not None and assignee not in self.ticket.bots:
            return assignee
        replied = [
            message["agent_id"]
            for message in self.ticket.human_messages
            if message["agent_id"] is not None and message["sent_at"] <= self.record["sent_at"]
        ]
        return replied[-1] if replied else None


@dataclass
class Contact:
    """A live contact; a short abandon names no ticket."""

    record: Record
    ticket: Ticket | None
    is_out: bool
    is_short_abandon: bool
    person: Customer | None

    @property
    def at(self) -> datetime:
        return self.record["started_at"]

    @property
    def channel(self) -> str:
        return channel_of_contact(self.record)

    @property
    def is_answered(self) -> bool:
        return self.record["outcome"] == "answered"

    @property
    def ended_at(self) -> datetime:
        return self.record["ended_at"] or self.at

    @property
    def is_waited(self) -> bool:
        """Whether its time in the queue is known and counts."""
        has_waited = self.record["outcome"] in ("answered", "abandoned")
        is_known = self.record["queue_seconds"] is not None
        return has_waited and is_known and not self.is_short_abandon


@dataclass
class Session:
    """A self-service session."""

    record: Record
    ticket: Ticket | None
    is_out: bool
    person: Customer | None

    @property
    def counts_as_a_ticket(self) -> bool:
        is_escalated = self.record["outcome"] == "escalated"
        return is_escalated and self.ticket is not None and self.ticket.is_inbound


@dataclass
class Review:
    """A review of an agent's work; `ticket` is None where it waits outside."""

    record: Record
    ticket: Ticket | None
    is_out: bool
    is_of_a_bot: bool


@dataclass
class Message:
    """A message; `ticket` is the one that it belongs to now, None where it waits outside."""

    record: Record
    ticket: Ticket | None
    is_out: bool

    @property
    def channel(self) -> str | None:
        return self.record["channel"] or (self.ticket.channel if self.ticket else None)


@dataclass
class Desk:
    """All records of a shop at as_of, each in its place."""

    shop: Shop
    records: dict[str, list[Record]]
    persons: Persons
    tickets: dict[tuple[str, str], Ticket] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    bots: set[tuple[str, str]] = field(default_factory=set)

    def counted_tickets(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if ticket.is_counted]

    def counted_contacts(self) -> list[Contact]:
        """Return the live contacts that hang on no excluded ticket, short abandons included."""
        return [contact for contact in self.contacts if not contact.is_out]

    def counted_sessions(self) -> list[Session]:
        return [session for session in self.sessions if not session.is_out]

    def human_messages(self) -> list["Message"]:
        return [
            message
            for message in self.messages
            if message.ticket is not None and message.record["sender_kind"] == "human"
        ]

    def business_seconds(self, since: datetime, until: datetime) -> int | None:
        return business_seconds(self.shop, self.shop.business_schedule, since, until)

    def person_of(self, ticket: Ticket) -> Customer | None:
        return self.persons.of(ticket.record)

    def latest_answers(self, kind: str) -> list[Survey]:
        """Return the answers that count: of several on one ticket the latest."""
        of_one = defaultdict(list)
        for survey in self.surveys:
            if survey.is_answer and survey.record["kind"] == kind:
                alone = survey.record["source"], survey.record["survey_id"]
                of_one[("ticket", survey.ticket.key) if survey.ticket else alone].append(survey)
        return [
            max(each, key=lambda one: (one.record["responded_at"], one.record["survey_id"]))
            for each in of_one.values()
        ]

    def holder(self, record: Record) -> tuple[Ticket | None, bool]:
        """Return the ticket that has what hangs on a record's ticket, or whether that is out."""
        first = record["source"], record["ticket_id"]
        if first not in self.tickets:
            return None, False
        key, passed = first, set()
        while key in self.tickets and key not in passed:
            passed.add(key)
            ticket = self.tickets[key]
            if ticket.exclusion_reason is None:
                return ticket, False
            if ticket.exclusion_reason != "merged":
                return None, True
            key = record["source"], ticket.record["merged_into_ticket_id"]
        return None, True


def read_desk(shop: Shop) -> Desk:
    records = records_at_as_of(shop)
    bots = {
        (agent["source"], agent["agent_id"])
        for agent in records["agents"]
        if agent["role"] == "bot"
    }
    desk = Desk(shop, records, Persons(shop, records["customers"]), bots=bots)
    for record in records["tickets"]:
        desk.tickets[record["source"], record["ticket_id"]] = Ticket(
            record,
            exclusion_reason=exclusion_reason(record),
            as_of=shop.as_of,
            unanswered_days=shop.settings["unanswered_days"],
            bots=frozenset(bot for source, bot in bots if source == record["source"]),
        )
    for record in records["messages"]:
        record["sender_kind"] = sender_kind(record, bots)
        ticket, is_out = desk.holder(record)
        desk.messages.append(Message(record, ticket, is_out))
        if ticket is not None:
            ticket.messages.append(record)
    for record in records["ticket_events"]:
        ticket = desk.tickets.get((record["source"], record["ticket_id"]))
        if ticket is not None:
            ticket.events.append(record)
    for record in records["live_contacts"]:
        is_short = is_short_abandon(record, shop.settings["short_abandon_seconds"])
        ticket, is_out = (None, False) if is_short else desk.holder(record)
        desk.contacts.append(Contact(record, ticket, is_out, is_short, desk.persons.of(record)))
        if ticket is not None:
            ticket.contacts.append(record)
    for record in records["self_service_sessions"]:
        ticket, is_out = desk.holder(record)
        desk.sessions.append(Session(record, ticket, is_out, desk.persons.of(record)))
    for record in records["quality_reviews"]:
        ticket, is_out = desk.holder(record)
        is_of_a_bot = (record["source"], record["agent_id"]) in bots
        desk.reviews.append(Review(record, ticket, is_out, is_of_a_bot))
    contacts = {(each["source"], each["contact_id"]): each for each in records["live_contacts"]}
    for record in records["surveys"]:
        ticket, is_out = desk.holder(record)
        person = desk.persons.of(record)
        if person is None and ticket is not None:
            person = desk.person_of(ticket)
        contact = contacts.get((record["source"], record["contact_id"]))
        desk.surveys.append(Survey(record, ticket, is_out, contact, person))
    return desk


def exclusion_reason(ticket: Record) -> str | None:
    if ticket["deleted"]:
        return "deleted"
    if ticket["is_test"]:
        return "test"
    if ticket["is_spam"]:
        return "spam"
    return "merged" if ticket["merged_into_ticket_id"] is not None else None


def sender_kind(message: Record, bots: set[tuple[str, str]]) -> str:
    if not message["is_public"] or message["is_failed"]:
        return "other"
    if message["sender"] == "customer":
        return "customer"
    if message["sender"] == "automation":
        return "automated"
    return "automated" if (message["source"], message["agent_id"]) in bots else "human"


def is_short_abandon(contact: Record, seconds: int) -> bool:
    queued = contact["queue_seconds"]
    return contact["outcome"] == "abandoned" and queued is not None and queued < seconds


def channel_of_contact(contact: Record) -> str:
    return contact["channel"] or {"call": "phone", "chat": "chat"}[contact["kind"]]
