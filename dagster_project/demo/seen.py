"""The demo shop as it stands at a clock: what exists by then, and in which state.

The one place that cuts the story. Shapes of vendors and files are made elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from dagster_project.demo import desk
from dagster_project.demo.desk import NO_TOPIC, TEST, Tickets
from dagster_project.demo.generator import Story
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import NEVER, Instants, micros

FIRST_TICKET_ID = 7_000_001
FIRST_MESSAGE_ID = 30_000_001
FIRST_EVENT_ID = 90_000_001
FIRST_SURVEY_ID = 400_001
FIRST_CUSTOMER_ID = 500_001

OPEN, CLOSED, SNOOZED = range(3)
STATES = ("open", "closed", "snoozed")

_STATE_AFTER = np.full(11, -1)
_STATE_AFTER[[desk.CREATED, desk.REOPENED, desk.UNSNOOZED]] = OPEN
_STATE_AFTER[desk.CLOSED] = CLOSED
_STATE_AFTER[desk.SNOOZED] = SNOOZED

TAGS = (*desk.TOPICS, "vip", "test", "proactive", "auto-close")


@dataclass(frozen=True)
class SeenTickets:
    """The tickets that exist, one row each, as they stand.

    Attributes:
        closed: The last closing of a ticket that is closed; `NEVER` for others.
        closer: Who closed it; `NOBODY` for a rule.
        snoozed_until: When a snoozed ticket will wake.
        merged_into: The row of the ticket that it was merged into.
        tags: One column for each of `TAGS`.
    """

    state: Codes
    closed: Instants
    closer: Codes
    assignee: Codes
    team: Codes
    snoozed_until: Instants
    is_spam: Flags
    merged_into: Codes
    trashed: Instants
    tags: Flags
    topic: Codes
    updated: Instants
    messages: Codes
    last_message: Instants
    last_received: Instants
    opened: Instants


class Seen:
    """A story as seen at a clock.

    Args:
        story: The whole story.
        clock: The instant up to which things have happened, included; aware.
    """

    def __init__(self, story: Story, clock: datetime) -> None:
        self.story = story
        self.clock = clock
        self.now = micros(clock)
        self.ticket_count = self._before(story.desk.tickets.created)
        self.message_count = self._before(story.desk.messages.sent)
        self.event_count = self._before(story.desk.events.at)
        self.survey_count = self._before(story.desk.surveys.created)
        self.account_count = self._before(story.accounts.created)
        self.order_count = self._before(story.orders.created)
        self.subscription_count = self._before(story.subscriptions.started)

    def _before(self, instants: Instants) -> int:
        """Count the records of a sorted column that exist by now."""
        return int(np.searchsorted(instants, self.now, side="right"))

    def told(self, instants: Instants) -> Codes:
        """Return the rows of the records that were told by now."""
        return np.flatnonzero(instants <= self.now)

    def known(self, instants: Instants) -> Instants:
        """Put `NEVER` in the place of what has not happened yet."""
        return np.where(instants <= self.now, instants, NEVER)

    def latest(self, *instants: Instants) -> Instants:
        """Return the latest of several instants that has come."""
        come = [np.where(column <= self.now, column, -NEVER) for column in instants]
        latest: Instants = np.maximum.reduce(come)
        return latest

    @cached_property
    def tickets(self) -> SeenTickets:
        """The tickets that exist, as they stand."""
        count, whole = self.ticket_count, self.story.desk
        every, events, said = whole.tickets, whole.events, whole.messages
        ticket, at = events.ticket[: self.event_count], events.at[: self.event_count]
        what, value = events.what[: self.event_count], events.value[: self.event_count]

        status = self._last_event(_STATE_AFTER[what] >= 0)
        state = _STATE_AFTER[what[status]]
        assigned = self._last_event(what == desk.ASSIGNED)
        teamed = self._last_event(what == desk.TEAM_ASSIGNED)
        is_closed = state == CLOSED

        updated = every.created[:count].copy()
        np.maximum.at(updated, ticket, at)
        of, sent = said.ticket[: self.message_count], said.sent[: self.message_count]
        failed = said.failed[: self.message_count]
        np.maximum.at(updated, of, sent)
        np.maximum.at(updated, of, np.where(failed <= self.now, failed, 0))
        surveyed = whole.surveys.ticket[: self.survey_count]
        scored = whole.surveys.scored[: self.survey_count]
        np.maximum.at(updated, surveyed, np.where(scored <= self.now, scored, 0))

        is_public = said.is_public[: self.message_count]
        heard = is_public & (said.sender[: self.message_count] == desk.CUSTOMER)
        last_message = np.full(count, -NEVER)
        np.maximum.at(last_message, of[is_public], sent[is_public])
        last_received = np.full(count, -NEVER)
        np.maximum.at(last_received, of[heard], sent[heard])

        return SeenTickets(
            state=state,
            closed=np.where(is_closed, at[status], NEVER),
            closer=np.where(is_closed, events.actor[: self.event_count][status], NOBODY),
            assignee=np.where(assigned >= 0, value[assigned], NOBODY),
            team=np.where(teamed >= 0, value[teamed], NOBODY),
            snoozed_until=np.where(state == SNOOZED, every.woken[:count], NEVER),
            is_spam=every.marked_spam[:count] <= self.now,
            merged_into=np.where(every.merged[:count] <= self.now, every.target[:count], NOBODY),
            trashed=self.known(every.trashed[:count]),
            tags=self._tags(every, is_closed, events.actor[: self.event_count][status]),
            topic=np.where(every.topic_tagged[:count] <= self.now, every.topic[:count], NO_TOPIC),
            updated=updated,
            messages=np.bincount(of, minlength=count),
            last_message=np.where(last_message > 0, last_message, NEVER),
            last_received=np.where(last_received > 0, last_received, NEVER),
            opened=np.where(assigned >= 0, at[assigned], NEVER),
        )

    def _last_event(self, among: Flags) -> Codes:
        """Return, for each ticket, its last event among these, or -1."""
        last = np.full(self.ticket_count, -1)
        events = np.flatnonzero(among)
        np.maximum.at(last, self.story.desk.events.ticket[events], events)
        return last

    def _tags(self, every: Tickets, is_closed: Flags, closer: Codes) -> Flags:
        count = self.ticket_count
        tags = np.zeros((count, len(TAGS)), dtype=bool)
        tagged = np.flatnonzero(
            (every.topic_tagged[:count] <= self.now) & (every.topic[:count] != NO_TOPIC)
        )
        tags[tagged, every.topic[tagged]] = True
        created = every.created[:count]
        tags[:, TAGS.index("vip")] = self.story.persons.vip_since[every.person[:count]] <= created
        tags[:, TAGS.index("test")] = every.kind[:count] == TEST
        tags[:, TAGS.index("proactive")] = every.is_proactive[:count]
        tags[:, TAGS.index("auto-close")] = is_closed & (closer == NOBODY)
        return tags

    @cached_property
    def _first_tickets(self) -> Codes:
        """The first ticket of each person who has one, in their order."""
        person = self.story.desk.tickets.person[: self.ticket_count]
        return np.sort(np.unique(person, return_index=True)[1])

    @cached_property
    def writers(self) -> Codes:
        """The persons whom the helpdesk knows, in the order in which they first wrote."""
        return self.story.desk.tickets.person[self._first_tickets]

    @cached_property
    def customer_of(self) -> Codes:
        """The helpdesk's customer id of each person; 0 for those who never wrote."""
        ids = np.zeros(self.story.persons.family.size, dtype=np.int64)
        ids[self.writers] = FIRST_CUSTOMER_ID + np.arange(self.writers.size)
        return ids

    @cached_property
    def writers_since(self) -> Instants:
        """When each of `writers` wrote first."""
        return self.story.desk.tickets.created[self._first_tickets]

    @cached_property
    def writers_updated(self) -> Instants:
        """When the helpdesk's record of each of `writers` changed last."""
        account = self.account_of[self.writers]
        signed_up = np.where(account == NOBODY, NEVER, self.story.accounts.created[account])
        vip_since = self.story.persons.vip_since[self.writers]
        return np.maximum(self.writers_since, self.latest(vip_since, signed_up))

    @cached_property
    def account_of(self) -> Codes:
        """The first account of each person; `NOBODY` for those without."""
        account = np.full(self.story.persons.family.size, NOBODY)
        signed_up = np.arange(self.account_count)[::-1]
        account[self.story.accounts.person[signed_up]] = signed_up
        return account

    @cached_property
    def contacts(self) -> Codes:
        """The live contacts that are written down, in that order."""
        reported = self.story.contacts.reported
        rows = np.flatnonzero(reported <= self.now)
        return rows[np.argsort(reported[rows], kind="stable")]

    @cached_property
    def contact_updated(self) -> Instants:
        """When each of `contacts` changed last."""
        contacts = self.story.contacts
        return self.latest(contacts.reported[self.contacts], contacts.corrected[self.contacts])

    @cached_property
    def order_updated(self) -> Instants:
        """When each order that exists changed last."""
        orders, count = self.story.orders, self.order_count
        instants = (
            orders.created, orders.refunded_at, orders.cancelled, orders.fulfilled,
            orders.delivered,
        )  # fmt: skip
        return self.latest(*(column[:count] for column in instants))

    @cached_property
    def subscription_updated(self) -> Instants:
        """When each subscription that exists changed last."""
        subscriptions, count = self.story.subscriptions, self.subscription_count
        return self.latest(subscriptions.started[:count], subscriptions.ended[:count])
