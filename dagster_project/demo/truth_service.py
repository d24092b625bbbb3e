"""What is true of the demo shop's service beside tickets: calls, self-service, answers, costs."""

from collections import defaultdict
from functools import cached_property

import numpy as np

from dagster_project.demo import feedback as feedback_of
from dagster_project.demo.desk import BOT_CODE, NO_TOPIC, TOPICS
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    DAY,
    HOUR,
    NEVER,
    SECOND,
    SEOUL_OFFSET,
    Instants,
    seoul_months,
)
from dagster_project.demo.seen import Seen
from dagster_project.demo.self_service import ABANDONED as LEFT
from dagster_project.demo.self_service import CHATBOT, ESCALATED, RESOLVED
from dagster_project.demo.staff import BUDGETS, SELF_SERVICE, SHARED
from dagster_project.demo.trade import ABANDONED, ANSWERED
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

SHORT_ABANDON_SECONDS = 10
LONG_WAIT_SECONDS = 60
ANSWERED_IN_TIME_SECONDS = 20

AGAIN_WITHIN = 7 * DAY
BACK_WITHIN = 24 * HOUR
FOLLOWED_WITHIN = 3 * DAY


class ServiceTruth:
    """Live contacts, sessions, surveys, reviews and costs that exist.

    Args:
        seen: The shop at its clock.
        tickets: What is true of its tickets.
        customers: What is true of its customers.
    """

    def __init__(self, seen: Seen, tickets: DeskTruth, customers: CustomerTruth) -> None:
        self._seen, self._tickets, self._customers = seen, tickets, customers
        contacts, row = seen.story.contacts, seen.contacts
        self._contacts, self._row = contacts, row
        self._rang = contacts.started[row]
        gave_up = contacts.outcome[row] == ABANDONED
        is_short = gave_up & (contacts.queue[row] < SHORT_ABANDON_SECONDS)
        self._is_short, self._counts, self._gave_up = is_short, ~is_short, gave_up & ~is_short
        self._answered = contacts.outcome[row] == ANSWERED
        self._waited = self._counts & (gave_up | self._answered)
        self._is_known = contacts.account[row] != NOBODY
        self._caller = Identities(seen).of_account(contacts.account[row])

        sessions = seen.story.sessions
        self._sessions, self._session = sessions, seen.told(sessions.ended)
        ticket = sessions.ticket[self._session]
        became = ticket != NOBODY
        self._of_counted = ~became | tickets.counted[np.where(became, ticket, 0)]
        is_set_right = sessions.set_right[self._session] <= seen.now
        outcome = np.where(is_set_right, RESOLVED, sessions.outcome[self._session])
        self._outcome = outcome
        is_ticket = (outcome == ESCALATED) & became
        self._stands_alone = self._of_counted & ~is_ticket
        self._helped = self._of_counted & (outcome == RESOLVED) & ~self._came_back()

    def _came_back(self) -> Flags:
        """Say of each session whether its person wrote or rang within a day."""
        wrote, rang = self._tickets.by_customer, self._is_known
        approaches = Timeline(
            np.concatenate([self._tickets.person[wrote], self._caller[rang]]),
            np.concatenate([self._tickets.created[wrote], self._rang[rang]]),
        )
        person = self._sessions.person[self._session]
        began = self._sessions.started[self._session]
        times = approaches.count(np.maximum(person, 0), began, began + BACK_WITHIN)
        is_back: Flags = (person != NOBODY) & (times > 0)
        return is_back

    # ---- calls and chats

    def calls(self, span: Span) -> Figures:
        """Return the live contacts of a period, and how many hung up; short abandons apart."""
        begun = within(self._rang, span)
        return {
            **ratio(self._gave_up, begun & self._counts),
            "short_abandons": int(np.count_nonzero(begun & self._is_short)),
        }

    def average_wait_time(self, span: Span) -> Figures:
        """Return how long those who rang in a period waited, answered or not."""
        return spread(self._contacts.queue[self._row][self._waited & within(self._rang, span)])

    def long_wait_rate(self, span: Span) -> Figures:
        """Return those who waited, and those who did so for over a minute."""
        long = self._contacts.queue[self._row] > LONG_WAIT_SECONDS
        return ratio(long, self._waited & within(self._rang, span))

    def answered_within_target_rate(self, span: Span) -> Figures:
        """Return those who waited, and those who were answered in time."""
        soon = self._contacts.queue[self._row] <= ANSWERED_IN_TIME_SECONDS
        return ratio(self._answered & soon, self._waited & within(self._rang, span))

    def average_handle_time(self, span: Span) -> Figures:
        """Return the work with contacts that ended in a period, and these contacts."""
        every, row = self._contacts, self._row
        is_corrected = every.corrected[row] <= self._seen.now
        wrap_up = np.where(is_corrected, every.corrected_wrap_up[row], every.wrap_up[row])
        handled = self._answered & within(every.ended[row], span)
        work = (every.talk[row] + every.hold[row] + wrap_up)[handled]
        return sides(work.sum(), work.size)

    def chat_concurrency(self, span: Span) -> Figures:
        """Return the seconds of chats, and those in which an agent had one, day by day."""
        every, row = self._contacts, self._row
        row = row[self._answered & every.is_chat[row] & within(self._rang, span)]
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

    # ---- all channels

    def abandonment_rate(self, span: Span) -> Figures:
        """Return the interactions of a period, and those that customers gave up."""
        called, wrote = within(self._rang, span), within(self._tickets.created, span)
        helped = within(self._sessions.started[self._session], span) & self._stands_alone
        return sides(
            np.count_nonzero(called & self._gave_up)
            + np.count_nonzero(wrote & self._tickets.is_abandoned)
            + np.count_nonzero(helped & (self._outcome == LEFT)),
            np.count_nonzero(called & self._counts)
            + np.count_nonzero(wrote & self._tickets.inbound)
            + np.count_nonzero(helped),
        )

    def self_service_rate(self, span: Span) -> Figures:
        """Return the requests of a period, and those that nobody had to answer."""
        wrote = within(self._tickets.created, span)
        began = within(self._sessions.started[self._session], span)
        return sides(
            np.count_nonzero(began & self._helped)
            + np.count_nonzero(wrote & self._tickets.solved_by_bot),
            np.count_nonzero(began & self._stands_alone)
            + np.count_nonzero(wrote & self._tickets.inbound),
        )

    def bot_handoff_rate(self, span: Span) -> Figures:
        """Return the chatbot's sessions of a period, and those that it handed over."""
        by_bot = (self._sessions.tool[self._session] == CHATBOT) & self._of_counted
        began = within(self._sessions.started[self._session], span)
        return ratio(self._outcome == ESCALATED, by_bot & began)

    def transfer_rate(self, span: Span) -> Figures:
        """Return what people handled in a period, and what was passed on."""
        called = self._answered & within(self._rang, span)
        wrote = self._tickets.is_human_handled & within(self._tickets.created, span)
        return sides(
            np.count_nonzero(called & (self._contacts.transfers[self._row] > 0))
            + np.count_nonzero(wrote & self._tickets.is_transferred),
            np.count_nonzero(called) + np.count_nonzero(wrote),
        )

    def contact_rate(self, span: Span) -> Figures:
        """Return the orders of a period, and what was asked of people in it."""
        called = self._counts & within(self._rang, span)
        wrote = self._tickets.by_customer & within(self._tickets.created, span)
        return sides(
            np.count_nonzero(called) + np.count_nonzero(wrote), self._customers.orders(span)
        )

    def proactive_contact_rate(self, span: Span) -> Figures:
        """Return the orders of a period, and what customers were told before they asked."""
        return sides(self._tickets.proactive(span), self._customers.orders(span))

    def active_channels(self, span: Span) -> int:
        """Count the channels on which somebody answered in a period."""
        called = self._row[self._answered & within(self._rang, span)]
        live = {"chat" if is_chat else "phone" for is_chat in self._contacts.is_chat[called]}
        return len(self._tickets.channels_in_use(span) | live)

    @cached_property
    def _events(self) -> tuple[Codes, Codes, Instants]:
        """Who turned to people, about what, and when: tickets and contacts of known persons."""
        wrote, rang = self._tickets.inbound, self._is_known & self._counts
        no_topic = np.full(np.count_nonzero(rang), NO_TOPIC)
        return (
            np.concatenate([self._tickets.person[wrote], self._caller[rang]]),
            np.concatenate([self._tickets.topic[wrote], no_topic]),
            np.concatenate([self._tickets.created[wrote], self._rang[rang]]),
        )

    def _alike(self, person: Codes, topic: Codes, after: Instants, until: Instants) -> Codes:
        """Count the events of persons about the same, or about nobody knows what, in a span."""
        by_person, by_topic = self._timelines
        same = by_topic.count(_pair(person, topic), after, until)
        unknown = by_topic.count(_pair(person, np.full_like(topic, NO_TOPIC)), after, until)
        every = by_person.count(person, after, until)
        return np.where(topic == NO_TOPIC, every, same + unknown)

    @cached_property
    def _timelines(self) -> tuple[Timeline, Timeline]:
        person, topic, at = self._events
        return Timeline(person, at), Timeline(_pair(person, topic), at)

    @cached_property
    def _is_repeated(self) -> Flags:
        """Whether there was another event a week before each of `_events`."""
        person, topic, at = self._events
        is_repeated: Flags = self._alike(person, topic, at - AGAIN_WITHIN - 1, at - 1) > 0
        return is_repeated

    def repeat_contact_rate(self, span: Span) -> Figures:
        """Return the contact events of a period, and those with another one a week before."""
        return ratio(self._is_repeated, within(self._events[2], span))

    @cached_property
    def _settled(self) -> tuple[Flags, Instants]:
        """Whether each closed ticket and answered contact was the last word, and when it ended."""
        tickets, every, row = self._tickets, self._contacts, self._row
        closed = tickets.inbound & tickets.is_closed & (tickets.closed < NEVER)
        rang = self._answered & self._is_known
        person = np.concatenate([tickets.person[closed], self._caller[rang]])
        topic = np.concatenate([tickets.topic[closed], np.full(np.count_nonzero(rang), NO_TOPIC)])
        at = np.concatenate([tickets.closed[closed], every.ended[row][rang]])
        smooth = np.concatenate(
            [
                ~(tickets.came_back | tickets.is_transferred)[closed],
                every.transfers[row][rang] == 0,
            ]
        )
        return smooth & (self._alike(person, topic, at, at + AGAIN_WITHIN) == 0), at

    def first_contact_resolution_rate(self, span: Span) -> Figures:
        """Return what was settled in a period, and what was so at the first go."""
        was_last, at = self._settled
        return ratio(was_last, within(at, span) & (at <= self._seen.now - AGAIN_WITHIN))

    # ---- what they say

    def _answers(self, kind: int) -> tuple[Codes, Instants, Codes]:
        """Return the scores that were given, when, and by which accounts."""
        every, now = self._seen.story.feedback, self._seen.now
        asked = (every.kind == kind) & (every.sent <= now)
        is_changed = every.changed <= now
        given = np.where(is_changed, every.changed, every.responded)
        row = np.flatnonzero(asked & (given <= now))
        score = np.where(is_changed, every.changed_score, every.score)
        return score[row], given[row], every.account[row]

    def net_promoter_score(self, span: Span) -> Figures:
        """Return the answers of a period, and promoters less detractors among them."""
        score, given, _ = self._answers(feedback_of.NPS)
        score = score[within(given, span)]
        return sides(np.count_nonzero(score >= 9) - np.count_nonzero(score <= 6), score.size)

    def customer_effort_score(self, span: Span) -> Figures:
        """Return the answers of a period, and the sum of their scores."""
        score, given, _ = self._answers(feedback_of.CES)
        return sides(score[within(given, span)].sum(), np.count_nonzero(within(given, span)))

    def _satisfaction(self) -> tuple[Codes, Instants, Instants, Codes]:
        """Return score, sending, answering and person of surveys on tickets that count."""
        every, count = self._seen.story.desk.surveys, self._seen.survey_count
        row = np.flatnonzero(
            self._tickets.counted[every.ticket[:count]] & (every.sent[:count] <= self._seen.now)
        )
        person = self._tickets.person[every.ticket[row]]
        return every.score[row], every.sent[row], self._seen.known(every.scored[row]), person

    def csat_score(self, span: Span) -> Figures:
        """Return the scores given in a period, and those of 4 and 5 among them."""
        score, _, given, _ = self._satisfaction()
        return ratio(score >= 4, within(given, span))

    def csat_mean(self, span: Span) -> Figures:
        """Return the scores given in a period, and their sum."""
        score, _, given, _ = self._satisfaction()
        return sides(score[within(given, span)].sum(), np.count_nonzero(within(given, span)))

    def survey_response_rate(self, span: Span) -> Figures:
        """Return the surveys of any kind that were sent in a period, and those answered."""
        _, sent, given, _ = self._satisfaction()
        feedback = self._seen.story.feedback
        sent = np.concatenate([sent, feedback.sent])
        given = np.concatenate([given, self._seen.known(feedback.responded)])
        return ratio(given < NEVER, within(sent, span))

    @cached_property
    def _bad_answers(self) -> tuple[Flags, Instants]:
        """Whether somebody turned to the person soon after each bad answer, and when it came."""
        spoken, rang = self._tickets.spoken_to, self._answered & self._is_known
        turned_to = Timeline(
            np.concatenate([spoken[0], self._caller[rang]]),
            np.concatenate([spoken[1], self._rang[rang]]),
        )
        likely, replied, account = self._answers(feedback_of.NPS)
        unlikely = likely <= 6
        score, _, given, surveyed = self._satisfaction()
        sad = (score <= 2) & (given < NEVER)
        person = np.concatenate(
            [Identities(self._seen).of_account(account[unlikely]), surveyed[sad]]
        )
        at = np.concatenate([replied[unlikely], given[sad]])
        return turned_to.count(person, at, at + FOLLOWED_WITHIN) > 0, at

    def feedback_follow_up_rate(self, span: Span) -> Figures:
        """Return the bad answers of a period, and those after which somebody turned to the person.

        An answer counts once the three days after it are over.
        """
        was_followed, at = self._bad_answers
        return ratio(was_followed, within(at, span) & (at <= self._seen.now - FOLLOWED_WITHIN))

    def internal_quality_score(self, span: Span) -> Figures:
        """Return the points that reviews of a period could give, and those that they gave."""
        every, now = self._seen.story.reviews, self._seen.now
        row = self._seen.told(every.reviewed)
        by_person = every.agent[row] != BOT_CODE
        row = row[by_person & self._tickets.counted[every.ticket[row]]]
        row = row[within(every.reviewed[row], span)]
        half_points = every.half_points[row] + 2 * (every.appealed[row] <= now)
        return sides(half_points.sum() / 2, every.possible[row].sum())

    # ---- what it costs

    def handled(self, span: Span) -> dict[str, int]:
        """Count the handled contacts of a period by channel; of self-service, its sessions."""
        called = self._answered & within(self._rang, span)
        is_chat = self._contacts.is_chat[self._row]
        wrote = self._tickets.is_human_handled & within(self._tickets.created, span)
        names, counts = np.unique(self._tickets.channel[wrote], return_counts=True)
        found = dict(zip(names.tolist(), counts.tolist(), strict=True))
        found["phone"] = found.get("phone", 0) + int(np.count_nonzero(called & ~is_chat))
        found["chat"] = found.get("chat", 0) + int(np.count_nonzero(called & is_chat))
        began = within(self._sessions.started[self._session], span)
        found[SELF_SERVICE] = int(np.count_nonzero(began & self._stands_alone))
        return {name: n for name, n in found.items() if n}

    def costs(self, span: Span) -> dict[str, int]:
        """Return what was booked for a month, by channel; nothing where nothing was."""
        every, now = self._seen.story.support_costs, self._seen.now
        month = int(seoul_months(np.array([span[0]]))[0])
        row = self._seen.told(every.booked)
        row = row[every.month[row] == month]
        is_corrected = every.corrected[row] <= now
        amount = np.where(is_corrected, every.corrected_amount[row], every.amount[row])
        return {
            name: int(amount[every.channel[row] == channel].sum())
            for channel, name in enumerate(BUDGETS)
            if (every.channel[row] == channel).any()
        }

    def cost_per_contact(self, span: Span) -> Figures:
        """Return all costs of a month and all handled contacts; then what each channel cost."""
        costs, handled = self.costs(span), self.handled(span)
        human = sum(n for name, n in handled.items() if name != SELF_SERVICE)
        figures = {"all": sides(sum(costs.values()), sum(handled.values()))}
        for name, own in costs.items():
            if name != SHARED:
                contacts = handled.get(name, 0)
                part = costs[SHARED] * contacts / human if name != SELF_SERVICE else 0
                figures[name] = {"cost": own + part, "denominator": float(contacts)}
        return figures


def _pair(person: Codes, topic: Codes) -> Codes:
    """Return one number for a person and a topic."""
    return person * (len(TOPICS) + 1) + np.where(topic == NO_TOPIC, len(TOPICS), topic)
