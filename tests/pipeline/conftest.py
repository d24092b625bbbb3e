"""Shops that more than one file of tests looks at, each built once."""

from collections.abc import Iterator

import duckdb
import pytest
from guarded_shop import build_shop

from dagster_project.night import Plan


@pytest.fixture(scope="session")
def guarded_shop(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The small shop."""
    return build_shop(tmp_path_factory.mktemp("guarded_shop"))


@pytest.fixture(scope="module")
def tonight(guarded_shop: Plan) -> Iterator[duckdb.DuckDBPyConnection]:
    """What was built of it, to look at."""
    with duckdb.connect(str(guarded_shop.home.build_file), read_only=True) as connection:
        yield connection
