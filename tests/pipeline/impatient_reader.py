"""A reader that opens the published file again and again, and holds it to its own manifest."""

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

PAUSE_SECONDS = 0.05
"""Between two readings; without it the reader would take a core from the nights."""


@contextmanager
def reading(kpi_file: Path) -> Iterator[None]:
    """Read while the block runs, and fail where a reader had an error or half a build."""
    context = multiprocessing.get_context("spawn")
    stop, said = context.Event(), context.Queue()
    reader = context.Process(target=read_until_told, args=(str(kpi_file), stop, said))
    reader.start()
    try:
        yield
    finally:
        stop.set()
        trouble = said.get(timeout=60)
        reader.join()
    assert trouble is None


def read_until_told(
    kpi_file: str, stop: multiprocessing.Event, said: multiprocessing.Queue
) -> None:
    """Say the first thing that is wrong, or None once it is told to stop."""
    while True:
        trouble = read(kpi_file)
        if trouble or stop.wait(PAUSE_SECONDS):
            said.put(trouble)
            return


def read(kpi_file: str) -> str | None:
    """Return what is wrong with the published file, or None."""
    try:
        with duckdb.connect(kpi_file, read_only=True) as connection:
            [(build_id, promised)] = connection.execute(
                "select build_id, rows_by_table from marts.publish_manifest"
                " order by build_id desc limit 1"
            ).fetchall()
            for table, rows in json.loads(promised).items():
                [(there,)] = connection.execute(f"select count(*) from {table}").fetchall()
                if there != rows:
                    return f"build {build_id}: {there} rows in {table}, {rows} were published"
    except duckdb.Error as error:
        return str(error)
    return None
