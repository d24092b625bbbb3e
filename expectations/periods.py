"""Periods of the reporting time zone, cut by pandas: the second way of what models do in SQL."""

import pandas as pd

from expectations.catalogue import Grain

_FREQUENCIES: dict[Grain, str] = {
    "day": "D",
    "week": "W-SUN",
    "month": "M",
    "quarter": "Q-DEC",
    "year": "Y-DEC",
}


def local_time(at: pd.Series, timezone: str) -> pd.Series:
    """Return what the clocks of the zone show at instants in UTC (both without a zone)."""
    local: pd.Series = at.dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    return local


def period_starts(local: pd.Series, grain: Grain) -> pd.Series:
    """Return the first day of the period that each local time lies in."""
    starts: pd.Series = local.dt.to_period(_FREQUENCIES[grain]).dt.start_time
    return starts


def period_start(local: pd.Timestamp, grain: Grain) -> pd.Timestamp:
    """Return the first day of the period that a local time lies in."""
    return local.to_period(_FREQUENCIES[grain]).start_time


def next_start(start: pd.Timestamp, grain: Grain) -> pd.Timestamp:
    """Return the first day of the period after the one that begins on `start`."""
    return (start.to_period(_FREQUENCIES[grain]) + 1).start_time


def all_starts(first: pd.Timestamp, last: pd.Timestamp, grain: Grain) -> list[pd.Timestamp]:
    """Return the first days of all periods from the one of `first` to the one of `last`."""
    return list(pd.period_range(first, last, freq=_FREQUENCIES[grain]).start_time)


def local_instant(at: pd.Timestamp, timezone: str) -> pd.Timestamp:
    """Return what the clocks of the zone show at an instant in UTC (both without a zone)."""
    return at.tz_localize("UTC").tz_convert(timezone).tz_localize(None)


def utc_instant(midnight: pd.Timestamp, timezone: str) -> pd.Timestamp:
    """Return the instant in UTC at which a day begins in the zone (both without a zone)."""
    # Where the clocks skip midnight the day begins when they go on.
    zoned = midnight.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward")
    return zoned.tz_convert("UTC").tz_localize(None)
