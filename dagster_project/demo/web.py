"""Who comes to the demo shop's web pages, from where, and what the campaigns cost and bring.

Only visitors who agree to it are measured, one order in so many; what is bought is drawn in
trade.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from dagster_project.demo.dice import Dice
from dagster_project.demo.people import NOBODY, Codes, Flags
from dagster_project.demo.rhythm import (
    ASKING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    MINUTE,
    NEVER,
    SECOND,
    STORY_ENDS,
    Instants,
    arrivals,
    days_between,
)
from dagster_project.demo.trade import Orders


@dataclass(frozen=True)
class Campaign:
    """A campaign, and where its visitors come from.

    Attributes:
        weight: How many orders it brings in relation to the others.
        revenue_per_won: What it brings for each won that it costs.
        runs: First and last day of each of its runs; none: always.
    """

    name: str
    source: str
    medium: str
    weight: float
    revenue_per_won: float
    runs: tuple[tuple[date, date], ...] = ()

    def is_running(self, day: date) -> bool:
        """Say whether it runs on a day."""
        return not self.runs or any(first <= day <= last for first, last in self.runs)


CAMPAIGNS = (
    Campaign("naver-brand-search", "naver", "cpc", 3.0, 5.2),
    Campaign("kakao-moment", "kakao", "display", 2.0, 2.6),
    Campaign("instagram-lookbook", "instagram", "paid_social", 1.6, 1.7),
    Campaign("google-shopping", "google", "cpc", 1.2, 3.4),
    Campaign("spring-reading-light", "newsletter", "email", 1.4, 9.0,
             ((date(2026, 3, 2), date(2026, 4, 12)),)),
    Campaign("chuseok-gift", "naver", "display", 2.4, 2.2,
             ((date(2026, 9, 1), date(2026, 9, 23)),)),
    Campaign("black-friday", "kakao", "display", 3.5, 2.9,
             ((date(2025, 11, 17), date(2025, 11, 30)), (date(2026, 11, 16), date(2026, 11, 29)))),
)  # fmt: skip

SOURCES = (
    ("", ""), ("direct", "none"), ("(direct)", "(none)"), ("naver", "organic"),
    ("google", "organic"), ("instagram", "social"), ("blog.naver.com", "referral"),
    ("kakao", "referral"),
)  # fmt: skip
"""Source and medium of visits that no campaign brought; the first three are direct ones."""

DIRECT = 3
_SOURCE_SHARES = (0.16, 0.09, 0.09, 0.32, 0.12, 0.10, 0.08, 0.04)

MEASURED_SHARE = 0.08
VISITS_PER_TICKET = 3.2
BOT_VISITS_PER_TICKET = 0.2

NOT_TOLD = -1
"""Of a visit that nobody has called a bot's or a person's."""

_DAYS = days_between(DESK_OPENED, STORY_ENDS)
_WEIGHTS = np.array(
    [[campaign.weight * campaign.is_running(day) for campaign in CAMPAIGNS] for day in _DAYS]
)
_REACH = np.cumsum(_WEIGHTS / _WEIGHTS.sum(axis=1, keepdims=True), axis=1)


@dataclass(frozen=True)
class Visits:
    """Visits, one row each, by the time at which they began.

    Attributes:
        visitor: A number; `NOBODY` where no cookie was taken.
        campaign: One of `CAMPAIGNS`, or `NOBODY`; then `source` is one of `SOURCES`.
        order: The order (a row) that was made in it; `NOBODY` for none.
        bot: 1 for a bot's, 0 for a person's, `NOT_TOLD`.
        unmasked: When a visit was found to be a bot's that was not told, or `NEVER`.
    """

    started: Instants
    ended: Instants
    visitor: Codes
    campaign: Codes
    source: Codes
    pages: Codes
    filled_cart: Flags
    order: Codes
    bot: Codes
    unmasked: Instants

    @property
    def told(self) -> Instants:
        """When half an hour had gone by without another page."""
        return self.ended + 30 * MINUTE


@dataclass(frozen=True)
class MarketingCosts:
    """What each campaign cost on each day, one row each, by day.

    Attributes:
        day: Days since the helpdesk opened.
        revenue: What its orders were worth; told from `settled` on, or never.
    """

    day: Codes
    campaign: Codes
    amount: Codes
    revenue: Codes
    settled: Instants

    @property
    def reported(self) -> Instants:
        """When the day was over."""
        return DESK_OPENED + (self.day + 1) * DAY


def day_of(day: int) -> date:
    """Return the day of a `MarketingCosts.day`."""
    return _DAYS[day]


def _campaigns(dice: Dice, instants: Instants, share: float) -> Codes:
    """Draw which of the running campaigns brought whom; `NOBODY` for the rest."""
    day = (instants - DESK_OPENED) // DAY
    place: npt.NDArray[np.float64] = dice.rng.random((instants.size, 1))
    running = np.sum(_REACH[np.clip(day, 0, len(_DAYS) - 1)] < place, axis=1)
    is_brought = dice.chance(share, instants.size) & (day >= 0)
    return np.where(is_brought, np.minimum(running, len(CAMPAIGNS) - 1), NOBODY)


def draw_web(
    rng: np.random.Generator, orders: Orders, per_year: int
) -> tuple[Visits, MarketingCosts]:
    """Draw which campaign brought each order, what that cost, and the visits that were measured."""
    dice = Dice(rng)
    brought = np.where(orders.is_test, NOBODY, _campaigns(dice, orders.created, 0.4))
    return _visits(dice, orders, brought, per_year), _marketing_costs(dice, orders, brought)


def _visits(dice: Dice, orders: Orders, brought: Codes, per_year: int) -> Visits:
    parts = (
        *_buying(dice, orders, brought),
        _looking(dice, per_year),
        _bots(dice, per_year),
    )
    every = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    size = every["started"].size
    every["source"] = dice.rng.choice(len(SOURCES), size, p=_SOURCE_SHARES)
    every["ended"] = np.maximum(every["ended"], every["started"] + every["pages"] * 20 * SECOND)
    order = np.argsort(every["started"], kind="stable")
    return Visits(**{key: column[order] for key, column in every.items()})


def _buying(
    dice: Dice, orders: Orders, brought: Codes
) -> tuple[dict[str, Codes], dict[str, Codes]]:
    """Draw the visits in which orders were made, and carts that their visitors had left before.

    Most of these came back within 72 hours, some only after them.
    """
    may = (orders.created > DESK_OPENED + HOUR) & ~orders.is_test
    order = np.flatnonzero(may & dice.chance(MEASURED_SHARE, may.size))
    size = order.size
    started = orders.created[order] - dice.between(4 * MINUTE, 45 * MINUTE, size)
    visitor = np.where(dice.chance(0.93, size), 2 * order, NOBODY)
    buying = {
        "started": started,
        "ended": orders.created[order],
        "visitor": visitor,
        "campaign": brought[order],
        "pages": 3 + dice.rng.geometric(0.12, size),
        "filled_cart": np.ones(size, dtype=bool),
        "order": order,
        "bot": np.where(dice.chance(0.6, size), 0, NOT_TOLD),
        "unmasked": np.full(size, NEVER),
    }
    way = dice.rng.choice(3, size, p=[0.59, 0.35, 0.06])
    ago = np.where(
        way == 1, dice.between(HOUR, 70 * HOUR, size), dice.between(74 * HOUR, 9 * DAY, size)
    )
    came_back = np.flatnonzero((way > 0) & (visitor != NOBODY) & (started - ago > DESK_OPENED))
    left = started[came_back] - ago[came_back]
    pages = 2 + dice.rng.geometric(0.2, came_back.size)
    leaving = {
        **{key: column[came_back] for key, column in buying.items()},
        "started": left,
        "ended": left,
        "campaign": _campaigns(dice, left, 0.4),
        "pages": pages,
        "order": np.full(came_back.size, NOBODY),
    }
    return buying, leaving


def _looking(dice: Dice, per_year: int) -> dict[str, Codes]:
    """Draw the visits in which nothing is bought; some visitors come again."""
    started = arrivals(
        dice.rng,
        per_year=round(per_year * VISITS_PER_TICKET),
        start=DESK_OPENED,
        end=STORY_ENDS,
        hours=ASKING_HOURS,
    )
    size = started.size
    ago = np.where(dice.chance(0.25, size), dice.between(1, max(size // 20, 2), size), 0)
    visitor = 2 * np.maximum(np.arange(size) - ago, 0) + 1
    return {
        "started": started,
        "ended": started,
        "visitor": np.where(dice.chance(0.85, size), visitor, NOBODY),
        "campaign": _campaigns(dice, started, 0.4),
        "pages": dice.rng.geometric(0.28, size),
        "filled_cart": dice.chance(0.13, size),
        "order": np.full(size, NOBODY),
        "bot": np.where(dice.chance(0.6, size), 0, NOT_TOLD),
        "unmasked": np.full(size, NEVER),
    }


def _bots(dice: Dice, per_year: int) -> dict[str, Codes]:
    started = arrivals(
        dice.rng,
        per_year=round(per_year * BOT_VISITS_PER_TICKET),
        start=DESK_OPENED,
        end=STORY_ENDS,
        hours=np.ones(24),
    )
    size = started.size
    is_masked = dice.chance(0.2, size)
    return {
        "started": started,
        "ended": started,
        "visitor": np.full(size, NOBODY),
        "campaign": np.full(size, NOBODY),
        "pages": dice.rng.integers(1, 160, size),
        "filled_cart": dice.chance(0.04, size),
        "order": np.full(size, NOBODY),
        "bot": np.where(is_masked, NOT_TOLD, 1),
        "unmasked": np.where(is_masked, started + dice.between(DAY, 2 * DAY, size), NEVER),
    }


def _marketing_costs(dice: Dice, orders: Orders, brought: Codes) -> MarketingCosts:
    """Draw what each running campaign cost each day; its revenue is known two days later."""
    day, campaign = np.nonzero(_WEIGHTS)
    count = len(CAMPAIGNS)
    row = np.flatnonzero(brought != NOBODY)
    place = (orders.created[row] - DESK_OPENED) // DAY * count + brought[row]
    revenue = np.bincount(place, orders.total[row], minlength=_WEIGHTS.size).astype(np.int64)
    revenue = revenue.reshape(_WEIGHTS.shape)
    a_day = revenue.sum(axis=0) / (_WEIGHTS > 0).sum(axis=0)
    usual = a_day / np.array([each.revenue_per_won for each in CAMPAIGNS])
    amount = usual[campaign] * dice.rng.uniform(0.7, 1.3, day.size)
    over = DESK_OPENED + (day + 1) * DAY
    return MarketingCosts(
        day=day,
        campaign=campaign,
        amount=np.round(amount, -2).astype(np.int64),
        revenue=revenue[day, campaign],
        settled=np.where(dice.chance(0.985, day.size), over + 2 * DAY, NEVER),
    )
