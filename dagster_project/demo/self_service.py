"""Who helps themselves at the demo shop: chatbot, help centre, FAQ and order tracking.

What becomes of a session at the helpdesk is a ticket of conversations.py.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.desk import CHANNELS, INQUIRY, NO_TOPIC, TOPICS, Tickets
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    ASKING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    MINUTE,
    NEVER,
    SECOND,
    STORY_ENDS,
    Instants,
    arrivals,
)

TOOLS = ("chatbot", "help_center", "faq", "order_tracking", "order_management")
CHATBOT = 0

OUTCOMES = ("resolved", "escalated", "abandoned")
RESOLVED, ESCALATED, ABANDONED = range(3)

SESSIONS_PER_TICKET = 0.6

_HAS_BOT = np.array([channel.bot for channel in CHANNELS])


@dataclass(frozen=True)
class Sessions:
    """Sessions, one row each, by the time at which they began.

    Attributes:
        person: Who it was; `NOBODY` where the helpdesk does not know.
        ticket: The ticket (a row) that it became; `NOBODY` where it became none.
        is_end_known: Whether the tool noticed the end.
        outcome: What the tool took it for at first.
        set_right: When the customer's own word made an abandoned one a resolved one, or `NEVER`.
    """

    started: Instants
    ended: Instants
    is_end_known: Flags
    tool: Codes
    topic: Codes
    person: Codes
    outcome: Codes
    set_right: Instants
    ticket: Codes


def draw_sessions(rng: np.random.Generator, tickets: Tickets, per_year: int) -> Sessions:
    """Draw the sessions that stand alone, those that became tickets, and those that seemed to help.

    Args:
        rng: Where the randomness comes from.
        tickets: The helpdesk's; whoever is known to a tool has written before.
        per_year: Tickets in the first year.
    """
    first = np.full(tickets.person.max() + 1, NEVER)
    np.minimum.at(first, tickets.person, tickets.created)
    parts = (
        _alone(rng, first, round(per_year * SESSIONS_PER_TICKET)),
        _escalated(rng, tickets),
        _of_those_who_write_all_the_same(rng, tickets, first),
    )
    every = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    size = every["started"].size
    every["topic"] = np.where(rng.random(size) < 0.15, NO_TOPIC, every["topic"])
    every["is_end_known"] = (every["outcome"] != ABANDONED) | (rng.random(size) < 0.7)
    is_set_right = (every["outcome"] == ABANDONED) & (rng.random(size) < 0.06)
    every["set_right"] = np.where(
        is_set_right, every["ended"] + rng.integers(4 * HOUR, 40 * HOUR, size), NEVER
    )
    order = np.argsort(every["started"], kind="stable")
    return Sessions(**{key: column[order] for key, column in every.items()})


def _alone(rng: np.random.Generator, first: Instants, per_year: int) -> dict[str, Codes]:
    started = arrivals(
        rng, per_year=per_year, start=DESK_OPENED, end=STORY_ENDS, hours=ASKING_HOURS
    )
    size = started.size
    in_order = np.argsort(first, kind="stable")
    known = np.searchsorted(first[in_order], started)
    is_known = (rng.random(size) < 0.45) & (known > 0)
    lasted = rng.lognormal(np.log(95 * SECOND), 0.9, size).astype(np.int64) + 5 * SECOND
    return {
        "started": started,
        "ended": started + lasted,
        "tool": rng.choice(len(TOOLS), size, p=[0.36, 0.18, 0.17, 0.22, 0.07]),
        "topic": rng.integers(0, len(TOPICS), size),
        "person": np.where(is_known, in_order[(rng.random(size) * known).astype(np.int64)], NOBODY),
        "outcome": rng.choice(3, size, p=[0.66, 0.08, 0.26]),
        "ticket": np.full(size, NOBODY),
    }


def _escalated(rng: np.random.Generator, tickets: Tickets) -> dict[str, Codes]:
    """Draw the sessions that handed over to the helpdesk at the moment of their end."""
    may = (tickets.kind == INQUIRY) & _HAS_BOT[tickets.channel]
    may &= tickets.created > DESK_OPENED + HOUR
    row = np.flatnonzero(may & (rng.random(may.size) < 0.13))
    ended = tickets.created[row]
    return {
        "started": ended - rng.integers(20 * SECOND, 12 * MINUTE, row.size),
        "ended": ended,
        "tool": np.where(rng.random(row.size) < 0.85, CHATBOT, 1),
        "topic": tickets.topic[row],
        "person": tickets.person[row],
        "outcome": np.full(row.size, ESCALATED),
        "ticket": row,
    }


def _of_those_who_write_all_the_same(
    rng: np.random.Generator, tickets: Tickets, first: Instants
) -> dict[str, Codes]:
    """Draw sessions that seemed to help, whose persons wrote within the day."""
    may = (tickets.kind == INQUIRY) & (tickets.created - first[tickets.person] > 2 * DAY)
    row = np.flatnonzero(may & (rng.random(may.size) < 0.03))
    started = tickets.created[row] - rng.integers(10 * MINUTE, 22 * HOUR, row.size)
    return {
        "started": started,
        "ended": started + rng.integers(30 * SECOND, 6 * MINUTE, row.size),
        "tool": rng.choice(len(TOOLS), row.size),
        "topic": tickets.topic[row],
        "person": tickets.person[row],
        "outcome": np.full(row.size, RESOLVED),
        "ticket": np.full(row.size, NOBODY),
    }
