"""What is true of what customers of the demo shop ask, on any channel, and of who helps them."""

from functools import cached_property

import numpy as np

from dagster_project.demo.desk import NO_TOPIC, TOPICS
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import DAY, HOUR, NEVER, SECOND, SEOUL_OFFSET, Instants
from dagster_project.demo.seen import Seen
from dagster_project.demo.self_service import ABANDONED, CHATBOT, ESCALATED, RESOLVED
from dagster_project.demo.staff import SELF_SERVICE
from dagster_project.demo.truth_contacts import ContactTruth
from dagster_project.demo.truth_customers import CustomerTruth, Identities
from dagster_project.demo.truth_desk import DeskTruth
from dagster_project.demo.truth_figures import (
    Figures,
    Span,
    Timeline,
    ratio,
    sides,
    spread,
    within,
)

AGAIN_WITHIN = 7 * DAY
BACK_WITHIN = 24 * HOUR
ORDERED_WITHIN = 5 * DAY
OPENS, CLOSES, WORKDAYS = 9 * HOUR, 18 * HOUR, 5
THURSDAY = 3
"""The weekday on which 1970 began, Monday being 0."""


class Alike:
    """What happened to whom when about which topic; an unknown topic may be any."""

    def __init__(self, key: Codes, topic: Codes, at: Instants) -> None:
        self._every, self._by_topic = Timeline(key, at), Timeline(self._pair(key, topic), at)

    def _pair(self, key: Codes, topic: Codes) -> Codes:
        return key * (len(TOPICS) + 1) + np.where(topic == NO_TOPIC, len(TOPICS), topic)

    def count(self, key: Codes, topic: Codes, after: Instants, until: Instants) -> Codes:
        """Count what happened to each key about the same topic in (after, until]."""
        same = self._by_topic.count(self._pair(key, topic), after, until)
        unknown = self._by_topic.count(self._pair(key, np.full_like(topic, NO_TOPIC)), after, until)
        return np.where(topic == NO_TOPIC, self._every.count(key, after, until), same + unknown)


