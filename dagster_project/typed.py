"""Keeps the typed copies of loads whole, and few. dbt makes them; not here."""

import json
import re
from pathlib import Path

import duckdb

from dagster_project import durable


def drop_torn(typed: Path) -> None:
    """Remove every file in `typed` that a power cut may have torn: those not known to be synced."""
    synced = _synced(typed)
    for path in typed.iterdir():
        if path.name not in synced:
            path.unlink()


def sync(typed: Path) -> None:
    """Flush what is new in `typed` to the disk, and remember that it is there; dbt does neither."""
    synced = _synced(typed)
    names = sorted(path.name for path in typed.iterdir())
    for name in names:
        if name not in synced:
            durable.sync_file(typed / name)
    durable.sync_folder(typed)
    durable.write_text(_record(typed), json.dumps(names, indent=0))


def prune(build_file: Path, typed: Path) -> int:
    """Remove every file in `typed` that no view of the finished build reads; return how many.

    They are copies that an older wording of a model made, or a run that was cut short.
    """
    with duckdb.connect(str(build_file), read_only=True) as connection:
        views = connection.execute(
            "select sql from duckdb_views() where schema_name = 'staging'"
        ).fetchall()
    read = {name for (sql,) in views for name in re.findall(r"/([^/']+\.parquet)'", sql)}
    unread = [path for path in typed.iterdir() if path.name not in read]
    for path in unread:
        path.unlink()
    return len(unread)


def _record(typed: Path) -> Path:
    return typed.with_name(f"{typed.name}.json")


def _synced(typed: Path) -> set[str]:
    record = _record(typed)
    return set(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else set()
