"""Shops of real data, each run through a whole night; no test is here."""

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from nights import Nights

from dagster_project.home import Home

SHOPS = Path(__file__).parent.parent / "shops"
REAL_DATA = "STELLAR_REAL_DATA"

needs_real_data = pytest.mark.skipif(
    REAL_DATA not in os.environ,
    reason=f"{REAL_DATA} is not set; let it name the folder of the real data sets",
)


def published(nights: Nights, shop: str, root: Path) -> Path:
    """Run a shop's first night, and return the file that it published."""
    home = Home(root / "var")
    night = nights.run(home, SHOPS / shop / "shop.yml")
    assert night.status == 0, night.printed[-3000:]
    return home.kpi_file


def data_file(name: str) -> str:
    """Return the path of a file of the data sets."""
    return str(Path(os.environ[REAL_DATA], name))


def only_row(marts: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """Return the one row of a query."""
    (row,) = marts.execute(sql).fetchall()
    return row
