"""Rule 11: business hours. How much of an interval lies in the open hours of a schedule."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .shop import Shop

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def business_seconds(shop: Shop, schedule_id: str, since: datetime, until: datetime) -> int:
    """Return the open whole seconds of an interval, rounded down."""
    spans = sorted(_open_spans(shop, schedule_id, since, until))
    passed, reached = timedelta(0), since
    for opened, closed in spans:
        begins, ends = max(opened, reached), min(closed, until)
        if begins < ends:
            passed += ends - begins
            reached = ends
    return passed // timedelta(seconds=1)


def due_at(shop: Shop, schedule_id: str, since: datetime, seconds: int) -> datetime:
    """Return the instant at which so many open seconds have passed."""
    left, reached, on = timedelta(seconds=seconds), since, since
    while True:
        for opened, closed in sorted(_open_spans(shop, schedule_id, on, on + 7 * DAY)):
            begins, ends = max(opened, reached), min(closed, on + 7 * DAY)
            if begins >= ends:
                continue
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
            reached = ends
        on += 7 * DAY
        reached = max(reached, on)


def _open_spans(
    shop: Shop, schedule_id: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield all open hours that lie in an interval, and some around it."""
    on = since.date() - 3 * DAY
    while on <= until.date() + 3 * DAY:
        of_date = [
            each for each in shop.schedules if each.schedule_id == schedule_id and each.holds_on(on)
        ]
        holidays = [
            each for each in shop.holidays if (each.schedule_id, each.on_date) == (schedule_id, on)
        ]
        if holidays and of_date:
            opens = [(each.opens_at, each.closes_at, of_date[0].timezone) for each in holidays]
        else:
            opens = [
                (each.opens_at, each.closes_at, each.timezone)
                for each in of_date
                if each.weekday == on.isoweekday()
            ]
        for opens_at, closes_at, timezone in opens:
            if opens_at is None or closes_at is None:
                continue
            opened, closed = _minutes(opens_at), _minutes(closes_at)
            if closed <= opened:
                closed += 24 * 60
            yield _instant(on, opened, timezone), _instant(on, closed, timezone)
        on += DAY


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")[:2]
    return 60 * int(hours) + int(minutes)


def _instant(on: date, minutes: int, timezone: str) -> datetime:
    local = datetime.combine(on, time()) + minutes * MINUTE
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
