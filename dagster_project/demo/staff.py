"""When the demo shop's agents are on duty, and what running the desk costs by month."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from dagster_project.demo.desk import CHANNELS, SPAM, TEST, Tickets
from dagster_project.demo.people import AGENTS, ANSWERING, NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    BAD_WEEK,
    CLOSED_DAYS,
    DAY,
    DESK_OPENED,
    HOUR,
    NEVER,
    STORY_ENDS,
    Instants,
    days_between,
    month_starts,
    seoul_months,
)
from dagster_project.demo.self_service import Sessions
from dagster_project.demo.trade import ANSWERED, Contacts

SHIFT_CHANNELS = ("phone", "chat")
PHONE, CHAT = range(2)
"""What a shift is for; `NOBODY` for letters."""

_EARLY = (9, 18)
_LATE = (13, 22)

CATEGORIES = ("payroll", "software", "telephony", "outsourcing", "other")
PAYROLL, SOFTWARE, TELEPHONY, OUTSOURCING, OTHER = range(5)

SHARED, SELF_SERVICE = "shared", "self_service"


@dataclass(frozen=True)
class Budget:
    """What a channel costs, and on what it is spent.

    Attributes:
        won: For each contact, about.
        spent: Shares by category.
        since: The month from which on it is booked, counted from January 1970 as 0.
    """

    won: float
    spent: tuple[tuple[int, float], ...]
    since: int = 0


_LETTERS = ((PAYROLL, 0.9), (SOFTWARE, 0.1))
BUDGETS = {
    "email": Budget(4_300, _LETTERS),
    "chat": Budget(2_900, ((PAYROLL, 0.6), (OUTSOURCING, 0.32), (SOFTWARE, 0.08))),
    "kakaotalk": Budget(2_400, ((PAYROLL, 0.8), (SOFTWARE, 0.2))),
    "web_form": Budget(4_000, _LETTERS),
    "social": Budget(2_700, _LETTERS),
    "sms": Budget(1_600, ((PAYROLL, 0.7), (TELEPHONY, 0.3))),
    "whatsapp": Budget(2_100, _LETTERS, since=(2026 - 1970) * 12 + 1),
    "marketplace": Budget(3_300, ((PAYROLL, 1.0),)),
    "phone": Budget(5_600, ((PAYROLL, 0.74), (TELEPHONY, 0.18), (OTHER, 0.08))),
    SELF_SERVICE: Budget(55, ((SOFTWARE, 0.85), (OTHER, 0.15))),
    SHARED: Budget(640, ((PAYROLL, 0.55), (SOFTWARE, 0.35), (OTHER, 0.1))),
}
"""By channel; the shared budget is for each contact of any person."""


@dataclass(frozen=True)
class Shifts:
    """Shifts, one row each, by the time at which they begin.

    Attributes:
        channel: One of `SHIFT_CHANNELS`, or `NOBODY` for all.
        announced: When the rota was made known, a week ahead.
        fell_out: When the agent called in sick, or `NEVER`.
    """

    agent: Codes
    started: Instants
    ended: Instants
    channel: Codes
    announced: Instants
    fell_out: Instants


@dataclass(frozen=True)
class SupportCosts:
    """What was booked, one row for each month, channel and category, by month.

    Attributes:
        month: Counted from January 1970 as 0. `channel`: one of `BUDGETS`, in their order.
        corrected: When the amount became `corrected_amount`, or `NEVER`.
    """

    month: Codes
    channel: Codes
    category: Codes
    amount: Codes
    corrected: Instants
    corrected_amount: Codes

    @property
    def booked(self) -> Instants:
        """When the month was over."""
        return month_starts(self.month + 1)


def draw_shifts(rng: np.random.Generator) -> Shifts:
    """Draw who is on duty when; in the bad week half of them call in sick."""
    days = days_between(DESK_OPENED, STORY_ENDS)
    is_closed = np.array([day in CLOSED_DAYS for day in days])
    weekday = np.array([day.weekday() for day in days])
    is_bad = np.array([BAD_WEEK[0] <= day <= BAD_WEEK[1] for day in days])
    share = np.where(is_closed, 0.0, np.where(weekday < 5, 0.42, 0.2))
    day, place = np.nonzero(rng.random((len(days), len(ANSWERING))) < share[:, np.newaxis])
    agent = np.array(ANSWERING)[place]
    midnight = DESK_OPENED + day * DAY
    joined = np.array([each.joined for each in AGENTS])[agent]
    left = np.array([each.left for each in AGENTS])[agent]
    row = np.flatnonzero((midnight >= joined) & (midnight + DAY <= left))
    agent, midnight, day = agent[row], midnight[row], day[row]
    size = row.size
    channel = rng.choice([PHONE, CHAT, NOBODY], size, p=[0.38, 0.3, 0.32])
    is_late = (channel == CHAT) & (rng.random(size) < 0.6)
    begins = np.where(is_late, _LATE[0], _EARLY[0])
    ends = np.where(is_late, _LATE[1], _EARLY[1])
    is_sick = rng.random(size) < np.where(is_bad[day], 0.5, 0.04)
    started = midnight + begins * HOUR
    order = np.lexsort((agent, started))
    every = {
        "agent": agent,
        "started": started,
        "ended": midnight + ends * HOUR,
        "channel": channel,
        "announced": started - 7 * DAY,
        "fell_out": np.where(is_sick, started - rng.integers(HOUR, 14 * HOUR, size), NEVER),
    }
    return Shifts(**{key: column[order] for key, column in every.items()})


def draw_support_costs(
    rng: np.random.Generator, tickets: Tickets, contacts: Contacts, sessions: Sessions
) -> SupportCosts:
    """Draw what each channel cost in each whole month, after what went on in it."""
    first = int(seoul_months(np.array([DESK_OPENED]))[0])
    count = int(seoul_months(np.array([STORY_ENDS]))[0]) - first
    spent = [
        (channel, category, share)
        for channel, budget in enumerate(BUDGETS.values())
        for category, share in budget.spent
    ]
    channel, category = np.array([(each[0], each[1]) for each in spent]).T
    share = np.array([each[2] for each in spent])
    won = np.array([budget.won for budget in BUDGETS.values()])
    since = np.array([budget.since for budget in BUDGETS.values()])
    expected = _contacts(tickets, contacts, sessions, first, count)[:, channel] * won[channel]
    drawn = expected * share * rng.uniform(0.94, 1.06, expected.shape)
    month, place = np.nonzero(first + np.arange(count)[:, np.newaxis] >= since[channel])
    amount = np.round(drawn[month, place], -1).astype(np.int64)
    is_corrected = rng.random(month.size) < 0.15
    booked = month_starts(first + month + 1)
    correct = np.round(amount * rng.uniform(0.97, 1.05, month.size), -1).astype(np.int64)
    later = booked + rng.integers(2 * DAY, 6 * DAY, month.size)
    return SupportCosts(
        month=first + month,
        channel=channel[place],
        category=category[place],
        amount=amount,
        corrected=np.where(is_corrected, later, NEVER),
        corrected_amount=correct,
    )


def _contacts(
    tickets: Tickets, contacts: Contacts, sessions: Sessions, first: int, count: int
) -> npt.NDArray[np.float64]:
    """Return about how many contacts each of `BUDGETS` has, month by month."""

    def by_month(instants: Instants, chosen: Flags) -> Codes:
        month = seoul_months(instants[chosen]) - first
        return np.bincount(month[(month >= 0) & (month < count)], minlength=count)

    names = np.array([channel.name for channel in CHANNELS])[tickets.channel]
    is_real = ~np.isin(tickets.kind, [SPAM, TEST])
    answered = contacts.outcome == ANSWERED
    found = {
        **{name: by_month(tickets.created, is_real & (names == name)) for name in np.unique(names)},
        "phone": by_month(contacts.started, answered & ~contacts.is_chat),
        SELF_SERVICE: by_month(sessions.started, sessions.started > 0),
    }
    found["chat"] = found.get("chat", 0) + by_month(contacts.started, answered & contacts.is_chat)
    found[SHARED] = np.sum([n for name, n in found.items() if name != SELF_SERVICE], axis=0)
    return np.array([found.get(name, np.zeros(count)) for name in BUDGETS], dtype=float).T


def month_of(month: int) -> date:
    """Return the first day of a month that is counted from January 1970 as 0."""
    return date(1970 + month // 12, month % 12 + 1, 1)
