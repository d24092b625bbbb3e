"""What rows of a seed may not do to each other over time: overlap, contradict, or leave a gap.

What one row may say is said in seeds.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dagster_project.seeds import Holiday, Schedule, SlaTarget

R = TypeVar("R")
Numbered = Sequence[tuple[int, R]]
"""Rows, each with its line."""

Slips = Iterator[tuple[int, str]]
"""A line, and what is wrong with it."""

Span = tuple[int, int]

DAY = timedelta(days=1)
MINUTES_OF_A_DAY = 24 * 60
MINUTES_OF_A_WEEK = 7 * MINUTES_OF_A_DAY


def minutes_open(opens_at: str, closes_at: str) -> Span:
    """Return the minutes after midnight between which it is open.

    A closing that is not later than the opening is the next day's, as one past 24:00 is.
    """
    opened, closed = (60 * int(clock[:2]) + int(clock[3:]) for clock in (opens_at, closes_at))
    return opened, closed if closed > opened else closed + MINUTES_OF_A_DAY


def schedule_slips(rows: Numbered[Schedule]) -> Slips:
    """Yield hours that are told twice, zones that contradict each other, and days without hours."""
    for of_schedule in _grouped(rows, lambda row: row.schedule_id):
        for (first, one), (line, other) in combinations(of_schedule, 2):
            if not _hold_together(one, other):
                continue
            if one.timezone != other.timezone:
                yield line, f"timezone: another than in line {first}, on the same days; take one"
            elif _overlap(_of_the_week(one), _of_the_week(other)):
                yield line, f"opens_at: the hours overlap those of line {first}; join the two"
        yield from _gaps(of_schedule)


def holiday_slips(rows: Numbered[Holiday]) -> Slips:
    """Yield rows of one date by which it is closed and open at once, or open twice."""
    for of_date in _grouped(rows, lambda row: (row.schedule_id, row.on_date)):
        for (first, one), (line, other) in combinations(of_date, 2):
            if one.minutes is None or other.minutes is None:
                yield line, f"opens_at: closed and open at once, by line {first}; keep one"
            elif _overlap([one.minutes], [other.minutes]):
                yield line, f"opens_at: the hours overlap those of line {first}; join the two"


def sla_target_slips(rows: Numbered[SlaTarget]) -> Slips:
    """Yield targets that hold for the same clocks on the same days."""
    for of_scope in _grouped(rows, lambda row: row.scope):
        for (first, one), (line, other) in combinations(of_scope, 2):
            if _hold_together(one, other):
                yield line, f"for the same clocks and days as line {first}; end one of the two"


def _gaps(rows: Numbered[Schedule]) -> Slips:
    """Yield the versions of a schedule that begin later than the day after those before."""
    versions = sorted(rows, key=lambda numbered: _days(numbered[1]))
    reached = date.min
    for (_, before), (line, row) in pairwise(versions):
        reached = max(reached, _days(before)[1])
        begins = _days(row)[0]
        if reached < date.max and begins > reached + DAY:
            yield (
                line,
                f"valid_from: {row.schedule_id} has no hours from {reached + DAY} to"
                f" {begins - DAY}; let one version end the day before the next begins",
            )


def _of_the_week(row: Schedule) -> list[Span]:
    """Return the minutes of the week that are open, in this week and as seen from the next one."""
    midnight = (row.weekday - 1) * MINUTES_OF_A_DAY
    opened, closed = (midnight + minutes for minutes in row.minutes)
    return [(opened, closed), (opened - MINUTES_OF_A_WEEK, closed - MINUTES_OF_A_WEEK)]


def _overlap(some: Sequence[Span], others: Sequence[Span]) -> bool:
    return any(max(a[0], b[0]) < min(a[1], b[1]) for a in some for b in others)


def _hold_together(one: Schedule | SlaTarget, other: Schedule | SlaTarget) -> bool:
    return max(_days(one)[0], _days(other)[0]) <= min(_days(one)[1], _days(other)[1])


def _days(row: Schedule | SlaTarget) -> tuple[date, date]:
    return row.valid_from or date.min, row.valid_until or date.max


def _grouped(rows: Numbered[R], by: Callable[[R], Hashable]) -> Iterator[Numbered[R]]:
    groups: dict[Hashable, list[tuple[int, R]]] = defaultdict(list)
    for line, row in rows:
        groups[by(row)].append((line, row))
    yield from groups.values()
