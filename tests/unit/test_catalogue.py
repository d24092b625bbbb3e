import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_build import DEFINITION

from dagster_project.home import PROJECT_ROOT
from expectations.catalogue import (
    DefinitionError,
    KpiDefinition,
    catalogue_json,
    dbt_vars,
    load_catalogue,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, name: str = "answered_rate", **changes: Any) -> None:
    content = {key: value for key, value in (DEFINITION | changes).items() if value is not ...}
    (folder / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(DefinitionError) as refused:
        load_catalogue(folder)
    return str(refused.value)


def test_every_definition_of_the_project_loads_and_has_its_model() -> None:
    models = (PROJECT_ROOT / "dbt_project/models/kpis").glob("*.sql")
    assert {f"kpi_{definition.id}" for definition in load_catalogue()} == {
        path.stem for path in models
    }


def test_every_definition_says_three_slips_or_more_that_its_guards_notice() -> None:
    for definition in load_catalogue():
        assert len({mutant.name for mutant in definition.mutants}) >= 3, definition.id


def test_an_unknown_key_is_refused_with_file_key_and_remedy(folder: Path) -> None:
    write(folder, slice=["team"])

    assert refusal(folder) == (
        f"{folder}/answered_rate.yml: slice: is no key of a definition."
        " Take it out or mend its spelling."
    )


def test_a_missing_key_is_refused(folder: Path) -> None:
    write(folder, owner=...)

    assert refusal(folder) == f"{folder}/answered_rate.yml: owner: is missing. Add the key."


def test_every_fault_of_every_file_is_told_at_once(folder: Path) -> None:
    write(folder, "one", id="one", unit="minutes", better="up")
    write(folder, "two", id="two", label={"en": "Two"})

    lines = refusal(folder).splitlines()

    assert [line.partition(".yml: ")[2].partition(":")[0] for line in lines] == [
        "unit",
        "better",
        "label.ko",
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "other"}, "id: is other, not the file's name"),
        (
            {"matures_after": "14 days"},
            "matures_after: should be whole days or hours, such as 14d or 72h",
        ),
        ({"needs": ["ticket"]}, "needs.0: Input should be 'tickets'"),
        ({"grains": ["month", "day"]}, "grains: should be in the order day, week, month"),
        ({"slices": ["team", "team"]}, "slices: should name each entry once"),
        ({"statistics": ["median"]}, "statistics: a ratio has one of mean, value"),
        ({"statistics": ["value", "mean"]}, "statistics: a ratio has one of mean, value"),
        ({"kind": "state"}, "statistics: a state has one of count"),
        ({"kind": "distribution"}, "statistics: a distribution has some of mean, median, p90"),
        (
            {"second_way": {"records": "select 1", "value": "1"}},
            "second_way: of a ratio it gives denominator and numerator",
        ),
        (
            {"second_way": DEFINITION["second_way"] | {"n": "1"}},
            "second_way: the n of a ratio is no expression",
        ),
        ({"stands_for": 25}, "stands_for: an observation of a ratio stands for itself"),
        ({"money": ["tickets"]}, "money: should be some of orders, marketing_costs, support_costs"),
        ({"money": ["orders"]}, "each of them in needs"),
        ({"watched": {"points": 5}}, "watched: its young days still move"),
        ({"watched": {"times": 0.5}}, "watched: give points, and of a time times too"),
        ({"watched": {"points": 5}, "unit": "points"}, "watched: only times and percentages are"),
        ({"bounds": {}}, "bounds: should give at_least, at_most or both"),
        (
            {"example": DEFINITION["example"] | {"gives": {"median": 1}}},
            "example.gives: should state a value for each of the statistics",
        ),
        ({"mutants": DEFINITION["mutants"][:2]}, "mutants: List should have at least 3 items"),
        ({"severities": {"bounds": "stop"}}, "severities.bounds: Input should be 'block'"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(
    folder: Path, changes: dict[str, Any], says: str
) -> None:
    write(folder, **changes)

    assert says in refusal(folder)


def test_a_file_that_is_no_yaml_or_empty_is_refused(folder: Path) -> None:
    (folder / "broken.yml").write_text("id: [", encoding="utf-8")
    (folder / "empty.yml").write_text("", encoding="utf-8")

    broken, empty = refusal(folder).split(f"{folder}/empty.yml: ")

    assert broken.startswith(f"{folder}/broken.yml: is not YAML: ")
    assert empty.startswith("holds no keys.")


def test_dbt_is_told_what_the_roll_up_needs(folder: Path) -> None:
    write(folder)

    assert dbt_vars(load_catalogue(folder)) == [
        {
            "id": "answered_rate",
            "kind": "ratio",
            "unit": "percent",
            "scale": 100,
            "watched": None,
            "better": "higher",
            "statistics": ["value"],
            "grains": ["day", "week", "month", "quarter", "year"],
            "by_channel": True,
            "slices": ["team"],
            "needs": ["tickets"],
            "matures_after_seconds": 172800,
        }
    ]


@pytest.mark.parametrize(
    ("unit", "scale"),
    [
        ("percent", 100),
        ("points", 100),
        ("per_100_orders", 100),
        ("per_1000_customers", 1000),
        ("seconds", 1),
        ("currency", 1),
        ("score_1_5", 1),
    ],
)
def test_the_scale_hangs_on_the_unit_alone(unit: str, scale: int) -> None:
    assert KpiDefinition.model_validate(DEFINITION | {"unit": unit}).scale == scale


def test_readers_get_the_words_of_every_definition(folder: Path) -> None:
    write(folder, label={"en": "Answered", "ko": "응답률"}, needs=["tickets", "messages"])

    [row] = json.loads(catalogue_json(load_catalogue(folder)))

    assert row["kpi_id"] == "answered_rate"
    assert row["label_ko"] == "응답률"
    assert row["needs"] == "tickets, messages"
    assert row["matures_after"] == "2d"
    assert row["denominator"] == "tickets"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("14d", 1_209_600), ("72h", 259_200), ("0d", 0)],
)
def test_a_figure_matures_after_whole_days_or_hours(folder: Path, given: str, seconds: int) -> None:
    write(folder, matures_after=given)

    [definition] = load_catalogue(folder)
    [row] = json.loads(catalogue_json([definition]))

    assert (definition.matures_after_seconds, row["matures_after"]) == (seconds, given)


def test_a_figure_may_be_better_neither_high_nor_low(folder: Path) -> None:
    write(folder, better="neutral")

    [row] = json.loads(catalogue_json(load_catalogue(folder)))

    assert row["better"] == "neutral"


def test_reading_definitions_and_reports_does_not_wait_for_great_expectations() -> None:
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, expectations.catalogue, expectations.guards;"
            "sys.exit('great_expectations' in sys.modules)",
        ],
        check=True,
    )
