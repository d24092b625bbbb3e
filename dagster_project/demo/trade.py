"""What the demo shop sells and who rings: orders, subscriptions and live contacts.

The helpdesk's own tickets are drawn in desk.py.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from dagster_project.demo.desk import INQUIRY, TOPICS, Tickets
from dagster_project.demo.people import NOBODY, STEADY, Accounts, Codes, Flags
from dagster_project.demo.rhythm import (
    CALLING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    NEVER,
    SECOND,
    STORY_ENDS,
    Instants,
    arrivals,
    seoul_months,
)

MOST_ORDERS = 14
"""No account orders more often than this by itself before the story ends."""

ASKED_ABOUT = ("delivery", "return", "exchange", "refund")
"""Topics of tickets behind which there may be an order of the last three weeks."""

CROWDED_MONTHS = (8, 10, 11)
"""Months of the year, January being 0, in which parcels take longer: Chuseok and the sales."""

OUTCOMES = ("answered", "abandoned", "voicemail", "callback")
ANSWERED, ABANDONED, VOICEMAIL, CALLBACK = range(4)


@dataclass(frozen=True)
class Orders:
    """Orders, one row each, by the time at which they were made."""

    account: Codes
    created: Instants
    total: Codes
    refunded: Codes
    refunded_at: Instants
    cancelled: Instants
    fulfilled: Instants
    promised: Instants
    delivered: Instants
    is_test: Flags


@dataclass(frozen=True)
class Subscriptions:
    """Subscriptions to the shop's monthly candle, one row each."""

    account: Codes
    started: Instants
    ended: Instants


@dataclass(frozen=True)
class Contacts:
    """Calls and chats that did not become tickets, one row each; durations in seconds.

    Attributes:
        account: Who rang; `NOBODY` where the caller is not known.
        corrected: When the telephone system corrected the wrap-up time, or `NEVER`.
    """

    is_chat: Flags
    started: Instants
    account: Codes
    agent: Codes
    ivr: Codes
    queue: Codes
    talk: Codes
    hold: Codes
    wrap_up: Codes
    corrected_wrap_up: Codes
    corrected: Instants
    transfers: Codes
    outcome: Codes

    @property
    def ended(self) -> Instants:
        """When the caller or the agent hung up."""
        return self.started + (self.ivr + self.queue + self.talk + self.hold) * SECOND

    @property
    def reported(self) -> Instants:
        """When the telephone system wrote the contact down."""
        return self.ended + self.wrap_up * SECOND


def draw_orders(rng: np.random.Generator, accounts: Accounts, tickets: Tickets) -> Orders:
    """Draw each account's orders, and those that made people write, half of them by being late."""
    usual = _orders(rng, *_at_their_pace(rng, accounts))
    account, created, topic, asked = _behind_tickets(rng, accounts, tickets)
    behind = _orders(rng, account, created)
    is_late = (topic == TOPICS.index("delivery")) & (asked > behind.promised)
    is_late &= behind.delivered < NEVER
    came = asked + rng.integers(2 * HOUR, 3 * DAY, asked.size)
    # Nobody is refunded for what has not come.
    waited = np.where(is_late & (behind.refunded_at < NEVER), came - behind.delivered, 0)
    behind = replace(
        behind,
        delivered=np.where(is_late, came, behind.delivered),
        refunded_at=behind.refunded_at + waited,
    )
    both = {
        each.name: np.concatenate([getattr(usual, each.name), getattr(behind, each.name)])
        for each in fields(Orders)
    }
    order = np.lexsort((both["account"], both["created"]))
    return Orders(**{name: column[order] for name, column in both.items()})


def _at_their_pace(rng: np.random.Generator, accounts: Accounts) -> tuple[Codes, Instants]:
    """Return who orders when: first soon after signing up, then more often or not at all."""
    wanted = np.minimum(rng.geometric(0.32, accounts.known), MOST_ORDERS)
    pace = rng.lognormal(np.log(75 * DAY), 0.5, accounts.known)
    made = accounts.created + rng.integers(0, 2 * DAY, accounts.known)
    owners, instants = [], []
    for number in range(MOST_ORDERS):
        going_on = np.flatnonzero(wanted > number)
        owners.append(going_on)
        instants.append(made[going_on])
        gap = rng.lognormal(0, 0.7, accounts.known) * pace
        made = made + gap.astype(np.int64) + HOUR
    account, created = np.concatenate(owners), np.concatenate(instants)
    told = created < STORY_ENDS
    account, created = account[told], created[told]
    order = np.lexsort((account, created))
    return account[order], created[order]


def _behind_tickets(
    rng: np.random.Generator, accounts: Accounts, tickets: Tickets
) -> tuple[Codes, Instants, Codes, Instants]:
    """Return who ordered when, and on what topic they wrote when.

    Half of those who ask for a parcel ask when it is due, the others before; what is to be sent
    back has come.
    """
    account_of = np.full(tickets.person.max() + 1, NOBODY)
    of_the_desk = np.flatnonzero(accounts.person < account_of.size)[::-1]
    account_of[accounts.person[of_the_desk]] = of_the_desk
    chosen = np.isin(tickets.topic, [TOPICS.index(topic) for topic in ASKED_ABOUT])
    chosen &= (tickets.kind == INQUIRY) & (account_of[tickets.person] != NOBODY)
    row = np.flatnonzero(chosen & (rng.random(chosen.size) < 0.6))
    size = row.size
    age = np.select(
        [tickets.topic[row] != TOPICS.index("delivery"), rng.random(size) < 0.5],
        [rng.integers(6 * DAY, 20 * DAY, size), rng.integers(4 * DAY + HOUR, 9 * DAY, size)],
        rng.integers(DAY, 4 * DAY, size),
    )
    account, asked = account_of[tickets.person[row]], tickets.created[row]
    made = asked - age
    keep = accounts.created[account] < made
    return account[keep], made[keep], tickets.topic[row][keep], asked[keep]


