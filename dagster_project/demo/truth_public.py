"""What is true of the demo shop's web pages, campaigns, forum and gestures."""

import numpy as np

from dagster_project.demo import community, web
from dagster_project.demo.people import NOBODY, Flags
from dagster_project.demo.rhythm import DAY, DESK_OPENED, HOUR, NEVER
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth_figures import (
    Figures,
    Span,
    Timeline,
    ratio,
    sides,
    within,
)

CART_WAITS = 72 * HOUR
ANSWER_WITHIN = 7 * DAY


class WebTruth:
    """The visits that are known, bots left out, and what the campaigns cost and brought."""

    def __init__(self, seen: Seen) -> None:
        self._seen, every = seen, seen.story.visits
        is_bot = (every.bot == 1) | (every.unmasked <= seen.now)
        self._every, self._row = every, np.flatnonzero((every.told <= seen.now) & ~is_bot)
        self._started = every.started[self._row]
        self._is_abandoned = self._abandoned()

    def _abandoned(self) -> Flags:
        """Say which visits left a cart to which their visitor did not come back in time."""
        visitor = self._every.visitor[self._row]
        buys, is_known = self._every.order[self._row] != NOBODY, visitor != NOBODY
        bought = Timeline(visitor[buys & is_known], self._started[buys & is_known])
        later = bought.count(np.maximum(visitor, 0), self._started, self._started + CART_WAITS)
        is_left: Flags = ~buys & ~(is_known & (later > 0))
        return is_left

    def conversion_rate(self, span: Span) -> Figures:
        """Return the visits of a period, and those in which something was bought."""
        return ratio(self._every.order[self._row] != NOBODY, within(self._started, span))

    def cart_abandonment_rate(self, span: Span) -> Figures:
        """Return the carts that were filled in a period, and those that were left."""
        is_over = self._started <= self._seen.now - CART_WAITS
        carts = self._every.filled_cart[self._row] & is_over
        return ratio(self._is_abandoned, carts & within(self._started, span))

    def direct_traffic_share(self, span: Span) -> Figures:
        """Return the visits of a period, and those that nothing led here."""
        is_direct = (self._every.campaign[self._row] == NOBODY) & (
            self._every.source[self._row] < web.DIRECT
        )
        return ratio(is_direct, within(self._started, span))

    def pages_per_visit(self, span: Span) -> Figures:
        """Return the visits of a period, and their pages."""
        pages = self._every.pages[self._row][within(self._started, span)]
        return sides(pages.sum(), pages.size)

    def _spent(self, span: Span) -> tuple[Flags, Flags]:
        """Say which costs fell into a period, and which of them have their revenue."""
        every, now = self._seen.story.marketing_costs, self._seen.now
        at = DESK_OPENED + every.day * DAY
        lately = (every.reported <= now) & within(at, span)
        return lately, lately & (every.settled <= now)

    def marketing_roi(self, span: Span) -> Figures:
        """Return what campaigns cost in a period, and what they brought above that."""
        every, (_, settled) = self._seen.story.marketing_costs, self._spent(span)
        cost, revenue = every.amount[settled].sum(), every.revenue[settled].sum()
        return sides(revenue - cost, cost)

    def customer_acquisition_cost(self, span: Span, new: int) -> Figures:
        """Return what campaigns cost in a period in which so many customers were new."""
        lately, _ = self._spent(span)
        return sides(self._seen.story.marketing_costs.amount[lately].sum(), new)


class ForumTruth:
    """The threads and posts that exist."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        threads, posts = seen.story.threads, seen.story.posts
        self._begun = threads.created[seen.told(threads.created)]
        self._asks = threads.sort[: self._begun.size] == community.QUESTION
        count = seen.told(posts.created).size
        self._posted, self._thread = posts.created[:count], posts.thread[:count]
        self._kind = posts.kind[:count]
        by_staff = self._kind == community.STAFF
        by_another = by_staff | (posts.author[:count] != threads.author[self._thread])
        self._answers = self._asks[self._thread] & by_another

    def community_answer_rate(self, span: Span) -> Figures:
        """Return the questions of a period that are a week old, and those answered in a week."""
        is_soon = self._posted - self._begun[self._thread] <= ANSWER_WITHIN
        answered = np.zeros(self._begun.size, dtype=bool)
        answered[self._thread[self._answers & is_soon]] = True
        is_old = self._begun <= self._seen.now - ANSWER_WITHIN
        return ratio(answered, self._asks & is_old & within(self._begun, span))

    def community_solution_rate(self, span: Span) -> Figures:
        """Return the questions of a period, and those that are solved."""
        solved = self._seen.known(self._seen.story.threads.solved[: self._begun.size]) < NEVER
        return ratio(solved, self._asks & within(self._begun, span))

    def power_user_answer_share(self, span: Span) -> Figures:
        """Return the answers of a period, and those by power users."""
        by_power_user = self._kind == community.POWER_USER
        return ratio(by_power_user, self._answers & within(self._posted, span))


def gestures(seen: Seen, span: Span) -> int:
    """Count the gestures of a period."""
    made = seen.story.gestures.made
    return int(np.count_nonzero((made <= seen.now) & within(made, span)))
