"""Rule 11: business hours. How much of an interval lies in the open hours of a schedule."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .shop import Shop

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
YEARS = 3
"""A schedule without an open hour for so long has none."""

EASTERNMOST = timedelta(hours=14)
"""How far the clocks of any zone are ahead of UTC."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]


def business_seconds(shop: Shop, schedule_id: str, since: datetime, until: datetime) -> int | None:
    """Return the open whole seconds of an interval, rounded down.

    None where it reaches beyond the days for which anybody wrote hours down.
    """
    begins, ends = known_span(shop, schedule_id)
    if not begins <= since <= until < ends:
        return None
    return elapsed(open_spans(shop, schedule_id, since), until) // SECOND


def known_span(shop: Shop, schedule_id: str) -> Span:
    """Return the first instant of a schedule's first version and the end of its last."""
    rows = [each for each in shop.schedules if each.schedule_id == schedule_id]
    begins, ends = LONG_AGO, FOR_EVER
    if rows and all(each.valid_from for each in rows):
        first = min(rows, key=lambda each: each.valid_from or date.min)
        zone = first.timezone or shop.reporting_timezone
        begins = _instant(first.valid_from or date.min, 0, zone)
    if rows and all(each.valid_until for each in rows):
        last = max(rows, key=lambda each: each.valid_until or date.max)
        zone = last.timezone or shop.reporting_timezone
        ends = _instant(last.valid_until or date.max, 24 * 60, zone)
    return begins, ends


def elapsed(spans: Iterator[Span], until: datetime) -> timedelta:
    """Return how much time of spans, one after the other, lies before an instant."""
    passed = timedelta(0)
    for begins, ends in spans:
        if begins >= until:
            break
        passed += min(ends, until) - begins
    return passed


def open_spans(shop: Shop, schedule_id: str, since: datetime) -> Iterator[Span]:
    """Yield the open hours from an instant on, one after the other, none of them twice."""
    reached, told = since, []
    for days in range(-3, YEARS * 366):
        on = since.date() + days * DAY
        told = sorted([*told, *_hours_of(shop, schedule_id, on)])
        # Where a schedule moves east, a date may open before the date before it has.
        next_begins = datetime.combine(on + DAY, time(), UTC) - EASTERNMOST
        while told and told[0][0] <= next_begins:
            opened, closed = told.pop(0)
            if closed > reached:
                yield max(opened, reached), closed
                reached = closed


def _hours_of(shop: Shop, schedule_id: str, on: date) -> Iterator[Span]:
    """Yield the open hours that begin on a local date."""
    in_force = [
        each for each in shop.schedules if each.schedule_id == schedule_id and each.holds_on(on)
    ]
    holidays = [
        each for each in shop.holidays if (each.schedule_id, each.on_date) == (schedule_id, on)
    ]
    if holidays and in_force:
        hours = [(each.opens_at, each.closes_at, in_force[0].timezone) for each in holidays]
    else:
        hours = [
            (each.opens_at, each.closes_at, each.timezone)
            for each in in_force
            if each.weekday == on.isoweekday()
        ]
    for opens_at, closes_at, timezone in hours:
        if opens_at is not None and closes_at is not None:
            opened, closed = _minutes(opens_at), _minutes(closes_at)
            closed += 24 * 60 if closed <= opened else 0
            zone = timezone or shop.reporting_timezone
            yield _instant(on, opened, zone), _instant(on, closed, zone)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def _instant(on: date, minutes: int, timezone: str) -> datetime:
    local = datetime.combine(on, time()) + minutes * MINUTE
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
