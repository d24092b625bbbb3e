"""Shops of real data, each run through a whole night as its user would; no test is here."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

SHOPS = Path(__file__).parent.parent / "shops"
REAL_DATA = "STELLAR_REAL_DATA"

needs_real_data = pytest.mark.skipif(
    REAL_DATA not in os.environ,
    reason=f"{REAL_DATA} is not set; let it name the folder of the real data sets",
)


def published(shop: str, home: Path) -> Path:
    """Run a shop's night as its user would, and return the file that it published."""
    night = subprocess.run(
        [sys.executable, "-m", "dagster_project.nightly"],
        env={
            **os.environ,
            "STELLAR_SHOP": str(SHOPS / shop / "shop.yml"),
            "STELLAR_HOME": str(home),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert night.returncode == 0, night.stdout[-3000:] + night.stderr[-3000:]
    return home / "serving" / "kpi.duckdb"


def data_file(name: str) -> str:
    """Return the path of a file of the data sets."""
    return str(Path(os.environ[REAL_DATA], name))


def only_row(marts: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """Return the one row of a query."""
    (row,) = marts.execute(sql).fetchall()
    return row
