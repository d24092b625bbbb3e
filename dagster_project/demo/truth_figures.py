"""How true figures are written down: periods, ratios, spreads, and who did what between when."""

from datetime import date
from typing import Any

import numpy as np

from dagster_project.demo.people import Codes, Flags
from dagster_project.demo.rhythm import NEVER, Instants, days_between, seoul_midnight

Figures = dict[str, Any]
Span = tuple[int, int]
"""Start and end of a period."""


def months_between(start: int, end: int) -> dict[str, Span]:
    """Return the whole months from one instant to another, by `2026-03`."""
    firsts = [day for day in days_between(start, end) if day.day == 1]
    spans = {
        f"{day:%Y-%m}": (
            seoul_midnight(day),
            seoul_midnight(date(day.year + day.month // 12, day.month % 12 + 1, 1)),
        )
        for day in firsts
    }
    return {month: span for month, span in spans.items() if start <= span[0] and span[1] <= end}


def within(instants: Instants, span: Span) -> Flags:
    """Say which instants lie in a period."""
    return (instants >= span[0]) & (instants < span[1])


def ratio(numerator: Flags, denominator: Flags) -> Figures:
    """Count the denominator, and those of it that are in the numerator."""
    return sides(np.count_nonzero(numerator & denominator), np.count_nonzero(denominator))


def sides(numerator: float | np.integer[Any], denominator: float | np.integer[Any]) -> Figures:
    """Write down both sides of a ratio."""
    return {"numerator": float(numerator), "denominator": float(denominator)}


def spread(seconds: Codes) -> Figures:
    """Return number, sum and median of durations."""
    return {
        "n": seconds.size,
        "sum": int(seconds.sum()),
        "median": float(np.median(seconds)) if seconds.size else None,
    }


class Timeline:
    """What happened to whom when.

    Args:
        key: Whom, not negative.
        at: When.
    """

    def __init__(self, key: Codes, at: Instants) -> None:
        self._times = np.unique(at)
        place = np.searchsorted(self._times, at)
        self._sorted = np.sort(key * (self._times.size + 1) + place)

    def count(self, key: Codes, after: Instants, until: Instants) -> Codes:
        """Count what happened to each key in (after, until]."""
        return self._up_to(key, until) - self._up_to(key, after)

    def first(self, key: Codes, since: Instants) -> Instants:
        """Return when something happened to each key next, in [since, ...), or `NEVER`."""
        wanted = key * (self._times.size + 1) + np.searchsorted(self._times, since)
        at = np.searchsorted(self._sorted, wanted)
        found = np.append(self._sorted, -1)[at]
        is_same = found // (self._times.size + 1) == key
        return np.where(
            is_same, np.append(self._times, NEVER)[found % (self._times.size + 1)], NEVER
        )

    def _up_to(self, key: Codes, until: Instants) -> Codes:
        place = np.searchsorted(self._times, until, side="right")
        return np.searchsorted(self._sorted, key * (self._times.size + 1) + place)
