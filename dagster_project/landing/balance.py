"""Whether every record that a source gave is accounted for. What the records mean is not asked."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.landing.zone import LandingZone


@dataclass(frozen=True, kw_only=True)
class StreamBalance:
    """The account of one stream over its committed loads, in records.

    Attributes:
        received: What the source gave.
        landed: Rows that lie in the landing zone, counted in its files.
        unchanged: Records that were read again as they were.
        quarantined: Records that broke their contract and were not replayed since.
    """

    source: str
    stream: str
    received: int
    landed: int
    unchanged: int
    quarantined: int

    @property
    def missing(self) -> int:
        """How many records are unaccounted for: 0, unless something is lost or doubled."""
        return self.received - self.landed - self.unchanged - self.quarantined


def balances(zone: LandingZone) -> list[StreamBalance]:
    """Return the account of every stream that has a committed load."""
    found = ((source, stream, zone.committed(source, stream)) for source, stream in zone.streams())
    return [
        StreamBalance(
            source=source,
            stream=stream,
            received=sum(load.records_read for load in loads),
            landed=_rows(zone.parts(source, stream)),
            unchanged=sum(load.records_unchanged for load in loads),
            quarantined=sum(load.records_quarantined - len(load.released) for load in loads),
        )
        for source, stream, loads in found
        if loads
    ]


def _rows(parts: list[str]) -> int:
    """Count the rows of the parts that are there; one that is gone shows as records missing."""
    there = [part for part in parts if Path(part).exists()]
    if not there:
        return 0
    with duckdb.connect() as connection:
        ((rows,),) = connection.execute(
            "select cast(sum(num_rows) as bigint) from parquet_file_metadata($parts)",
            {"parts": there},
        ).fetchall()
    return int(rows)
