"""The rows of a build as plain dictionaries, and the calendar of the small shop."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from guarded_shop import AS_OF, TIMEZONE

ZONE = ZoneInfo(TIMEZONE)
CUT = AS_OF.replace(tzinfo=None)

Record = dict[str, Any]


def records(connection: duckdb.DuckDBPyConnection, table: str, **keep: Any) -> list[Record]:
    """Return the rows of a table that have these values."""
    found = connection.execute(f"from {table}")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    return [row for row in rows if all(row[name] == value for name, value in keep.items())]


def local(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZONE)


def month_of(at: datetime) -> date:
    return local(at).date().replace(day=1)
