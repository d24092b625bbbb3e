"""What is true of the demo shop's calls and chats, worked out from how they were drawn."""

from collections import defaultdict

import numpy as np

from dagster_project.demo.people import NOBODY
from dagster_project.demo.rhythm import DAY, HOUR, SECOND, SEOUL_OFFSET
from dagster_project.demo.seen import Seen
from dagster_project.demo.trade import ABANDONED, ANSWERED, CALLBACK
from dagster_project.demo.truth_customers import Identities
from dagster_project.demo.truth_figures import (
    Figures,
    Span,
    Timeline,
    ratio,
    sides,
    spread,
    within,
)

SHORT_ABANDON_SECONDS = 10
LONG_WAIT_SECONDS = 60
ANSWERED_IN_TIME_SECONDS = 20
CALLED_BACK_WITHIN = 24 * HOUR


class ContactTruth:
    """The live contacts that were written down, one place each in every column.

    Attributes:
        rang, taken, ended: When each began, would have been answered, and was over.
        counted: Those that are no short abandons.
        gave_up: Those of them that nobody answered in time.
        answered: Those that somebody answered; `is_passed_on` to somebody else at last.
        is_chat: Those that are no calls.
        channel: `phone` or `chat`.
        is_known: Whether anybody knows who it was; then `caller` says.
    """

    def __init__(self, seen: Seen) -> None:
        every, row = seen.story.contacts, seen.contacts
        self._seen, self._every, self._row = seen, every, row
        self.rang, self.ended = every.started[row], every.ended[row]
        self.taken = self.rang + (every.ivr[row] + every.queue[row]) * SECOND
        abandoned = every.outcome[row] == ABANDONED
        self._is_short = abandoned & (every.queue[row] < SHORT_ABANDON_SECONDS)
        self.counted, self.gave_up = ~self._is_short, abandoned & ~self._is_short
        self.answered = every.outcome[row] == ANSWERED
        self._waited = self.gave_up | self.answered
        self.is_passed_on = every.transfers[row] > 0
        self.is_chat = every.is_chat[row]
        self.channel = np.where(self.is_chat, "chat", "phone")
        self.is_known = every.account[row] != NOBODY
        self.caller = Identities(seen).of_account(every.account[row])

    def calls(self, span: Span) -> Figures:
        """Return the live contacts of a period, and how many hung up; short abandons apart."""
        begun = within(self.rang, span)
        return {
            **ratio(self.gave_up, begun & self.counted),
            "short_abandons": int(np.count_nonzero(begun & self._is_short)),
        }

    def average_wait_time(self, span: Span) -> Figures:
        """Return how long those who rang in a period waited, answered or not."""
        return spread(self._every.queue[self._row][self._waited & within(self.rang, span)])

    def long_wait_rate(self, span: Span) -> Figures:
        """Return those who waited, and those who did so for over a minute."""
        long = self._every.queue[self._row] > LONG_WAIT_SECONDS
        return ratio(long, self._waited & within(self.rang, span))

    def answered_within_target_rate(self, span: Span) -> Figures:
        """Return those who waited, and those who were answered in time."""
        soon = self._every.queue[self._row] <= ANSWERED_IN_TIME_SECONDS
        return ratio(self.answered & soon, self._waited & within(self.rang, span))

    def average_handle_time(self, span: Span) -> Figures:
        """Return the work with contacts that ended in a period, and these contacts."""
        every, row = self._every, self._row
        is_corrected = every.corrected[row] <= self._seen.now
        wrap_up = np.where(is_corrected, every.corrected_wrap_up[row], every.wrap_up[row])
        handled = self.answered & within(self.ended, span)
        work = (every.talk[row] + every.hold[row] + wrap_up)[handled]
        return sides(work.sum(), work.size)

    def callbacks_kept_rate(self, span: Span) -> Figures:
        """Return those of a period who wanted to be called back, and those whom a call reached."""
        called = self.answered & ~self.is_chat & self.is_known
        calls = Timeline(self.caller[called], self.rang[called])
        kept = calls.count(self.caller, self.rang, self.rang + CALLED_BACK_WITHIN) > 0
        promised = (self._every.outcome[self._row] == CALLBACK) & self.is_known
        is_over = self.rang <= self._seen.now - CALLED_BACK_WITHIN
        return ratio(kept, promised & is_over & within(self.rang, span))

    def chat_concurrency(self, span: Span) -> Figures:
        """Return the seconds of chats, and those in which an agent had one, day by day."""
        every, row = self._every, self._row
        row = row[self.answered & every.is_chat[row] & within(self.rang, span)]
        row = row[np.argsort(every.started[row], kind="stable")]
        began = every.started[row] + (every.ivr[row] + every.queue[row]) * SECOND
        ended = every.ended[row]
        day = (every.started[row] + SEOUL_OFFSET) // DAY
        order = np.argsort(began, kind="stable")
        busy, until = defaultdict[tuple[int, int], int](int), dict[tuple[int, int], int]()
        for key, start, end in zip(
            zip(every.agent[row[order]].tolist(), day[order].tolist(), strict=True),
            began[order].tolist(),
            ended[order].tolist(),
            strict=True,
        ):
            before = until.get(key, 0)
            busy[key] += max(end - max(start, before), 0)
            until[key] = max(end, before)
        whole_seconds = sum(each // SECOND for each in busy.values())
        return sides(int((ended - began).sum()) // SECOND, whole_seconds)
