"""What a full drop no longer holds is gone from its source; and when that is not to be believed.

A full drop tells every record that there is; of several in one walk the last one decides. A record
that is gone is landed once more as it was last told, marked as deleted and under the same date: so
that is its newest version until the source tells the record again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from dagster_project.landing.journal import (
    FULL_DROP,
    QUARANTINED,
    RECORDS,
    FullDrop,
    Journal,
    quoted,
)

FIND_WHAT_IT_HOLDS = """
    create temp table held as
    select row.record_id, row.position, row.cursor_at
    from (select unnest(records) as row from {pages} where full_drop = $full_drop)
    union all
    select json_extract_string(entry, '$.record_id'), null, null
    from (select unnest(quarantined) as entry from {pages} where full_drop = $full_drop)
"""

# Versions are ordered as the models order them: by their date (one after the clock that they were
# read by is that clock), and then by the order of reading.
FIND_WHAT_WAS_KNOWN = """
    create temp table known as
    with versions as (
        select
            record_id,
            cursor_at,
            operation,
            load_id,
            position,
            coalesce(cursor_at < extracted_at, false) as is_dated,
            case when cursor_at is not null then least(cursor_at, extracted_at) end as told_at
        from read_parquet($seen, hive_partitioning = false)
        where
            load_id <> $load_id
            or position not in (select position from held where position is not null)
    ),
    ranked as (
        select
            *,
            row_number() over (
                partition by record_id
                order by told_at desc nulls last, load_id desc, position desc
            ) as place
        from versions
    )
    from ranked where place = 1
"""

COUNT = """
    select
        (select count(distinct record_id) + count(*) - count(record_id) from held) as records,
        (select count(*) from known where operation = 'upsert') as records_before,
        count(*) filter (where held.cursor_at < known.cursor_at and known.is_dated) as older,
        count(*) filter (where known.record_id is null or held.cursor_at > known.cursor_at) as newer
    from held
    left join known on held.record_id = known.record_id
"""

WRITE_GONE = """
    copy (
        with gone as (
            select seen.*, json_merge_patch(seen.payload, $mark)::varchar as marked
            from read_parquet($seen, hive_partitioning = false) as seen
            inner join known
                on
                    seen.record_id = known.record_id
                    and seen.load_id = known.load_id
                    and seen.position = known.position
            where
                known.operation = 'upsert'
                and known.record_id not in (
                    select record_id from held where record_id is not null
                )
        )
        select
            source,
            stream,
            record_id,
            cursor_raw,
            cursor_at,
            'delete' as operation,
            sha256(marked) as sha256,
            $load_id as load_id,
            $rows + row_number() over (order by record_id) - 1 as position,
            $extracted_at as extracted_at,
            $api_version as api_version,
            $connector_version as connector_version,
            marked as payload,
        from gone
    ) to {gone} (format parquet, compression zstd)
"""


@dataclass(frozen=True)
class Weighed:
    """A full drop held against what was known before it, in records.

    Attributes:
        records: What it holds.
        before: What there was.
        older: How many it tells in a version older than the known one.
        newer: How many it tells in a newer version, or for the first time.
    """

    drop: FullDrop
    records: int
    before: int
    older: int
    newer: int

    def reason_to_refuse(self, journal: Journal, shrink_percent: int) -> str | None:
        """Say why the load must not be landed, and the remedy; None where it may be."""
        stream = f"{journal.header.source}.{journal.header.stream}"
        if 100 * (self.before - self.records) > shrink_percent * self.before:
            return (
                f"{self.drop.name} is a full drop of {self.records:,} records where {stream} had"
                f" {self.before:,}: over {shrink_percent} % would be gone. Nothing of this load is"
                " landed. Where it is cut short, export it again; where they are gone, raise"
                " full_drop_shrink_percent in the shop's settings.csv for a night"
            )
        if self.older and not self.newer:
            return (
                f"{self.drop.name} is a full drop that tells {self.older:,} records of {stream} in"
                " an older version than is known, and none in a newer one: an old export. Nothing"
                " of this load is landed. Take the file away, or export it again"
            )
        return None


def weigh(
    drop: FullDrop, journal: Journal, connection: duckdb.DuckDBPyConnection, seen: list[str]
) -> Weighed:
    """Hold a full drop against what the files in `seen`, its own records among them, told before.

    What is found stays in the connection, for `write_gone`.
    """
    pages = journal.as_table(records=RECORDS, quarantined=QUARANTINED, full_drop=FULL_DROP)
    connection.execute(FIND_WHAT_IT_HOLDS.format(pages=pages), {"full_drop": drop.sha256})
    connection.execute(FIND_WHAT_WAS_KNOWN, {"seen": seen, "load_id": journal.header.load_id})
    [counts] = connection.execute(COUNT).fetchall()
    return Weighed(drop, *counts)


def write_gone(
    journal: Journal,
    connection: duckdb.DuckDBPyConnection,
    seen: list[str],
    envelope: Mapping[str, object],
    target: Path,
) -> int:
    """Write a row for each record that the weighed drop no longer holds; return how many."""
    connection.execute(
        WRITE_GONE.format(gone=quoted(target)),
        {
            "seen": seen,
            "mark": json.dumps({journal.header.deleted: True}),
            "rows": journal.totals.rows,
            **envelope,
        },
    )
    return int(pq.read_metadata(target).num_rows)
