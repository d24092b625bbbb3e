"""The files that the demo shop drops: a history, then one file a night of what is new or changed.

Records come from tables.py; what the helpdesk knows is not dropped but served.
"""

import csv
import io
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from dagster_project.demo import tables
from dagster_project.demo.generator import Story
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.seen import Seen
from dagster_project.durable import write_text

ENTITIES: Mapping[str, Callable[[Seen], pa.Table]] = {
    "customers": tables.customers,
    "orders": tables.orders,
    "subscriptions": tables.subscriptions,
    "live_contacts": tables.live_contacts,
}

DIRT: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "orders": (
        {"order_id": "X1", "created_at": "2026-08-01T10:00:00", "currency": "KRW", "total": "abc"},
        {"order_id": "X2", "created_at": "", "currency": "KRW", "total": "1000"},
    ),
    "live_contacts": (
        {
            "contact_id": "X3",
            "kind": "call",
            "started_at": "2026-08-01T10:00:00",
            "outcome": "hung up",
        },
        {"contact_id": "X4", "kind": "call", "started_at": "yesterday", "outcome": "answered"},
    ),
}
"""Rows that no reader can take, at the end of the history."""

FILE_AGE_SECONDS = 3600
"""A reader waits for files that were touched just now, lest they grow; these do not."""


def write_drops(story: Story, clock: datetime, folder: Path) -> None:
    """Bring a drop folder to where it stands at a clock.

    A file that is there is right, since the story never changes; one of a later night goes.
    """
    last, long_ago = f"{clock:%Y-%m-%d}", time.time() - FILE_AGE_SECONDS
    for path in folder.glob("*/*.csv"):
        if path.stem > last:
            path.unlink()
    for night in range((clock - FIRST_NIGHT).days + 1):
        at = FIRST_NIGHT + timedelta(days=night)
        seen = Seen(story, at)
        for entity, table_of in ENTITIES.items():
            path = folder / entity / f"{at:%Y-%m-%d}.csv"
            if path.exists():
                continue
            if night:
                is_new = pc.field("updated_at") > at - timedelta(days=1)
                text = _csv(table_of(seen).filter(is_new), ())
            else:
                text = _csv(table_of(seen), DIRT.get(entity, ()))
            write_text(path, text)
            os.utime(path, (long_ago, long_ago))


def _csv(table: pa.Table, dirt: tuple[Mapping[str, str], ...]) -> str:
    """Write a table as CSV, its instants without an offset, as clocks in Seoul show them."""
    columns = [
        pc.strftime(column.cast(pa.timestamp("us", tz="Asia/Seoul")), "%Y-%m-%dT%H:%M:%S")
        if pa.types.is_timestamp(column.type)
        else column
        for column in table.columns
    ]
    sink = io.BytesIO()
    options = pa.csv.WriteOptions(quoting_style="none")
    pa.csv.write_csv(pa.table(columns, table.column_names), sink, options)
    text = io.StringIO()
    csv.DictWriter(text, table.column_names, lineterminator="\n").writerows(dirt)
    return sink.getvalue().decode() + text.getvalue()