class RequestTruth:
    """Tickets, live contacts and sessions together."""

    def __init__(
        self, seen: Seen, tickets: DeskTruth, contacts: ContactTruth, customers: CustomerTruth
    ) -> None:
        self._seen, self._tickets = seen, tickets
        self._contacts, self._customers = contacts, customers
        sessions = seen.story.sessions
        self._sessions, self._session = sessions, seen.told(sessions.ended)
        self._began = sessions.started[self._session]
        ticket = sessions.ticket[self._session]
        became = ticket != NOBODY
        self._of_counted = ~became | tickets.counted[np.where(became, ticket, 0)]
        is_set_right = sessions.set_right[self._session] <= seen.now
        self._outcome = np.where(is_set_right, RESOLVED, sessions.outcome[self._session])
        self._stands_alone = self._of_counted & ~(became & (self._outcome == ESCALATED))
        resolved = self._of_counted & (self._outcome == RESOLVED)
        self._helped = resolved & ~self._came_back()

    def _came_back(self) -> Flags:
        """Say of each session whether its person wrote or rang within a day."""
        wrote, rang = self._tickets.by_customer, self._contacts.is_known
        approaches = Timeline(
            np.concatenate([self._tickets.person[wrote], self._contacts.caller[rang]]),
            np.concatenate([self._tickets.created[wrote], self._contacts.rang[rang]]),
        )
        person = self._sessions.person[self._session]
        until = self._began + BACK_WITHIN
        times = approaches.count(np.maximum(person, 0), self._began, until)
        is_back: Flags = (person != NOBODY) & (times > 0)
        return is_back

    def abandonment_rate(self, span: Span) -> Figures:
        """Return the interactions of a period, and those that customers gave up."""
        called, wrote = within(self._contacts.rang, span), within(self._tickets.created, span)
        helped = within(self._began, span) & self._stands_alone
        return sides(
            np.count_nonzero(called & self._contacts.gave_up)
            + np.count_nonzero(wrote & self._tickets.is_abandoned)
            + np.count_nonzero(helped & (self._outcome == ABANDONED)),
            np.count_nonzero(called & self._contacts.counted)
            + np.count_nonzero(wrote & self._tickets.inbound)
            + np.count_nonzero(helped),
        )

    def self_service_rate(self, span: Span) -> Figures:
        """Return the requests of a period, and those that nobody had to answer."""
        wrote = within(self._tickets.created, span)
        began = within(self._began, span)
        return sides(
            np.count_nonzero(began & self._helped)
            + np.count_nonzero(wrote & self._tickets.solved_by_bot),
            np.count_nonzero(began & self._stands_alone)
            + np.count_nonzero(wrote & self._tickets.inbound),
        )

    def bot_handoff_rate(self, span: Span) -> Figures:
        """Return the chatbot's sessions of a period, and those that it handed over."""
        by_bot = (self._sessions.tool[self._session] == CHATBOT) & self._of_counted
        began = within(self._began, span)
        return ratio(self._outcome == ESCALATED, by_bot & began)

    def time_to_human_after_bot(self, span: Span) -> Figures:
        """Return how long it took after the chatbot handed over in a period until a person came."""
        sessions, row = self._sessions, self._session
        by_bot = (sessions.tool[row] == CHATBOT) & self._of_counted & (self._outcome == ESCALATED)
        is_end_known = sessions.is_end_known[row]
        handed_over = np.where(is_end_known, sessions.ended[row], sessions.started[row])
        rang = self._contacts.answered & self._contacts.is_known
        calls = Timeline(self._contacts.caller[rang], self._contacts.taken[rang])
        ticket, person = sessions.ticket[row], sessions.person[row]
        written = Timeline(*self._tickets.written).first(np.maximum(ticket, 0), handed_over)
        called = calls.first(np.maximum(person, 0), handed_over)
        is_about_it = (person != NOBODY) & (called - handed_over <= BACK_WITHIN)
        came = np.minimum(
            np.where(ticket != NOBODY, written, NEVER), np.where(is_about_it, called, NEVER)
        )
        chosen = by_bot & (came < NEVER) & within(handed_over, span)
        return spread(((came - handed_over) // SECOND)[chosen])

    def transfer_rate(self, span: Span) -> Figures:
        """Return what people handled in a period, and what was passed on."""
        called = self._contacts.answered & within(self._contacts.rang, span)
        wrote = self._tickets.is_human_handled & within(self._tickets.created, span)
        return sides(
            np.count_nonzero(called & (self._contacts.is_passed_on))
            + np.count_nonzero(wrote & self._tickets.is_transferred),
            np.count_nonzero(called) + np.count_nonzero(wrote),
        )

    def contact_rate(self, span: Span) -> Figures:
        """Return the orders of a period, and what was asked of people in it."""
        called = self._contacts.counted & within(self._contacts.rang, span)
        wrote = self._tickets.by_customer & within(self._tickets.created, span)
        return sides(
            np.count_nonzero(called) + np.count_nonzero(wrote), self._customers.orders(span)
        )

    def after_hours_share(self, span: Span) -> Figures:
        """Return what was asked of people in a period, and what came while the desk was closed."""
        at = np.concatenate(
            [
                self._contacts.rang[self._contacts.counted],
                self._tickets.created[self._tickets.by_customer],
            ]
        )
        day, time = np.divmod(at + SEOUL_OFFSET, DAY)
        is_workday = (day + THURSDAY) % 7 < WORKDAYS
        return ratio(~(is_workday & within(time, (OPENS, CLOSES))), within(at, span))

    def orders_after_chat_rate(self, span: Span) -> Figures:
        """Return the chats of a period that people handled, and those before an order."""
        chatted = self._contacts.answered & self._contacts.is_chat & self._contacts.is_known
        wrote = self._tickets.is_human_handled & (self._tickets.channel == "chat")
        person = np.concatenate([self._contacts.caller[chatted], self._tickets.person[wrote]])
        at = np.concatenate([self._contacts.rang[chatted], self._tickets.created[wrote]])
        buyer = Identities(self._seen).of_account(self._customers.account)
        orders = Timeline(buyer, self._customers.bought)
        is_over = at <= self._seen.now - ORDERED_WITHIN
        followed = orders.count(person, at, at + ORDERED_WITHIN) > 0
        return ratio(followed, is_over & within(at, span))

    def proactive_contact_rate(self, span: Span) -> Figures:
        """Return the orders of a period, and what customers were told before they asked."""
        return sides(self._tickets.proactive(span), self._customers.orders(span))

    def active_channels(self, span: Span) -> int:
        """Count the channels on which somebody answered in a period."""
        called = self._contacts.answered & within(self._contacts.rang, span)
        live = np.unique(self._contacts.channel[called]).tolist()
        return len(self._tickets.channels_in_use(span).union(live))

    def live_coverage(self, span: Span) -> Figures:
        """Return the hours of a period in which somebody expected an answer, and got one."""
        at, is_served = self._tickets.asked_in_real_time()
        at = np.concatenate([at, self._contacts.rang[self._contacts.counted]])
        is_served = np.concatenate([is_served, self._contacts.answered[self._contacts.counted]])
        chosen = within(at, span)
        hours = (at + SEOUL_OFFSET) // HOUR
        return sides(np.unique(hours[chosen & is_served]).size, np.unique(hours[chosen]).size)

    def channels_per_customer(self, span: Span) -> Figures:
        """Return who turned to people in a period, and through how many channels each."""
        wrote = self._tickets.inbound & within(self._tickets.created, span)
        rang = self._contacts.is_known & self._contacts.counted & within(self._contacts.rang, span)
        person = np.concatenate([self._tickets.person[wrote], self._contacts.caller[rang]])
        channel = np.concatenate([self._tickets.channel[wrote], self._contacts.channel[rang]])
        used = set(zip(person.tolist(), channel.tolist(), strict=True))
        return sides(len(used), np.unique(person).size)

    @cached_property
    def _is_switched(self) -> Flags:
        """Whether a week before each inbound ticket there was one on another channel."""
        wrote = self._tickets.inbound
        person, topic = self._tickets.person[wrote], self._tickets.topic[wrote]
        at = self._tickets.created[wrote]
        names, channel = np.unique(self._tickets.channel[wrote], return_inverse=True)
        there = person * names.size + channel
        anywhere, here = Alike(person, topic, at), Alike(there, topic, at)
        after, until = at - AGAIN_WITHIN - 1, at - 1
        is_switched: Flags = anywhere.count(person, topic, after, until) > here.count(
            there, topic, after, until
        )
        return is_switched

    def channel_switch_rate(self, span: Span) -> Figures:
        """Return the tickets of a period, and those that came after one on another channel."""
        return ratio(self._is_switched, within(self._tickets.created[self._tickets.inbound], span))

    @cached_property
    def _events(self) -> tuple[Codes, Codes, Instants]:
        """Who of the known persons turned to people, about what, and when."""
        wrote, rang = self._tickets.inbound, self._contacts.is_known & self._contacts.counted
        no_topic = np.full(np.count_nonzero(rang), NO_TOPIC)
        return (
            np.concatenate([self._tickets.person[wrote], self._contacts.caller[rang]]),
            np.concatenate([self._tickets.topic[wrote], no_topic]),
            np.concatenate([self._tickets.created[wrote], self._contacts.rang[rang]]),
        )

    @cached_property
    def _is_repeated(self) -> Flags:
        """Whether there was another event a week before each of `_events`."""
        person, topic, at = self._events
        earlier = Alike(*self._events).count(person, topic, at - AGAIN_WITHIN - 1, at - 1)
        is_repeated: Flags = earlier > 0
        return is_repeated

    def repeat_contact_rate(self, span: Span) -> Figures:
        """Return the contact events of a period, and those with another one a week before."""
        return ratio(self._is_repeated, within(self._events[2], span))

    @cached_property
    def _settled(self) -> tuple[Flags, Instants]:
        """Whether each closed ticket and answered contact was the last word, and when it ended."""
        tickets, contacts = self._tickets, self._contacts
        closed = tickets.inbound & tickets.is_closed & (tickets.closed < NEVER)
        rang = self._contacts.answered & self._contacts.is_known
        person = np.concatenate([tickets.person[closed], self._contacts.caller[rang]])
        topic = np.concatenate([tickets.topic[closed], np.full(np.count_nonzero(rang), NO_TOPIC)])
        at = np.concatenate([tickets.closed[closed], contacts.ended[rang]])
        smooth = np.concatenate(
            [
                ~(tickets.came_back | tickets.is_transferred)[closed],
                ~contacts.is_passed_on[rang],
            ]
        )
        later = Alike(*self._events).count(person, topic, at, at + AGAIN_WITHIN)
        return smooth & (later == 0), at

    def first_contact_resolution_rate(self, span: Span) -> Figures:
        """Return what was settled in a period, and what was so at the first go."""
        was_last, at = self._settled
        return ratio(was_last, within(at, span) & (at <= self._seen.now - AGAIN_WITHIN))

    def handled(self, span: Span) -> dict[str, int]:
        """Count the handled contacts of a period by channel; of self-service, its sessions."""
        called = self._contacts.answered & within(self._contacts.rang, span)
        wrote = self._tickets.is_human_handled & within(self._tickets.created, span)
        channel = [self._tickets.channel[wrote], self._contacts.channel[called]]
        names, counts = np.unique(np.concatenate(channel), return_counts=True)
        helped = within(self._began, span) & self._stands_alone
        found = dict(zip(names.tolist(), counts.tolist(), strict=True))
        return {**found, SELF_SERVICE: int(np.count_nonzero(helped))}
