"""Draws durations, chances and answering times for the demo shop's channels. No records."""

import numpy as np
import numpy.typing as npt

from dagster_project.demo.desk import CHANNELS
from dagster_project.demo.people import AGENTS, Codes, Flags
from dagster_project.demo.rhythm import (
    BAD_WEEK,
    BAD_WEEK_SLOWDOWN,
    DAY,
    LATE_HOURS,
    OFFICE_HOURS,
    SECOND,
    Instants,
    WorkingClock,
    seoul_midnight,
)

Rates = npt.NDArray[np.float64]

LATER_ANSWERS_PACE = 0.7
"""Who knows a case already answers in so much of the time."""

_BAD_WEEK_STARTS = seoul_midnight(BAD_WEEK[0])
_BAD_WEEK_ENDS = seoul_midnight(BAD_WEEK[1]) + DAY
_SLOWNESS = np.array([agent.slowness for agent in AGENTS])
_ANSWER_SECONDS = np.array([channel.answer for channel in CHANNELS])
_IS_LATE = np.array([channel.late for channel in CHANNELS])


class Dice:
    """One source of randomness, and what is drawn from it.

    Attributes:
        rng: For what needs no channel.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._office = WorkingClock(OFFICE_HOURS)
        self._late = WorkingClock(LATE_HOURS)

    def duration(self, median_seconds: float | Rates, sigma: float, size: int) -> Instants:
        """Draw durations around a median."""
        drawn: Rates = self.rng.lognormal(0, sigma, size) * median_seconds * SECOND
        return drawn.astype(np.int64)

    def chance(self, share: float | Rates, size: int) -> Flags:
        """Draw who is among so large a share."""
        drawn: Rates = self.rng.random(size)
        return drawn < share

    def between(self, least: int, most: int, size: int) -> Instants:
        """Draw durations of which each is as likely as any other."""
        return self.rng.integers(least, most, size)

    def worked(self, start: Instants, work: Instants, channel: Codes) -> Instants:
        """Return when so much work that begins at `start` is done on these channels."""
        late, office = self._late.add(start, work), self._office.add(start, work)
        return np.where(_IS_LATE[channel], late, office)

    def answer(self, start: Instants, channel: Codes, agent: Codes, *, is_first: bool) -> Instants:
        """Return when an agent answers what was asked at `start`."""
        seconds = _ANSWER_SECONDS[channel] * _SLOWNESS[agent]
        seconds = seconds * (1.0 if is_first else LATER_ANSWERS_PACE)
        in_bad_week = (start >= _BAD_WEEK_STARTS) & (start < _BAD_WEEK_ENDS)
        seconds = seconds * np.where(in_bad_week, BAD_WEEK_SLOWDOWN, 1.0)
        return self.worked(start, self.duration(seconds, 0.8, start.size) + 5 * SECOND, channel)
