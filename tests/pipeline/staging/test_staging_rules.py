"""The rules of the models, each a unit test beside the model that holds it."""

from functools import cache

import pytest
from dbt.adapters.duckdb import DuckDBAdapter
from hand_lake import HandLake, dbt

from dagster_project.home import Home
from dagster_project.seeds import PROJECT_SEEDS


def test_every_rule_of_the_models_holds(lake: HandLake, monkeypatch: pytest.MonkeyPatch) -> None:
    # dbt describes a table anew for each test that is given rows of it: some a hundred times.
    described = cache(DuckDBAdapter.get_columns_in_relation)
    monkeypatch.setattr(DuckDBAdapter, "get_columns_in_relation", described)
    tested = dbt(lake.root, "build", manifest=lake.manifest)
    assert tested.success, "\n".join(
        f"{rule.node.name}: {rule.message}"
        for rule in tested.result
        if rule.status not in {"success", "pass"}
    )
    assert {"test", "unit_test"} <= {rule.node.resource_type for rule in tested.result}


def test_dbt_leaves_the_seeds_that_it_reads_as_they_are(lake: HandLake) -> None:
    lake.build("channel_map")
    read = Home(lake.root).warehouse / "seeds" / "channel_map.csv"
    assert read.read_text() == (PROJECT_SEEDS / "channel_map.csv").read_text()