def _orders(rng: np.random.Generator, account: Codes, created: Instants) -> Orders:
    """Draw what becomes of orders."""
    size = created.size
    total = np.round(rng.lognormal(np.log(62_000), 0.7, size), -2).astype(np.int64)
    is_cancelled = rng.random(size) < 0.04
    fulfilled = created + rng.integers(4 * HOUR, 30 * HOUR, size)
    crowded = np.where(np.isin(seoul_months(created) % 12, CROWDED_MONTHS), 1.4, 1.0)
    transit = rng.lognormal(np.log(34 * HOUR), 0.5, size) * crowded
    delivered = fulfilled + transit.astype(np.int64)
    is_refunded = (rng.random(size) < 0.06) & ~is_cancelled
    in_full = rng.random(size) < 0.6
    part = np.maximum(np.round(total * rng.uniform(0.1, 0.9, size), -2).astype(np.int64), 100)
    return Orders(
        account=account,
        created=created,
        total=total,
        refunded=np.where(in_full, total, np.minimum(part, total)),
        refunded_at=np.where(is_refunded, delivered + rng.integers(DAY, 12 * DAY, size), NEVER),
        cancelled=np.where(is_cancelled, created + rng.integers(HOUR, 6 * HOUR, size), NEVER),
        fulfilled=np.where(is_cancelled, NEVER, fulfilled),
        promised=created + 4 * DAY,
        delivered=np.where(is_cancelled, NEVER, delivered),
        is_test=rng.random(size) < 0.003,
    )


def draw_subscriptions(rng: np.random.Generator, accounts: Accounts) -> Subscriptions:
    """Draw the accounts that subscribe; two in five stop within some months."""
    account = np.flatnonzero(rng.random(accounts.known) < 0.05)
    started = accounts.created[account] + rng.integers(DAY, 120 * DAY, account.size)
    stops = rng.random(account.size) < 0.4
    ended = started + rng.integers(20 * DAY, 400 * DAY, account.size)
    order = np.argsort(started, kind="stable")
    return Subscriptions(
        account=account[order],
        started=started[order],
        ended=np.where(stops, ended, NEVER)[order],
    )


def draw_contacts(rng: np.random.Generator, accounts: Accounts, tickets: int) -> Contacts:
    """Draw calls and a few chats: one for every three tickets."""
    started = arrivals(
        rng, per_year=round(tickets * 0.33), start=DESK_OPENED, end=STORY_ENDS, hours=CALLING_HOURS
    )
    size = started.size
    is_chat = rng.random(size) < 0.2
    evening = (started + 9 * HOUR) % DAY >= 18 * HOUR
    wait = rng.exponential(48, size).astype(np.int64)
    patience = (8 + rng.exponential(240, size)).astype(np.int64)
    gives_up = (patience < wait) | (rng.random(size) < 0.02)
    called_back = ~gives_up & (rng.random(size) < 0.015)
    outcome = np.select(
        [evening & ~is_chat, gives_up, called_back],
        [VOICEMAIL, ABANDONED, CALLBACK],
        ANSWERED,
    )
    answered = outcome == ANSWERED
    talk = np.maximum(rng.lognormal(np.log(210), 0.7, size), 5).astype(np.int64)
    talk = np.where(is_chat, 2 * talk, talk)
    hold = np.where(rng.random(size) < 0.3, rng.exponential(60, size), 0).astype(np.int64)
    wrap_up = rng.exponential(45, size).astype(np.int64)
    is_corrected = answered & (rng.random(size) < 0.01)
    wrap_up = np.where(answered, wrap_up, 0)
    hung_up = started + HOUR
    # One agent has the chats of three hours, so that several of them run at once.
    at_the_chats = np.array(STEADY)[started // (3 * HOUR) % len(STEADY)]
    agent = np.where(is_chat, at_the_chats, rng.choice(STEADY, size))
    signed_up = np.searchsorted(accounts.created, started)
    is_known = (rng.random(size) < 0.75) & (signed_up > 0)
    return Contacts(
        is_chat=is_chat,
        started=started,
        account=np.where(is_known, (rng.random(size) * signed_up).astype(np.int64), NOBODY),
        agent=np.where(answered, agent, NOBODY),
        ivr=np.where(is_chat, 0, rng.integers(8, 40, size)),
        queue=np.where(
            outcome == VOICEMAIL, 0, np.where(gives_up, np.minimum(patience, wait), wait)
        ),
        talk=np.where(answered, talk, np.where(outcome == VOICEMAIL, talk // 6, 0)),
        hold=np.where(answered, hold, 0),
        wrap_up=wrap_up,
        corrected_wrap_up=wrap_up + 60,
        corrected=np.where(is_corrected, hung_up + rng.integers(DAY, 2 * DAY, size), NEVER),
        transfers=np.where(answered & (rng.random(size) < 0.08), 1, 0),
        outcome=outcome,
    )
