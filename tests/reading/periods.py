"""Terms: Periods. Days, weeks, months, quarters and years of one time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """The time from `start` on and before `end`."""

    grain: str
    start_on: date
    start: datetime
    end: datetime


def period_of(instant: datetime, grain: str, timezone: str) -> Period:
    on = instant.astimezone(ZoneInfo(timezone)).date()
    if grain == "week":
        first = on - timedelta(days=on.weekday())
    elif grain == "month":
        first = on.replace(day=1)
    elif grain == "quarter":
        first = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    elif grain == "year":
        first = date(on.year, 1, 1)
    else:
        first = on
    return _period(first, grain, timezone)


def periods(first: datetime, last: datetime, grain: str, timezone: str) -> Iterator[Period]:
    """Yield every period from that of `first` to that of `last`."""
    period = period_of(first, grain, timezone)
    while period.start <= last:
        yield period
        period = _period(_next(period.start_on, grain), grain, timezone)


def _next(on: date, grain: str) -> date:
    if grain == "day":
        return on + timedelta(days=1)
    if grain == "week":
        return on + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    month = on.month - 1 + months
    return date(on.year + month // 12, month % 12 + 1, 1)


def _period(first: date, grain: str, timezone: str) -> Period:
    next_first = _next(first, grain)
    return Period(grain, first, first_instant(first, timezone), first_instant(next_first, timezone))


def first_instant(on: date, timezone: str) -> datetime:
    """Return the first instant of a local date, also where clocks skip or repeat midnight."""
    return datetime.combine(on, time(), ZoneInfo(timezone)).astimezone(UTC)
