"""What more than one file of tests needs, made once: dbt's parse, all imports, a small shop."""

from collections.abc import Iterator

import duckdb
import pytest
from guarded_shop import build_shop
from nights import Nights, nights_to_run

from dagster_project.night import Plan
from dagster_project.seeds import PROJECT_SEEDS
from dagster_project.transform import Transform
from expectations.catalogue import dbt_vars, load_catalogue


@pytest.fixture(scope="session", autouse=True)
def _one_parse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let dbt begin in every home from one parse, and parse again only what a test has changed."""
    folder = tmp_path_factory.mktemp("parse")
    Transform(
        build_file=folder / "tonight.duckdb",
        typed=folder / "typed",
        seeds=PROJECT_SEEDS,
        target=folder,
        variables={"kpis": dbt_vars(load_catalogue())},
    ).parse()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DBT_PARTIAL_PARSE_FILE_PATH", str(folder / "partial_parse.msgpack"))
        yield


@pytest.fixture(scope="session")
def nights() -> Iterator[Nights]:
    """What runs whole nights, all of them from one start."""
    with nights_to_run() as nights:
        yield nights


@pytest.fixture(scope="session")
def guarded_shop(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The small shop, and in `scratch.duckdb` beside it what lay on the way."""
    root = tmp_path_factory.mktemp("guarded_shop")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STELLAR_SCRATCH", str(root / "scratch.duckdb"))
        return build_shop(root)


@pytest.fixture(scope="module")
def tonight(guarded_shop: Plan) -> Iterator[duckdb.DuckDBPyConnection]:
    """What was built of it, to look at."""
    with duckdb.connect(str(guarded_shop.home.build_file), read_only=True) as connection:
        yield connection
