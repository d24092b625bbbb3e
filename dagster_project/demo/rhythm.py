"""When the demo shop's customers come and when its people work. No records are drawn here."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]
"""Microseconds since 1970 in UTC; `NEVER` where something does not happen."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = np.int64(2**62)

SEOUL_OFFSET = 9 * HOUR
"""Asia/Seoul has had no daylight saving since 1988."""


def micros(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970 in UTC."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def instant_of(moment: int) -> datetime:
    """Return microseconds since 1970 as an aware instant in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(moment))


def seoul_midnight(day: date) -> int:
    """Return the instant at which a day begins in Seoul."""
    return micros(datetime(day.year, day.month, day.day, tzinfo=UTC)) - SEOUL_OFFSET


FIRST_NIGHT = datetime(2026, 10, 31, 15, tzinfo=UTC)
"""The first clock: midnight in Seoul, when the helpdesk has been open for a year."""

NIGHTS = 60
"""Nights that the story goes on after the first one."""

SHOP_OPENED = seoul_midnight(date(2023, 12, 1))
"""Long enough before the helpdesk that a whole year, 2025, has a year of orders before it."""

DESK_OPENED = seoul_midnight(date(2025, 11, 1))
STORY_ENDS = micros(FIRST_NIGHT + timedelta(days=NIGHTS))

BAD_WEEK = (date(2026, 5, 11), date(2026, 5, 17))
"""First and last day of the week in which half the team was ill."""

BAD_WEEK_SLOWDOWN = 4.0
"""How many times longer a reply took to a customer who wrote in that week."""

CLOSED_DAYS = frozenset(
    {
        date(2025, 12, 25),
        date(2026, 1, 1),
        date(2026, 2, 16),
        date(2026, 2, 17),
        date(2026, 2, 18),
        date(2026, 5, 5),
        date(2026, 9, 24),
        date(2026, 9, 25),
        date(2026, 9, 26),
        date(2026, 12, 25),
    }
)

_MONTH_WEIGHTS = (0.95, 0.90, 0.95, 0.95, 1.05, 0.95, 0.90, 0.85, 1.00, 1.00, 1.35, 1.30)
_WEEKDAY_WEIGHTS = (1.25, 1.15, 1.05, 1.05, 1.00, 0.75, 0.75)

ASKING_HOURS = np.array(
    [
        1.5, 0.8, 0.4, 0.3, 0.2, 0.3, 0.7, 1.6, 3.2, 5.6, 7.0, 6.8,
        5.6, 6.2, 6.4, 6.2, 5.8, 5.2, 4.6, 4.6, 5.2, 5.6, 4.8, 3.0,
    ]
)  # fmt: skip
"""How many customers write in each hour of the day, Seoul time, in relation to each other."""

CALLING_HOURS = np.array(
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 8, 8, 4, 7, 7, 6, 5, 3, 0.4, 0.4, 0.4, 0, 0, 0]
)
"""How many customers ring, likewise; after six the answering machine takes the calls."""

OFFICE_HOURS: Mapping[int, tuple[int, int]] = {
    **dict.fromkeys(range(5), (9, 18)),
    5: (10, 15),
}
"""Opening and closing hour by weekday (Monday is 0) of those who answer letters."""

LATE_HOURS: Mapping[int, tuple[int, int]] = dict.fromkeys(range(7), (9, 22))
"""The same for those who answer chats."""


def days_between(start: int, end: int) -> list[date]:
    """Return the days of Seoul from one midnight to another."""
    first = instant_of(start + SEOUL_OFFSET).date()
    return [first + timedelta(days=n) for n in range((end - start) // DAY)]


def seoul_months(instants: Instants) -> npt.NDArray[np.int64]:
    """Return the months of Seoul in which instants lie, counted from January 1970 as 0."""
    days = ((instants + SEOUL_OFFSET) // DAY).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)


def month_starts(months: npt.NDArray[np.int64]) -> Instants:
    """Return the instants at which months of Seoul begin, counted from January 1970 as 0."""
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    begins: Instants = days * DAY - SEOUL_OFFSET
    return begins


def arrivals(
    rng: np.random.Generator,
    *,
    per_year: int,
    start: int,
    end: int,
    hours: npt.NDArray[np.float64],
) -> Instants:
    """Draw sorted instants between two midnights: `per_year` of them in a first year."""
    days = days_between(start, end)
    weights = np.array(
        [_MONTH_WEIGHTS[day.month - 1] * _WEEKDAY_WEIGHTS[day.weekday()] for day in days]
    )
    weights *= np.where([day in CLOSED_DAYS for day in days], 0.5, 1.0)
    total = round(per_year * weights.sum() / weights[:365].sum())
    cells = np.outer(weights, hours).ravel()
    counts = rng.multinomial(total, cells / cells.sum())
    begins = start + np.arange(cells.size, dtype=np.int64) * HOUR
    drawn = np.repeat(begins, counts) + rng.integers(0, HOUR, total)
    return np.sort(drawn)


class WorkingClock:
    """Adds working time to instants: a clock that stands still while nobody is there.

    Args:
        hours: Opening and closing hour by weekday, Seoul time.
    """

    def __init__(self, hours: Mapping[int, tuple[int, int]]) -> None:
        shifts = [
            (midnight + hours[day.weekday()][0] * HOUR, midnight + hours[day.weekday()][1] * HOUR)
            for day in days_between(DESK_OPENED - 7 * DAY, STORY_ENDS + 400 * DAY)
            if day.weekday() in hours and day not in CLOSED_DAYS
            for midnight in [seoul_midnight(day)]
        ]
        self._opens, self._closes = np.array(shifts, dtype=np.int64).T
        self._worked = np.concatenate([[0], np.cumsum(self._closes - self._opens)[:-1]])

    def add(self, instants: Instants, work: Instants) -> Instants:
        """Return the instants at which so many microseconds of work are done."""
        shift = np.searchsorted(self._opens, instants, side="right") - 1
        done = np.minimum(instants, self._closes[shift]) - self._opens[shift]
        due = self._worked[shift] + done + work
        shift = np.searchsorted(self._worked, due, side="right") - 1
        finished: Instants = self._opens[shift] + due - self._worked[shift]
        return finished
