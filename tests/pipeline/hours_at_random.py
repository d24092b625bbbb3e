"""Schedules and holidays at random, in which every hour is told once and no two zones at once."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from reading.shop import Holiday, Hours

ZONES = ("Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")
DAY = timedelta(days=1)

DAILY = (1, 2, 3, 4, 5, 6, 7)

WEEKS = (
    ((1, 2, 3, 4, 5), (("09:00", "18:00"),)),
    ((1, 2, 4, 6), (("08:30", "12:00"), ("12:00", "13:15"), ("14:00", "18:00"))),
    (DAILY, (("00:00", "24:00"),)),
    (DAILY, (("22:00", "06:00"),)),
    ((5, 6, 7), (("01:30", "02:30"), ("20:00", "25:10"))),
    ((2, 7), (("10:00", "10:00"),)),
)
"""Weekdays, and the hours of each of them."""


def schedule(
    dice: random.Random, schedule_id: str, zone: str, since: date, until: date
) -> list[Hours]:
    """Return a schedule that may change between two dates, and begin or end there."""
    changes = sorted(dice.sample(range((until - since).days), dice.choice((0, 0, 1, 2))))
    begins = [since + days * DAY for days in changes]
    first = since + dice.randrange(30) * DAY if dice.random() < 0.2 else None
    last = until - dice.randrange(30) * DAY if dice.random() < 0.2 else None
    hours = []
    for valid_from, next_from in zip([first, *begins], [*begins, None], strict=True):
        valid_until = next_from - DAY if next_from else last
        if valid_from and valid_until and valid_until < valid_from:
            continue
        hours += _version(dice, schedule_id, zone, valid_from, valid_until)
    return hours or _version(dice, schedule_id, zone, None, None)


def holidays(dice: random.Random, schedule_id: str, since: date, until: date) -> Sequence[Holiday]:
    """Return dates on which a schedule is closed, or open at other hours."""
    dates = {since + dice.randrange((until - since).days) * DAY for _ in range(dice.randrange(9))}
    return [
        Holiday(schedule_id=schedule_id, on_date=on, opens_at=opens_at, closes_at=closes_at)
        for on in sorted(dates)
        for opens_at, closes_at in dice.choice(
            (
                [(None, None)],
                [("10:00", "13:00")],
                [("00:00", "03:00"), ("23:00", "26:00")],
            )
        )
    ]


def _version(
    dice: random.Random, schedule_id: str, zone: str, valid_from: date | None, until: date | None
) -> list[Hours]:
    weekdays, clocks = dice.choice(WEEKS)
    timezone = dice.choice((zone, *ZONES))
    return [
        Hours(
            schedule_id=schedule_id,
            timezone=timezone,
            weekday=weekday,
            opens_at=opens_at,
            closes_at=closes_at,
            valid_from=valid_from,
            valid_until=until,
        )
        for weekday in weekdays
        for opens_at, closes_at in clocks
    ]
