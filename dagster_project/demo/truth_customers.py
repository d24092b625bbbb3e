"""What is true of the demo shop's customers: who bought, stayed, left, and how parcels came."""

import numpy as np

from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import DAY, NEVER, SHOP_OPENED
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth_figures import (
    Figures,
    Span,
    months_between,
    ratio,
    sides,
    within,
)

ACTIVE_FOR = 365 * DAY
LOYAL_ORDERS = 3
FEWEST_LOST = 10


class CustomerTruth:
    """The orders and subscriptions that exist, by persons.

    Attributes:
        is_order: Orders that are no tests.
        bought, account: When the orders were made that still hold, and by which accounts.
    """

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        orders, subscriptions = seen.story.orders, seen.story.subscriptions
        count, begun = seen.order_count, seen.subscription_count
        self.made = orders.created[:count]
        self.is_order = ~orders.is_test[:count]
        self._is_cancelled = orders.cancelled[:count] <= seen.now
        is_refunded = orders.refunded_at[:count] <= seen.now
        self._refunded = np.where(is_refunded, orders.refunded[:count], 0)
        in_full = is_refunded & (self._refunded == orders.total[:count])
        qualifies = self.is_order & ~self._is_cancelled & ~in_full
        self.bought, self.account = self.made[qualifies], orders.account[:count][qualifies]
        self._buyer = seen.story.accounts.person[self.account]
        self._revenue = (orders.total[:count] - self._refunded)[qualifies]
        self._subscriber = seen.story.accounts.person[subscriptions.account[:begun]]
        self._started = subscriptions.started[:begun]
        self._ended = seen.known(subscriptions.ended[:begun])
        self._first = np.full(seen.story.persons.family.size, NEVER)
        np.minimum.at(self._first, self._buyer, self.bought)
        np.minimum.at(self._first, self._subscriber, self._started)

    def _active(self, at: int) -> Flags:
        """Say of each person whether they are active."""
        active = np.zeros(self._first.size, dtype=bool)
        active[self._buyer[within(self.bought, (at - ACTIVE_FOR, at))]] = True
        active[self._subscriber[(self._started < at) & (self._ended >= at)]] = True
        return active

    def _new(self, span: Span) -> Flags:
        return within(self._first, span)

    def with_history(self) -> dict[str, Span]:
        """Return the months before which there is a year of orders."""
        return {
            month: span
            for month, span in months_between(SHOP_OPENED, self._seen.now).items()
            if self._has_history(span)
        }

    def _has_history(self, span: Span) -> bool:
        return bool(span[0] >= self.bought[0] + ACTIVE_FOR)

    def retention_rate(self, span: Span) -> Figures:
        """Return the persons active when a period began, and those of them active at its end."""
        return ratio(self._active(span[1]), self._active(span[0]))

    def churn_rate(self, span: Span) -> Figures:
        """Return the persons active when a period began, and those of them who left."""
        return ratio(~self._active(span[1]), self._active(span[0]))

    def customer_acquisition_rate(self, span: Span) -> Figures:
        """Return the persons active when a period began, and those who came in it."""
        return sides(self.new(span), np.count_nonzero(self._active(span[0])))

    def repeat_purchase_rate(self, span: Span) -> Figures:
        """Return who bought in a period, and who of them did not for the first time."""
        in_order = np.argsort(self.bought, kind="stable")
        person, at = self._buyer[in_order], self.bought[in_order]
        is_first = np.zeros(person.size, dtype=bool)
        is_first[np.unique(person, return_index=True)[1]] = True
        lately = within(at, span)
        again, every = np.unique(person[lately & ~is_first]), np.unique(person[lately])
        return sides(again.size, every.size)

    def loyal_customers(self, span: Span) -> int:
        """Count the persons with three orders in the year up to the end of a period."""
        lately = within(self.bought, (span[1] - ACTIVE_FOR, span[1]))
        orders = np.unique(self._buyer[lately], return_counts=True)[1]
        return int(np.count_nonzero(orders >= LOYAL_ORDERS))

    def customer_lifetime_value(self, span: Span) -> float | None:
        """Return what a person brings in a year over the share that leaves in it."""
        before, after = self._active(span[0]), self._active(span[1])
        lost, active = np.count_nonzero(before & ~after), np.count_nonzero(before)
        if not self._has_history(span) or lost < FEWEST_LOST:
            return None
        # Those who came back are active at the end, neither new nor active before.
        persons = int(np.count_nonzero(before | after | self._new(span)))
        revenue = int(self._revenue[within(self.bought, span)].sum())
        return revenue / persons / (int(lost) / int(active))

    def active_at_end(self, span: Span) -> int:
        """Count the persons active at the end of a period."""
        return int(np.count_nonzero(self._active(span[1])))

    def new(self, span: Span) -> int:
        """Count the persons who bought or subscribed for the first time in a period."""
        return int(np.count_nonzero(self._new(span)))

    def orders(self, span: Span) -> int:
        """Count the orders of a period, cancelled ones included."""
        return int(np.count_nonzero(self.is_order & within(self.made, span)))

    def late_delivery_rate(self, span: Span) -> Figures:
        """Return the orders of a period that were to come by now, and those that came late."""
        orders, now = self._seen.story.orders, self._seen.now
        promised = orders.promised[: self.made.size]
        due = self.is_order & ~self._is_cancelled & (promised < now) & within(self.made, span)
        late = np.minimum(orders.delivered[: self.made.size], now) > promised
        return sides(np.count_nonzero(late & due), np.count_nonzero(due))


class Identities:
    """Which records of different systems can be known to be one person's.

    A desk customer and a shop account are, where both show the same e-mail address or phone number.
    """

    def __init__(self, seen: Seen) -> None:
        persons, accounts = seen.story.persons, seen.story.accounts
        self._count = persons.family.size
        self._of_account = accounts.person
        has_account = seen.account_of != NOBODY
        shows_proxy = np.zeros(self._count, dtype=bool)
        shows_proxy[accounts.person[accounts.proxy]] = True
        by_email = persons.desk_knows_email & ~persons.account_has_other_email & ~shows_proxy
        by_phone = persons.desk_knows_phone & persons.account_has_phone
        self._is_linked: Flags = has_account & (by_email | by_phone)

    def of_account(self, account: Codes) -> Codes:
        """Return the person at the desk that an account is known to be, or somebody else."""
        person = self._of_account[account]
        return np.where(self._is_linked[person], person, self._count + person)
