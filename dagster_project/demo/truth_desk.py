"""What is true of the demo shop's tickets, worked out from how they were drawn."""

import numpy as np

from dagster_project.demo import desk
from dagster_project.demo.desk import AGENT, BOT_CODE, CHANNELS
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    BAD_WEEK,
    BAD_WEEK_SLOWDOWN,
    DAY,
    HOUR,
    NEVER,
    SECOND,
    Instants,
    seoul_midnight,
)
from dagster_project.demo.seen import CLOSED, TAGS, Seen
from dagster_project.demo.truth_figures import Figures, Span, ratio, sides, spread, within

COMPLAINT = desk.TOPICS.index("complaint")
REAL_TIME = ("chat", "sms", "whatsapp")
SERVED_WITHIN_SECONDS = 3600

COMPLAINTS_STAND_FOR = 25
"""So many persons who say nothing stand behind one who complains, says the fourth document."""


class DeskTruth:
    """The tickets that exist, and the answers that have been given.

    Attributes:
        counted: Tickets that nothing leaves out.
        by_customer: Those of them that customers opened. `inbound`: those with a word of theirs.
        touches: Answers to each ticket.
        is_abandoned, is_human_handled, is_transferred, came_back: What became of each ticket.
        solved_by_bot: Those that the bot settled.
    """

    def __init__(self, seen: Seen) -> None:
        story, count = seen.story.desk, seen.ticket_count
        tickets, rounds, self._now = story.tickets, story.rounds, seen.tickets
        self._seen = seen
        self.created = tickets.created[:count]
        self.channel = np.array([channel.name for channel in CHANNELS])[tickets.channel[:count]]
        self._names = np.unique(self.channel).tolist()
        kind, path = tickets.kind[:count], tickets.path[:count]

        self._reasons = {
            "deleted": self._now.trashed != NEVER,
            "test": kind == desk.TEST,
            "spam": self._now.is_spam,
            "merged": self._now.merged_into != NOBODY,
        }
        self.counted = ~np.logical_or.reduce(list(self._reasons.values()))
        self.by_customer = self.counted & (kind != desk.OUTBOUND)

        asked = rounds.asked <= seen.now
        first = asked & (rounds.number == 0)
        self._first_asked = np.full(count, NEVER)
        self._first_asked[rounds.ticket[first]] = rounds.asked[first]
        self.inbound = self.by_customer | (self.counted & (self._first_asked < NEVER))

        answered = rounds.answered <= seen.now
        again = np.flatnonzero(tickets.reopened_answer[:count] <= seen.now)
        ticket = np.concatenate([rounds.ticket[answered], again])
        self._answered = np.concatenate([rounds.answered[answered], tickets.reopened_answer[again]])
        waited = np.concatenate([rounds.waits_from[answered], tickets.reopened[again]])
        is_first = np.concatenate([rounds.number[answered] == 0, np.zeros(again.size, dtype=bool)])
        self._of = ticket
        self._seconds = (self._answered - waited) // SECOND
        self._is_first = is_first & self.by_customer[ticket]
        self.touches = np.bincount(ticket, minlength=count)

        self.is_closed = self._now.state == CLOSED
        self.solved_by_bot = self.inbound & self.is_closed & (path == desk.BOT_SOLVED)
        came_back = tickets.returned[:count] <= seen.now
        asked_on = tickets.reopened[:count] <= seen.now
        was_thanks = tickets.reopening[:count] == desk.THANKS
        self.came_back = came_back | (asked_on & ~was_thanks)

        by_rule = self.is_closed & (self._now.closer == NOBODY)
        self.is_abandoned = self.inbound & by_rule & (self.touches == 0) & ~self.solved_by_bot
        self._by_person = self._human_messages()
        wrote = np.bincount(story.messages.ticket[self._by_person], minlength=count) > 0
        is_assigned = ~np.isin(self._now.assignee, [NOBODY, BOT_CODE])
        self.is_human_handled = self.inbound & (wrote | is_assigned)
        self.is_transferred = tickets.passed_on[:count] <= seen.now

    def _human_messages(self) -> Codes:
        """Return the messages by people that were sent, in tickets that count."""
        said, count = self._seen.story.desk.messages, self._seen.message_count
        by_person = (said.sender[:count] == AGENT) & (said.agent[:count] != BOT_CODE)
        sent = said.is_public[:count] & (said.failed[:count] > self._seen.now)
        return np.flatnonzero(by_person & sent & self.counted[said.ticket[:count]])

    @property
    def closed(self) -> Instants:
        """When each ticket was closed for good; `NEVER` where it is open."""
        return self._now.closed

    @property
    def topic(self) -> Codes:
        """What each ticket is about: its subject says so before anybody tags it."""
        return self._seen.story.desk.tickets.topic[: self.created.size]

    @property
    def person(self) -> Codes:
        """Whose ticket it is."""
        return self._seen.story.desk.tickets.person[: self.created.size]

    def exclusions(self) -> Figures:
        """Count the tickets by the reason for which they are left out."""
        left, counts = np.ones(self.created.size, dtype=bool), {}
        for reason, holds in self._reasons.items():
            counts[reason] = int(np.count_nonzero(left & holds))
            left &= ~holds
        return {**counts, "counted": int(np.count_nonzero(left)), "all": self.created.size}

    def first_response_time(self, span: Span) -> Figures:
        """Return the times to the first answer, of tickets created in a period, by channel."""
        return self._by_channel(self._is_first & within(self.created, span)[self._of])

    def _by_channel(self, chosen: Flags) -> Figures:
        names, seconds = self.channel[self._of[chosen]], self._seconds[chosen]
        by_name = {name: spread(seconds[names == name]) for name in self._names}
        return {"all": spread(seconds), **by_name}

    def reply_time(self, span: Span) -> Figures:
        """Return the times to each answer that was given in a period, by channel."""
        return self._by_channel(self.inbound[self._of] & within(self._answered, span))

    def average_response_time(self, span: Span) -> Figures:
        """Return all waiting in tickets created in a period, and these tickets."""
        asks = self.inbound & (self._first_asked < NEVER) & within(self.created, span)
        return sides(self._seconds[asks[self._of]].sum(), np.count_nonzero(asks))

    def average_resolution_time(self, span: Span) -> Figures:
        """Return how long tickets took that were closed for good in a period."""
        closed = self.inbound & self.is_closed & within(self._now.closed, span)
        began = np.where(self._first_asked <= self._now.closed, self._first_asked, self.created)
        return spread(((self._now.closed - began) // SECOND)[closed])

    def one_touch_resolution_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that one answer settled."""
        settled = self.is_closed & (self.touches == 1) & ~self.came_back
        return ratio(settled, self.by_customer & within(self.created, span))

    def unanswered_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that nobody answered, bots that solved them apart."""
        nobody = (self.touches == 0) & ~self.solved_by_bot
        return ratio(nobody, self.by_customer & within(self.created, span))

    def zero_touch_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that were closed without an answer of any sort."""
        silent = self.is_closed & (self.touches == 0) & ~self.solved_by_bot
        return ratio(silent, self.by_customer & within(self.created, span))

    def first_response_within_hour_rate(self, span: Span) -> Figures:
        """Return the tickets of a period that were answered within an hour."""
        in_time = np.zeros(self.created.size, dtype=bool)
        in_time[self._of[self._is_first & (self._seconds <= 3600)]] = True
        asked_long_ago = self._first_asked <= self._seen.now - HOUR
        return ratio(in_time, self.by_customer & asked_long_ago & within(self.created, span))

    def reopen_rate(self, span: Span) -> Figures:
        """Return the tickets first closed in a period, and those that came back within a week."""
        tickets, count = self._seen.story.desk.tickets, self.created.size
        ended = np.minimum(tickets.rule_closed[:count], tickets.closed[:count])
        asked = tickets.reopening[:count] == desk.QUESTION
        reopened = np.minimum(
            tickets.returned[:count], np.where(asked, tickets.reopened[:count], NEVER)
        )
        in_a_week = (reopened <= self._seen.now) & (reopened - ended <= 7 * DAY)
        return ratio(in_a_week, self.inbound & within(self._seen.known(ended), span))

    def macro_usage_rate(self, span: Span) -> Figures:
        """Return the messages by people in a period, and those from a template."""
        said, row = self._seen.story.desk.messages, self._by_person
        return ratio(said.macro[row] != NOBODY, within(said.sent[row], span))

    @property
    def written(self) -> tuple[Codes, Instants]:
        """In which tickets people wrote, and when."""
        said, row = self._seen.story.desk.messages, self._by_person
        return said.ticket[row], said.sent[row]

    @property
    def spoken_to(self) -> tuple[Codes, Instants]:
        """To whom people wrote, and when."""
        said, row = self._seen.story.desk.messages, self._by_person
        return self.person[said.ticket[row]], said.sent[row]

    def asked_in_real_time(self) -> tuple[Instants, Flags]:
        """Return when customers began to speak where they expect an answer, and who got one."""
        story, now, count = self._seen.story.desk, self._seen.now, self.created.size
        rounds, every = story.rounds, story.tickets
        is_real_time = self.counted & np.isin(self.channel, REAL_TIME)
        said = np.flatnonzero((rounds.asked <= now) & (rounds.ticket < count))
        said = said[is_real_time[rounds.ticket[said]]]
        again = np.flatnonzero(is_real_time & (every.reopened[:count] <= now))
        answered = np.concatenate([rounds.answered[said], every.reopened_answer[again]])
        waited = answered - np.concatenate([rounds.waits_from[said], every.reopened[again]])
        at = np.concatenate([rounds.asked[said], every.reopened[again]])
        return at, (answered <= now) & (waited // SECOND <= SERVED_WITHIN_SECONDS)

    def channels_in_use(self, span: Span) -> set[str]:
        """Return the channels on which people wrote in a period."""
        said, row = self._seen.story.desk.messages, self._by_person
        return set(self.channel[said.ticket[row[within(said.sent[row], span)]]].tolist())

    def silent_dissatisfied_customers(self, span: Span) -> int:
        """Return how many say nothing for those who complained in a period."""
        complains = self.inbound & self._now.tags[:, TAGS.index("complaint")]
        complainers = self.person[complains & within(self.created, span)]
        return COMPLAINTS_STAND_FOR * np.unique(complainers).size

    def proactive(self, span: Span) -> int:
        """Count the tickets that the shop opened in a period before anybody asked."""
        tickets, count = self._seen.story.desk.tickets, self.created.size
        told = self.counted & tickets.is_proactive[:count]
        return int(np.count_nonzero(told & within(self.created, span)))

    def backlog(self) -> int:
        """Count the inbound tickets that are open now."""
        return int(np.count_nonzero(self.inbound & ~self.is_closed))

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
