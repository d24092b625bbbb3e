"""Clears away typed copies of loads that no model reads any more. dbt makes them; not here."""

import re
from pathlib import Path

import duckdb


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
