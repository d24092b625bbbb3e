"""What is true of the demo shop, worked out from what was drawn and from nothing that we build.

The marts are held to it by tests/pipeline/test_demo_truth.py; no model may be used here.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from dagster_project.demo import desk
from dagster_project.demo.desk import CHANNELS
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    BAD_WEEK,
    BAD_WEEK_SLOWDOWN,
    DAY,
    DESK_OPENED,
    NEVER,
    SECOND,
    SHOP_OPENED,
    Instants,
    days_between,
    seoul_midnight,
)
from dagster_project.demo.seen import CLOSED, Seen
from dagster_project.demo.trade import ABANDONED, ANSWERED
from dagster_project.durable import write_text
from dagster_project.landing.instants import write_instant

MATURE_AFTER = 14 * DAY
"""After this a month's tickets have waited long enough to be told of."""

ACTIVE_FOR = 365 * DAY
SHORT_ABANDON_SECONDS = 10

Figures = dict[str, Any]
Span = tuple[int, int]
"""Start and end of a period."""


def truth(seen: Seen) -> Figures:
    """Return the true figures of a shop as at its clock.

    Months are those of Seoul, channels those of our entities. A ratio comes as numerator and
    denominator, times in whole seconds.
    """
    answers = _Desk(seen)
    mature = _months(DESK_OPENED, seen.now - MATURE_AFTER)
    return {
        "as_of": write_instant(seen.clock),
        "tickets": answers.exclusions(),
        "months": {
            month: {
                "first_response_time": answers.first_response_time(span),
                "reply_time": answers.reply_time(span),
                "average_response_time": answers.average_response_time(span),
                "average_resolution_time": answers.average_resolution_time(span),
                "one_touch_resolution_rate": answers.one_touch_resolution_rate(span),
                "unanswered_rate": answers.unanswered_rate(span),
                "csat_score": answers.csat_score(span),
                "calls": _calls(seen, span),
            }
            for month, span in mature.items()
        },
        "backlog": answers.backlog(),
        "retention_rate": _retention_rate(seen),
        "bad_week": answers.bad_week(),
    }


def write_truth(seen: Seen, path: Path) -> None:
    """Write the true figures beside the data."""
    write_text(path, json.dumps(truth(seen), indent=2) + "\n")


