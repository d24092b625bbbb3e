"""The rules of the models, each a unit test beside the model that holds it."""

from hand_lake import HandLake, dbt

from dagster_project.home import Home
from dagster_project.seeds import PROJECT_SEEDS


def test_every_rule_of_the_models_holds(lake: HandLake) -> None:
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
