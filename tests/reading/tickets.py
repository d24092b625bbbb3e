"""Terms: Tickets. One ticket with all that it holds, and every word that the terms have for it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from .shop import Record

CLOSED_STATES = ("solved", "closed")


def whole_seconds(since: datetime, until: datetime) -> int:
    """Return the elapsed whole seconds, rounded down."""
    return (until - since) // timedelta(seconds=1)


@dataclass(frozen=True)
class Response:
    """A human turn right after a customer turn.

    Attributes:
        since: When the customer began to wait.
        message: The first of the human turn, which ends the wait.
    """

    since: datetime
    message: Record

    @property
    def seconds(self) -> int:
        return whole_seconds(self.since, self.message["sent_at"])


@dataclass
class Ticket:
    """A ticket.

    Attributes:
        messages: Every message that it holds now, each with its `sender_kind`.
        contacts: The live contacts that name it.
        bots: The ids of the bots of its source.
    """

    record: Record
    exclusion_reason: str | None
    as_of: datetime
    unanswered_days: int
    bots: frozenset[str]
    messages: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)
    contacts: list[Record] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.record["source"], self.record["ticket_id"]

    # ---- its messages

    def _messages(self, *kinds: str) -> list[Record]:
        return sorted(
            (message for message in self.messages if message["sender_kind"] in kinds),
            key=lambda message: (message["sent_at"], message["message_id"]),
        )

    @cached_property
    def customer_messages(self) -> list[Record]:
        return self._messages("customer")

    @cached_property
    def human_messages(self) -> list[Record]:
        return self._messages("human")

    @cached_property
    def automated_messages(self) -> list[Record]:
        return self._messages("automated")

    @cached_property
    def automated_answers(self) -> list[Record]:
        return [each for each in self.automated_messages if each["purpose"] == "answer"]

    @property
    def is_counted(self) -> bool:
        return self.exclusion_reason is None

    @cached_property
    def is_inbound(self) -> bool:
        is_opened_by_customer = self.record["opened_by"] == "customer"
        return self.is_counted and (is_opened_by_customer or bool(self.customer_messages))

    @cached_property
    def is_customer_initiated(self) -> bool:
        return self.is_counted and self.record["opened_by"] == "customer"

    @cached_property
    def channel(self) -> str | None:
        if self.customer_messages and self.customer_messages[0]["channel"] is not None:
            return self.customer_messages[0]["channel"]
        return self.record["channel"]

    @cached_property
    def turns(self) -> list[list[Record]]:
        """Every turn, a run of messages of one side."""
        turns: list[list[Record]] = []
        for message in self._messages("customer", "human"):
            if turns and turns[-1][0]["sender_kind"] == message["sender_kind"]:
                turns[-1].append(message)
            else:
                turns.append([message])
        return turns

    @cached_property
    def responses(self) -> list[Response]:
        return [
            Response(self.asked_at(before), turn[0])
            for before, turn in pairwise(self.turns)
            if turn[0]["sender_kind"] == "human"
        ]

    def asked_at(self, customer_turn: list[Record]) -> datetime:
        """When the customer began to wait.

        A new wait begins with what the customer writes after automation answered and then closed.
        """
        began = customer_turn[0]["sent_at"]
        started_at = began
        for closing in self.closings:
            has_answered = any(
                began < answer["sent_at"] <= closing["at"] for answer in self.automated_answers
            )
            if closing["actor"] != "automation" or not has_answered:
                continue
            wrote_again = [each for each in customer_turn if each["sent_at"] > closing["at"]]
            if wrote_again:
                started_at = wrote_again[0]["sent_at"]
        return started_at

    @cached_property
    def first_response(self) -> Response | None:
        return self.responses[0] if self.is_customer_initiated and self.responses else None

    @cached_property
    def first_automated_response(self) -> Record | None:
        """The first automated message after the customer's first word."""
        if not (self.is_customer_initiated and self.customer_messages):
            return None
        first_word = self.customer_messages[0]["sent_at"]
        replies = [each for each in self.automated_messages if each["sent_at"] >= first_word]
        return replies[0] if replies else None

    @cached_property
    def touches(self) -> int:
        answered = [each for each in self.contacts if each["outcome"] == "answered"]
        return len(self.responses) + len(answered)

    @cached_property
    def is_waiting_for_a_first_response(self) -> bool:
        return (
            self.is_customer_initiated
            and bool(self.customer_messages)
            and self.first_response is None
            and not self.is_closed_now
        )

    @cached_property
    def is_waiting_for_a_response(self) -> bool:
        spoke_last = self.turns[-1][0]["sender_kind"] if self.turns else None
        return self.is_inbound and spoke_last == "customer" and not self.is_closed_now

    # ---- its closings

    def events_of(self, kind: str) -> list[Record]:
        return sorted(
            (event for event in self.events if event["kind"] == kind),
            key=lambda event: (event["at"], event["event_id"]),
        )

    @cached_property
    def status_events(self) -> list[Record]:
        return self.events_of("status")

    @cached_property
    def closings(self) -> list[Record]:
        return [
            event
            for event in self.status_events
            if event["to_value"] in CLOSED_STATES and event["from_value"] not in CLOSED_STATES
        ]

    @cached_property
    def closed_at(self) -> datetime | None:
        return self.closings[-1]["at"] if self.closings else self.record["closed_at"]

    @cached_property
    def first_closed_at(self) -> datetime | None:
        return self.closings[0]["at"] if self.closings else self.record["closed_at"]

    @cached_property
    def is_in_a_closed_state(self) -> bool:
        return self.record["status"] in CLOSED_STATES

    @cached_property
    def is_closed_now(self) -> bool:
        return self.is_in_a_closed_state and self.closed_at is not None

    @cached_property
    def closed_by(self) -> str | None:
        if self.closed_at is None:
            return None
        last_actor = self.closings[-1]["actor"] if self.closings else None
        return last_actor or self.record["closed_by"]

    @cached_property
    def reopenings(self) -> list[Record]:
        return [
            event
            for event in self.status_events
            if event["from_value"] in CLOSED_STATES
            and event["to_value"] is not None
            and event["to_value"] not in CLOSED_STATES
            and event["actor"] in ("customer", None)
        ]

    def is_thank_you(self, reopening: Record) -> bool:
        place = self.status_events.index(reopening)
        closed_again = [each for each in self.status_events[place:] if each in self.closings]
        if not closed_again or closed_again[0]["actor"] not in ("agent", "customer"):
            return False
        return not any(
            reopening["at"] < message["sent_at"] < closed_again[0]["at"]
            for message in self.human_messages
        )

    @cached_property
    def substantive_reopenings(self) -> list[Record]:
        return [each for each in self.reopenings if not self.is_thank_you(each)]

    @cached_property
    def resolution_since(self) -> datetime:
        """When the way to its resolution began; it has to be closed now."""
        if self.customer_messages and self.customer_messages[0]["sent_at"] <= self.closed_at:
            return self.customer_messages[0]["sent_at"]
        return self.record["created_at"]

    @cached_property
    def resolution_seconds(self) -> int | None:
        if not (self.is_inbound and self.is_closed_now):
            return None
        seconds = whole_seconds(self.resolution_since, self.closed_at)
        return seconds if seconds >= 0 else None

    # ---- how it ended

    @cached_property
    def is_self_service_resolved(self) -> bool:
        if not (self.is_inbound and self.is_closed_now and self.customer_messages):
            return False
        if self.touches:
            return False
        return (self.closed_by == "automation" and self._spoke_last(self.automated_answers)) or (
            self.closed_by == "customer" and self._spoke_last(self.automated_messages)
        )

    def _spoke_last(self, automated: list[Record]) -> bool:
        last_word = self.customer_messages[-1]["sent_at"]
        return any(last_word < message["sent_at"] <= self.closed_at for message in automated)

    @cached_property
    def is_abandoned(self) -> bool:
        if not (self.is_inbound and self.is_closed_now):
            return False
        went_without = (
            self.closed_by in ("automation", "customer")
            and not self.touches
            and not self.is_self_service_resolved
        )
        never_came_back = bool(self.closings) and (
            self.closings[-1]["actor"] == "automation"
            and self.closings[-1]["from_value"] == "pending"
        )
        return went_without or never_came_back

    @cached_property
    def is_unanswered(self) -> bool:
        is_old = self.as_of - self.record["created_at"] > timedelta(days=self.unanswered_days)
        return (
            self.is_customer_initiated
            and bool(self.customer_messages)
            and not self.touches
            and not self.is_self_service_resolved
            and (self.is_closed_now or is_old)
        )

    @cached_property
    def is_one_touch(self) -> bool:
        return (
            self.is_customer_initiated
            and self.is_closed_now
            and self.touches == 1
            and not self.substantive_reopenings
        )

    @cached_property
    def is_complaint(self) -> bool:
        return self.record["topic"] == "complaint" or "complaint" in self.record["tags"]

    @cached_property
    def transfers(self) -> int:
        return self._changes("assignee", self.bots) + self._changes("team", frozenset())

    def _changes(self, kind: str, left_out: frozenset[str]) -> int:
        events = self.events_of(kind)
        values = [events[0]["from_value"]] if events else []
        values += [event["to_value"] for event in events]
        values = [value for value in values if value is not None and value not in left_out]
        return sum(one != next_one for one, next_one in pairwise(values))

    @cached_property
    def is_human_handled(self) -> bool:
        assignee = self.record["assignee_id"]
        has_an_assignee = assignee is not None and assignee not in self.bots
        return self.is_inbound and (bool(self.human_messages) or has_an_assignee)

    def assignee_at(self, instant: datetime) -> str | None:
        """Return who it was assigned to at an instant."""
        return self._value_at("assignee", "assignee_id", instant)

    def priority_at(self, instant: datetime) -> str | None:
        return self._value_at("priority", "priority", instant)

    def _value_at(self, kind: str, column: str, instant: datetime) -> str | None:
        """Return what a column said at an instant: by its events, without any as it does now."""
        events = self.events_of(kind)
        if not events:
            return self.record[column]
        until_then = [event for event in events if event["at"] <= instant]
        return until_then[-1]["to_value"] if until_then else events[0]["from_value"]

    def was_open(self, happened: "Happened") -> bool:
        """Say whether it was in an open state after all that had happened then."""
        if not happened.includes(self.record["created_at"]):
            return False
        if self.is_in_a_closed_state and self.closed_at is None:
            return False
        if not self.status_events:
            closed_at = self.record["closed_at"]
            return closed_at is None or not happened.includes(closed_at)
        until_then = [event for event in self.status_events if happened.includes(event["at"])]
        state = until_then[-1]["to_value"] if until_then else self.status_events[0]["from_value"]
        return state not in CLOSED_STATES

    def was_open_by(self, until: datetime) -> bool:
        """Say whether it was in an open state at any time up to an instant."""
        moments = [self.record["created_at"], *(event["at"] for event in self.status_events)]
        return any(
            at <= until and self.was_open(Happened(at, with_the_instant=True)) for at in moments
        )


@dataclass(frozen=True)
class Happened:
    """What had happened at an instant: before a period's end, up to and with as_of."""

    until: datetime
    with_the_instant: bool

    def includes(self, at: datetime) -> bool:
        return at < self.until or (self.with_the_instant and at == self.until)