def _months(start: int, end: int) -> dict[str, Span]:
    """Return the whole months from one instant to another, by `2026-03`."""
    firsts = [day for day in days_between(start, end) if day.day == 1]
    spans = {
        f"{day:%Y-%m}": (
            seoul_midnight(day),
            seoul_midnight(date(day.year + day.month // 12, day.month % 12 + 1, 1)),
        )
        for day in firsts
    }
    return {month: span for month, span in spans.items() if start <= span[0] and span[1] <= end}


def _within(instants: Instants, span: Span) -> Flags:
    return (instants >= span[0]) & (instants < span[1])


def _ratio(numerator: Flags, denominator: Flags) -> Figures:
    return {
        "numerator": int(np.count_nonzero(numerator & denominator)),
        "denominator": int(np.count_nonzero(denominator)),
    }


def _spread(seconds: Codes) -> Figures:
    return {
        "n": seconds.size,
        "sum": int(seconds.sum()),
        "median": float(np.median(seconds)) if seconds.size else None,
    }


class _Desk:
    """The tickets that exist, and the answers that have been given."""

    def __init__(self, seen: Seen) -> None:
        story, count = seen.story.desk, seen.ticket_count
        tickets, rounds, self._now = story.tickets, story.rounds, seen.tickets
        self._seen = seen
        self._created = tickets.created[:count]
        self._channel = tickets.channel[:count]
        kind, path = tickets.kind[:count], tickets.path[:count]

        self._reasons = {
            "deleted": self._now.trashed != NEVER,
            "test": kind == desk.TEST,
            "spam": self._now.is_spam,
            "merged": self._now.merged_into != NOBODY,
        }
        self._counted = ~np.logical_or.reduce(list(self._reasons.values()))
        self._by_customer = self._counted & (kind != desk.OUTBOUND)

        asked = rounds.asked <= seen.now
        first = asked & (rounds.number == 0)
        self._first_asked = np.full(count, NEVER)
        self._first_asked[rounds.ticket[first]] = rounds.asked[first]
        self._inbound = self._by_customer | (self._counted & (self._first_asked < NEVER))

        answered = rounds.answered <= seen.now
        again = np.flatnonzero(tickets.reopened_answer[:count] <= seen.now)
        ticket = np.concatenate([rounds.ticket[answered], again])
        self._answered = np.concatenate([rounds.answered[answered], tickets.reopened_answer[again]])
        waited = np.concatenate([rounds.waits_from[answered], tickets.reopened[again]])
        is_first = np.concatenate([rounds.number[answered] == 0, np.zeros(again.size, dtype=bool)])
        self._of = ticket
        self._seconds = (self._answered - waited) // SECOND
        self._is_first = is_first & self._by_customer[ticket]
        self._touches = np.bincount(ticket, minlength=count)

        self._is_closed = self._now.state == CLOSED
        self._by_bot = self._is_closed & (path == desk.BOT_SOLVED)
        came_back = tickets.returned[:count] <= seen.now
        asked_on = tickets.reopened[:count] <= seen.now
        was_thanks = tickets.reopening[:count] == desk.THANKS
        self._came_back = came_back | (asked_on & ~was_thanks)

    def exclusions(self) -> Figures:
        """Count the tickets by the reason for which they are left out."""
        left, counts = np.ones(self._created.size, dtype=bool), {}
        for reason, holds in self._reasons.items():
            counts[reason] = int(np.count_nonzero(left & holds))
            left &= ~holds
        return {**counts, "counted": int(np.count_nonzero(left)), "all": self._created.size}

    def first_response_time(self, span: Span) -> Figures:
        """Return the times to the first answer, of tickets created in a period, by channel."""
        return self._by_channel(self._is_first & _within(self._created, span)[self._of])

    def _by_channel(self, chosen: Flags) -> Figures:
        names = np.array([channel.name for channel in CHANNELS])[self._channel[self._of]]
        figures = {"all": _spread(self._seconds[chosen])}
        for name in sorted(set(names.tolist())):
            figures[name] = _spread(self._seconds[chosen & (names == name)])
        return figures

    def reply_time(self, span: Span) -> Figures:
        """Return the times to each answer that was given in a period, by channel."""
        return self._by_channel(self._inbound[self._of] & _within(self._answered, span))

    def average_response_time(self, span: Span) -> Figures:
        """Return all waiting in tickets created in a period, and these tickets."""
        asks = self._inbound & (self._first_asked < NEVER) & _within(self._created, span)
        return {
            "numerator": int(self._seconds[asks[self._of]].sum()),
            "denominator": int(np.count_nonzero(asks)),
        }

    def average_resolution_time(self, span: Span) -> Figures:
        """Return how long tickets took that were closed for good in a period."""
        closed = self._inbound & self._is_closed & _within(self._now.closed, span)
        began = np.where(self._first_asked <= self._now.closed, self._first_asked, self._created)
        return _spread(((self._now.closed - began) // SECOND)[closed])

    def one_touch_resolution_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that one answer settled."""
        settled = self._is_closed & (self._touches == 1) & ~self._came_back
        return _ratio(settled, self._by_customer & _within(self._created, span))

    def unanswered_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that nobody answered, bots that solved them apart."""
        nobody = (self._touches == 0) & ~self._by_bot
        return _ratio(nobody, self._by_customer & _within(self._created, span))

    def csat_score(self, span: Span) -> Figures:
        """Return the scores of 4 and 5 among those given in a period."""
        surveys = self._seen.story.desk.surveys
        surveyed, scored = surveys.ticket[: self._seen.survey_count], surveys.scored
        given = self._seen.known(scored[: surveyed.size])
        good = surveys.score[: surveyed.size] >= 4
        return _ratio(good, self._counted[surveyed] & _within(given, span))

    def backlog(self) -> int:
        """Count the inbound tickets that are open now."""
        return int(np.count_nonzero(self._inbound & ~self._is_closed))

    def bad_week(self) -> Figures:
        """Return the week in which half the team was ill, beside the four weeks before it."""
        first, last = (seoul_midnight(day) for day in BAD_WEEK)
        return {
            "starts_on": BAD_WEEK[0].isoformat(),
            "ends_on": BAD_WEEK[1].isoformat(),
            "slowdown": BAD_WEEK_SLOWDOWN,
            "first_response_time": self.first_response_time((first, last + DAY)),
            "weeks_before": self.first_response_time((first - 28 * DAY, first)),
        }


def _calls(seen: Seen, span: Span) -> Figures:
    """Return the live contacts of a period, and how many hung up; short abandons apart."""
    contacts, row = seen.story.contacts, seen.contacts
    abandoned = contacts.outcome[row] == ABANDONED
    is_short = abandoned & (contacts.queue[row] < SHORT_ABANDON_SECONDS)
    begun = _within(contacts.started[row], span)
    waited = begun & ~is_short & (abandoned | (contacts.outcome[row] == ANSWERED))
    return {
        **_ratio(abandoned, begun & ~is_short),
        "short_abandons": int(np.count_nonzero(begun & is_short)),
        "queue": _spread(contacts.queue[row][waited]),
    }


def _retention_rate(seen: Seen) -> Figures:
    """Return, by month, the persons active when it began, and those of them active at its end."""
    orders, subscriptions = seen.story.orders, seen.story.subscriptions
    made, begun = orders.created[: seen.order_count], seen.subscription_count
    in_full = (orders.refunded == orders.total)[: made.size]
    given_back = in_full & (orders.refunded_at[: made.size] <= seen.now)
    cancelled = orders.cancelled[: made.size] <= seen.now
    qualifies = ~(orders.is_test[: made.size] | cancelled | given_back)
    ordered_by = seen.story.accounts.person[orders.account[: made.size]]
    subscribed_by = seen.story.accounts.person[subscriptions.account[:begun]]
    started, ended = subscriptions.started[:begun], seen.known(subscriptions.ended[:begun])

    def active(at: int) -> set[int]:
        lately = qualifies & _within(made, (at - ACTIVE_FOR, at))
        subscribes = (started < at) & (ended >= at)
        return {*ordered_by[lately].tolist(), *subscribed_by[subscribes].tolist()}

    figures = {}
    for month, (start, end) in _months(SHOP_OPENED, seen.now).items():
        if start >= made[qualifies][0] + ACTIVE_FOR:
            before = active(start)
            figures[month] = {"numerator": len(before & active(end)), "denominator": len(before)}
    return figures
