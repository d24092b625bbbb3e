"""One parse of the dbt project for all tests of a session, and an empty landing zone for each."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hand_lake import SCRATCH, HandLake

from dagster_project.home import Home
from dagster_project.seeds import merge_seeds
from dagster_project.transform import Transform
from expectations.catalogue import dbt_vars, load_catalogue


@pytest.fixture(scope="session")
def hand_lake_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("staging")


@pytest.fixture(scope="session")
def manifest(hand_lake_root: Path) -> Any:
    return Transform(
        build_file=hand_lake_root / "tonight.duckdb",
        typed=hand_lake_root / "typed",
        seeds=merge_seeds(Home(hand_lake_root), None),
        target=hand_lake_root / "target",
        variables={"kpis": dbt_vars(load_catalogue())},
    ).parse()


@pytest.fixture
def lake(hand_lake_root: Path, manifest: Any, monkeypatch: pytest.MonkeyPatch) -> HandLake:
    for left in ("lake", "typed"):
        shutil.rmtree(hand_lake_root / left, ignore_errors=True)
    for left in ("tonight.duckdb", SCRATCH):
        (hand_lake_root / left).unlink(missing_ok=True)
    monkeypatch.setenv("STELLAR_SCRATCH", str(hand_lake_root / SCRATCH))
    return HandLake(hand_lake_root, manifest)
