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

from dagster_project.demo import public_tables, service_tables, tables
from dagster_project.demo.generator import Story
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.seen import Seen
from dagster_project.durable import write_text

DROPS: Mapping[str, Mapping[str, Callable[[Seen], pa.Table]]] = {
    "drops": {
        "customers": tables.customers,
        "orders": tables.orders,
        "subscriptions": tables.subscriptions,
        "live_contacts": tables.live_contacts,
        "surveys": service_tables.surveys,
        "gestures": service_tables.gestures,
        "support_costs": service_tables.support_costs,
        "web_visits": public_tables.web_visits,
        "marketing_costs": public_tables.marketing_costs,
        "forum_threads": public_tables.forum_threads,
        "forum_posts": public_tables.forum_posts,
    },
    "desk": {
        "self_service_sessions": service_tables.self_service_sessions,
        "quality_reviews": service_tables.quality_reviews,
        "agent_shifts": service_tables.agent_shifts,
    },
}
"""What each folder brings; that of the desk names the tickets, agents and customers of the desk."""

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
    "surveys": (
        {"survey_id": "X5", "kind": "nps", "sent_at": "2026-08-01T10:00:00", "score": "11"},
        {"survey_id": "X6", "kind": "smiley", "sent_at": "2026-08-01T10:00:00"},
    ),
    "support_costs": (
        {"cost_id": "X7", "month": "2026-08", "channel": "email", "category": "payroll",
         "amount": "120000", "currency": "KRW"},
    ),
    "web_visits": (
        {"visit_id": "X8", "started_at": "2026-08-01T10:00:00", "filled_cart": "false"},
        {"visit_id": "X9", "started_at": "2026-08-01T10:00:00", "page_views": "many",
         "filled_cart": "maybe"},
    ),
    "marketing_costs": (
        {"cost_id": "X10", "date": "01/08/2026", "campaign": "kakao-moment", "amount": "9000",
         "currency": "KRW"},
        {"cost_id": "X11", "date": "2026-08-01", "campaign": "kakao-moment", "amount": "9,000",
         "currency": "KRW"},
    ),
    "forum_posts": (
        {"post_id": "X12", "thread_id": "F000001", "created_at": "2026-08-01T10:00:00",
         "author_kind": "troll"},
    ),
    "gestures": ({"gesture_id": "X13", "made_at": "2026-08-01T10:00:00", "kind": "gift"},),
    "self_service_sessions": (
        {"session_id": "X14", "started_at": "2026-08-01T10:00:00", "tool": "chatbot",
         "outcome": "happy"},
        {"session_id": "", "started_at": "2026-08-01T10:00:00", "tool": "faq",
         "outcome": "resolved"},
    ),
    "quality_reviews": (
        {"review_id": "X15", "ticket_id": "7000001", "reviewed_at": "2026-08-01T10:00:00",
         "points": "excellent", "points_possible": "25"},
    ),
}  # fmt: skip
"""Rows that no reader can take, at the end of the history."""

FILE_AGE_SECONDS = 3600
"""A reader waits for files that were touched just now, lest they grow; these do not."""


def write_drops(story: Story, clock: datetime, root: Path) -> None:
    """Bring the drop folders below `root` to where they stand at a clock.

    A file that is there is right, since the story never changes; one of a later night goes.
    """
    last, long_ago = f"{clock:%Y-%m-%d}", time.time() - FILE_AGE_SECONDS
    for path in root.glob("*/*/*.csv"):
        if path.stem > last:
            path.unlink()
    for night in range((clock - FIRST_NIGHT).days + 1):
        at = FIRST_NIGHT + timedelta(days=night)
        seen = Seen(story, at)
        for folder, entities in DROPS.items():
            for entity, table_of in entities.items():
                path = root / folder / entity / f"{at:%Y-%m-%d}.csv"
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
        pc.local_timestamp(column.cast(pa.timestamp("us", tz="Asia/Seoul")))
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
