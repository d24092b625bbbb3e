"""What the demo shop does for its customers beyond what they asked for. Nothing is sold here."""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.people import STEADY, Codes
from dagster_project.demo.rhythm import (
    CALLING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    NEVER,
    STORY_ENDS,
    Instants,
    arrivals,
)
from dagster_project.demo.trade import Orders

KINDS = ("note", "gift", "video", "anniversary", "other")
OTHER = 4

GESTURES_PER_TICKET = 0.04


@dataclass(frozen=True)
class Gestures:
    """Gestures, one row each, by the time at which they were made.

    Attributes:
        named: When one that was noted as `other` got its kind, or `NEVER` where it has it at once.
    """

    made: Instants
    account: Codes
    kind: Codes
    agent: Codes
    named: Instants


def draw_gestures(rng: np.random.Generator, orders: Orders, per_year: int) -> Gestures:
    """Draw what is done for those who ordered within the two months before."""
    made = arrivals(
        rng,
        per_year=round(per_year * GESTURES_PER_TICKET),
        start=DESK_OPENED,
        end=STORY_ENDS,
        hours=CALLING_HOURS,
    )
    size = made.size
    last = np.searchsorted(orders.created, made)
    first = np.minimum(np.searchsorted(orders.created, made - 60 * DAY), last - 1)
    order = first + (rng.random(size) * (last - first)).astype(np.int64)
    is_late = rng.random(size) < 0.15
    return Gestures(
        made=made,
        account=orders.account[order],
        kind=rng.choice(len(KINDS), size, p=[0.42, 0.27, 0.04, 0.22, 0.05]),
        agent=rng.choice(STEADY, size),
        named=np.where(is_late, made + rng.integers(20 * HOUR, 3 * DAY, size), NEVER),
    )
