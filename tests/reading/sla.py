"""Rule 31: SLA clocks. Three kinds for each ticket, each under the policy in force at its start."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from .desk import Desk
from .hours import FOR_EVER, LONG_AGO, SECOND, Span, elapsed, known_span, open_spans
from .shop import Policy
from .tickets import Ticket
from .trade import day_of


@dataclass(frozen=True, kw_only=True)
class SlaClock:
    """One clock of a ticket.

    Attributes:
        stopped_at: When the reply or the closing came; None where neither has.
        outcome: `met`, `breached`, or `running` where it is not due yet.
        decided_at: When it was met or fell due; None of one that runs.
        elapsed_seconds: What it showed when it stopped, or at as_of.
    """

    ticket: Ticket
    clock: str
    policy: Policy
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    outcome: str
    decided_at: datetime | None
    elapsed_seconds: int


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a clock measures.

    Attributes:
        given_up_at: When the ticket was closed without what was waited for.
        pauses: The spans in which the clock stands still.
    """

    clock: str
    since: datetime
    until: datetime | None
    given_up_at: datetime | None = None
    pauses: tuple[Span, ...] = ()


def sla_clocks(desk: Desk) -> Iterator[SlaClock]:
    for ticket in desk.counted_tickets():
        for wait in (*_replies(ticket), *_resolution(ticket)):
            clock = _clock(desk, ticket, wait)
            if clock is not None:
                yield clock


def _replies(ticket: Ticket) -> Iterator[Wait]:
    """Yield a wait for each turn of the customer: the first is for the first reply."""
    is_first = ticket.is_customer_initiated
    for place, turn in enumerate(ticket.turns):
        if turn[0]["sender_kind"] != "customer":
            continue
        since = ticket.asked_at(turn)
        is_answered = turn is not ticket.turns[-1]
        is_given_up = not is_answered and ticket.is_closed_now and ticket.closed_at >= since
        yield Wait(
            clock="first_reply" if is_first else "next_reply",
            since=since,
            until=ticket.turns[place + 1][0]["sent_at"] if is_answered else None,
            given_up_at=ticket.closed_at if is_given_up else None,
        )
        is_first = False


def _resolution(ticket: Ticket) -> Iterator[Wait]:
    if not ticket.is_inbound:
        return
    if not ticket.is_closed_now:
        first_word = [each["sent_at"] for each in ticket.customer_messages[:1]]
        since = first_word[0] if first_word else ticket.record["created_at"]
        yield Wait(clock="resolution", since=since, until=None, pauses=_pending(ticket))
    elif ticket.resolution_seconds is not None:
        yield Wait(
            clock="resolution",
            since=ticket.resolution_since,
            until=ticket.closed_at,
            pauses=_pending(ticket),
        )


def _pending(ticket: Ticket) -> tuple[Span, ...]:
    """Return the spans in which a ticket was pending; one that still is ends at as_of."""
    events = ticket.status_events
    states = [(event["at"], event["to_value"]) for event in events]
    if events:
        states.insert(0, (ticket.record["created_at"], events[0]["from_value"]))
    return tuple(
        (since, until)
        for (since, state), (until, _) in pairwise([*states, (ticket.as_of, None)])
        if state == "pending" and since < until
    )


def _clock(desk: Desk, ticket: Ticket, wait: Wait) -> SlaClock | None:
    as_of = desk.shop.as_of
    policy = _policy(desk, ticket, wait, ticket.priority_at(wait.since))
    if policy is None:
        return None
    stopped_at = wait.until or wait.given_up_at
    due_at = _due_at(desk, wait, policy)
    if due_at is None:
        return None
    for event in ticket.events_of("priority"):
        if wait.since < event["at"] < min(due_at, stopped_at or FOR_EVER):
            other = _policy(desk, ticket, wait, event["to_value"])
            other_due_at = _due_at(desk, wait, other) if other else None
            if other and other_due_at:
                policy, due_at = other, other_due_at
    decided_at: datetime | None
    if wait.until is not None and wait.until <= due_at:
        outcome, decided_at = "met", wait.until
    elif min(due_at, wait.given_up_at or FOR_EVER) <= as_of:
        outcome, decided_at = "breached", min(due_at, wait.given_up_at or FOR_EVER)
    else:
        outcome, decided_at = "running", None
    shown = elapsed(_spans(desk, wait, policy), stopped_at or as_of) // SECOND
    return SlaClock(
        ticket=ticket,
        clock=wait.clock,
        policy=policy,
        started_at=wait.since,
        due_at=due_at,
        stopped_at=stopped_at,
        outcome=outcome,
        decided_at=decided_at,
        elapsed_seconds=shown,
    )


def _policy(desk: Desk, ticket: Ticket, wait: Wait, priority: str | None) -> Policy | None:
    """Return the policy with the most to say about a ticket among those in force at the start.

    Of as many words the channel's weighs most, and the customer's group least.
    """
    groups = {"true": "vip", "false": "standard", None: None}
    said = {
        "channel": ticket.channel,
        "priority": priority,
        "customer_group": groups[desk.persons.is_vip(desk.person_of(ticket))],
    }
    on = day_of(desk, wait.since)
    holding = [
        policy
        for policy in desk.shop.policies
        if policy.clock == wait.clock
        and all(getattr(policy, name) in (None, value) for name, value in said.items())
        and (policy.valid_from is None or policy.valid_from <= on)
        and (policy.valid_until is None or on <= policy.valid_until)
    ]
    return max(
        holding,
        key=lambda policy: (
            sum(getattr(policy, name) is not None for name in said),
            [getattr(policy, name) is not None for name in said],
        ),
        default=None,
    )


def _due_at(desk: Desk, wait: Wait, policy: Policy) -> datetime | None:
    """Return when a clock falls due; None where it runs into hours that nobody knows."""
    begins_at, ends_at = LONG_AGO, FOR_EVER
    if policy.clock_kind == "business":
        begins_at, ends_at = known_span(desk.shop, _schedule_id(desk, policy))
    read_at = wait.until or wait.given_up_at or desk.shop.as_of
    if not begins_at <= wait.since <= read_at < ends_at:
        return None
    left = timedelta(seconds=policy.target_seconds)
    for begins, ends in _spans(desk, wait, policy):
        if ends - begins >= left:
            return begins + left if begins + left <= ends_at else None
        left -= ends - begins
    return None


def _schedule_id(desk: Desk, policy: Policy) -> str:
    return policy.schedule_id or desk.shop.business_schedule


def _spans(desk: Desk, wait: Wait, policy: Policy) -> Iterator[Span]:
    """Yield the spans in which a clock runs."""
    if policy.clock_kind == "calendar":
        spans: Iterator[Span] = iter([(wait.since, FOR_EVER)])
    else:
        spans = open_spans(desk.shop, _schedule_id(desk, policy), wait.since)
    for begins, ends in spans:
        reached = begins
        for paused, resumed in wait.pauses:
            if paused < ends and resumed > reached:
                if paused > reached:
                    yield reached, paused
                reached = min(resumed, ends)
        if reached < ends:
            yield reached, ends
