"""Instants as sources write them, read into UTC and written in one form. No dates, no periods.

A naive instant is read in the zone given with it. One that a clock change made happen twice is
the earlier of the two; one that a clock change skipped is read with the offset in force before it
(02:30 in a gap of an hour from 02:00 is the 03:30 that clocks then showed).
"""

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, PlainSerializer

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
"""Beyond these an instant is a slip of a pen. One in the future alone is not: `as_of` cuts it."""

LENGTH_OF_A_DATE = 10


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name; the fixed UTC of the standard library is the faster one."""
    return UTC if name == "UTC" else ZoneInfo(name)


def known_zone(name: str) -> str:
    """Return the name of a zone that is known.

    Raises:
        ValueError: Where it is not.
    """
    try:
        zone_of(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"{name} is no time zone; give an IANA name such as Asia/Seoul") from None
    return name


def read_instant(value: Any, zone: tzinfo) -> datetime:
    """Read ISO 8601 text: naive, `Z` or an offset, seconds or up to microseconds.

    Raises:
        ValueError: With what is wrong, as words that follow "it"; never with the value.
    """
    if type(value) is not str:
        raise ValueError("is not the text of an instant")
    text = value.strip()
    if len(text) <= LENGTH_OF_A_DATE:
        raise ValueError("has no time of day")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not an instant") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    try:
        if instant.tzinfo is not UTC:
            instant = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the years 1970 to 2100") from None
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("is outside the years 1970 to 2100")
    return instant


def write_instant(instant: datetime) -> str:
    """Return `2026-01-02T03:04:05.000006Z`: one text for one instant, in the order of time."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _to_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc), PlainSerializer(write_instant)]
"""The type of an instant in every file that the landing zone writes about itself."""
