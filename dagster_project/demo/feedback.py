"""What customers and reviewers say of the demo shop: NPS and CES surveys, and quality reviews.

The helpdesk's own satisfaction surveys are drawn in records.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from dagster_project.demo.desk import BOT_CODE, BOT_SOLVED, HUMAN_PATHS, INQUIRY, Rounds, Tickets
from dagster_project.demo.dice import Dice
from dagster_project.demo.people import AGENTS, NOBODY, Codes
from dagster_project.demo.rhythm import (
    DAY,
    DESK_OPENED,
    HOUR,
    MINUTE,
    NEVER,
    STORY_ENDS,
    Instants,
    month_starts,
    seoul_midnight,
    seoul_months,
)
from dagster_project.demo.trade import ANSWERED, Contacts, Orders

KINDS = ("nps", "ces")
NPS, CES = range(2)

SURVEY_EXPIRES = 30 * DAY

NEW_FORM = seoul_midnight(date(2026, 6, 1))
"""From here on a review gives up to 25 points; before, it gave up to 20."""

_SKILLS = np.array([0.78 if agent.slowness > 1 else 0.88 for agent in AGENTS] + [0.7])


@dataclass(frozen=True)
class Feedback:
    """NPS and CES surveys, one row each, by the time at which they were sent.

    Attributes:
        contact: The call or chat (a row) that it asks about; `NOBODY` for NPS.
        responded: When it was answered, or `NEVER`; with `score`.
        changed: When the answer was given again, or `NEVER`; with `changed_score`.
    """

    kind: Codes
    account: Codes
    contact: Codes
    sent: Instants
    responded: Instants
    score: Codes
    changed: Instants
    changed_score: Codes


@dataclass(frozen=True)
class Reviews:
    """Reviews of what agents wrote, one row each, by the time at which they were made.

    Attributes:
        agent: Whose work it was; `BOT_CODE` for the bot.
        half_points: Twice the points given; `possible` those that could be given.
        appealed: When the agent appealed and got a point more, or `NEVER`.
    """

    ticket: Codes
    agent: Codes
    reviewed: Instants
    half_points: Codes
    possible: Codes
    appealed: Instants


def draw_feedback(rng: np.random.Generator, orders: Orders, contacts: Contacts) -> Feedback:
    """Draw who is asked a week after a parcel (NPS) or after a call (CES), and what they say."""
    dice = Dice(rng)
    asks = (orders.delivered < STORY_ENDS - 8 * DAY) & (orders.delivered > DESK_OPENED)
    order = np.flatnonzero(asks & dice.chance(0.14, asks.size))
    late = orders.delivered[order] > orders.promised[order]
    told = contacts.account != NOBODY
    call = np.flatnonzero((contacts.outcome == ANSWERED) & told & dice.chance(0.45, told.size))
    size = order.size + call.size
    sent = np.concatenate(
        [orders.delivered[order] + 7 * DAY, contacts.reported[call] + 10 * MINUTE]
    )
    likely = np.clip(np.round(dice.rng.normal(8.6 - 2.5 * late, 1.9)), 0, 10)
    trouble = np.log1p(contacts.queue[call] / 60) + contacts.transfers[call]
    easy = np.clip(np.round(dice.rng.normal(6.0 - trouble, 1.2)), 1, 7)
    score = np.concatenate([likely, easy]).astype(np.int64)
    answers = dice.chance(np.repeat([0.32, 0.4], [order.size, call.size]), size)
    delay = np.minimum(dice.duration(9 * 3600, 1.3, size), SURVEY_EXPIRES)
    responded = np.where(answers, sent + delay, NEVER)
    thinks_again = answers & dice.chance(0.04, size)
    up = np.where(score < np.repeat([10, 7], [order.size, call.size]), 1, -1)
    every = {
        "kind": np.repeat([NPS, CES], [order.size, call.size]),
        "account": np.concatenate([orders.account[order], contacts.account[call]]),
        "contact": np.concatenate([np.full(order.size, NOBODY), call]),
        "sent": sent,
        "responded": responded,
        "score": score,
        "changed": np.where(thinks_again, responded + dice.between(HOUR, 6 * DAY, size), NEVER),
        "changed_score": score + up,
    }
    in_order = np.argsort(sent, kind="stable")
    return Feedback(**{key: column[in_order] for key, column in every.items()})


def draw_reviews(rng: np.random.Generator, tickets: Tickets, rounds: Rounds) -> Reviews:
    """Draw each month's sample of answered tickets, reviewed in the first week of the next."""
    dice = Dice(rng)
    answered = np.full(tickets.count, NEVER)
    first = rounds.number == 0
    answered[rounds.ticket[first]] = rounds.answered[first]
    month_ends = month_starts(seoul_months(tickets.created) + 1)
    by_person = np.isin(tickets.path, HUMAN_PATHS) & (answered < month_ends)
    by_bot = tickets.path == BOT_SOLVED
    share = np.select([by_person, by_bot], [0.1, 0.03], 0.0)
    row = np.flatnonzero((tickets.kind == INQUIRY) & dice.chance(share, tickets.count))
    size = row.size
    reviewed = (
        month_ends[row]
        + dice.rng.integers(0, 7, size) * DAY
        + dice.between(10 * HOUR, 17 * HOUR, size)
    )
    agent = np.where(by_bot[row], BOT_CODE, tickets.agent[row])
    possible = np.where(reviewed >= NEW_FORM, 25, 20)
    quality = np.clip(dice.rng.normal(_SKILLS[agent], 0.09), 0, 1)
    half_points = np.round(quality * possible * 2).astype(np.int64)
    appeals = dice.chance(0.05, size) & (half_points <= 2 * possible - 2)
    appealed = np.where(appeals, reviewed + dice.between(2 * DAY, 5 * DAY, size), NEVER)
    in_order = np.argsort(reviewed, kind="stable")
    every = {
        "ticket": row,
        "agent": agent,
        "reviewed": reviewed,
        "half_points": half_points,
        "possible": possible,
        "appealed": appealed,
    }
    return Reviews(**{key: column[in_order] for key, column in every.items()})
