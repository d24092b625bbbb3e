"""What is true of what customers and reviewers say of the demo shop."""

from functools import cached_property

import numpy as np

from dagster_project.demo import feedback as feedback_of
from dagster_project.demo.desk import BOT_CODE
from dagster_project.demo.people import Codes, Flags
from dagster_project.demo.rhythm import DAY, NEVER, Instants
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth_contacts import ContactTruth
from dagster_project.demo.truth_customers import Identities
from dagster_project.demo.truth_desk import DeskTruth
from dagster_project.demo.truth_figures import Figures, Span, Timeline, ratio, sides, within

FOLLOWED_WITHIN = 3 * DAY


class AnswerTruth:
    """The surveys and reviews that exist."""

    def __init__(self, seen: Seen, tickets: DeskTruth, contacts: ContactTruth) -> None:
        self._seen, self._tickets, self._contacts = seen, tickets, contacts

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
        spoken, rang = self._tickets.spoken_to, self._contacts.answered & self._contacts.is_known
        turned_to = Timeline(
            np.concatenate([spoken[0], self._contacts.caller[rang]]),
            np.concatenate([spoken[1], self._contacts.rang[rang]]),
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
