"""A KPI's fingerprint changes with what its figures hang on, and with nothing else."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from dagster_project.fingerprints import kpi_fingerprints
from dagster_project.night import Plan


def changed(
    plan: Plan, *, seeds: Path | None = None, variables: dict[str, Any] | None = None
) -> set[str]:
    """Return the KPIs whose fingerprint is not that of the plan any more."""
    fingerprints = kpi_fingerprints(
        plan.manifest,
        plan.kpis,
        seeds=seeds or plan.transform.seeds,
        variables={**plan.transform.variables, **(variables or {})},
    )
    assert fingerprints.keys() == {kpi.id for kpi in plan.kpis}
    return {kpi for kpi, words in fingerprints.items() if words != plan.fingerprints[kpi]}


def test_the_same_definitions_have_the_same_fingerprints(guarded_shop: Plan) -> None:
    assert changed(guarded_shop) == set()


@pytest.mark.parametrize(
    ("model", "told", "not_told"),
    [
        ("kpi_csat_score", {"csat_score"}, {"csat_mean", "pages_per_visit"}),
        ("fct_tickets", {"first_response_time", "unanswered_rate"}, {"pages_per_visit"}),
        ("typed_files__web_visits", {"pages_per_visit"}, {"average_wait_time"}),
        ("int_records__several_versions", {"pages_per_visit", "average_wait_time"}, set()),
    ],
)
def test_a_model_counts_for_the_kpis_that_read_it(
    guarded_shop: Plan,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    told: set[str],
    not_told: set[str],
) -> None:
    node = guarded_shop.manifest.nodes[f"model.stellar.{model}"]
    assert guarded_shop.fingerprints
    monkeypatch.setattr(node, "raw_code", node.raw_code + " where true")
    assert told <= changed(guarded_shop)
    assert not not_told & changed(guarded_shop)


def test_a_model_and_a_macro_that_roll_every_kpi_up_count_for_all(
    guarded_shop: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    macro = guarded_shop.manifest.macros["macro.stellar._roll_up_sums"]
    assert guarded_shop.fingerprints
    monkeypatch.setattr(macro, "macro_sql", macro.macro_sql.replace("sum(", "max("))
    assert len(changed(guarded_shop)) == len(guarded_shop.kpis)


def test_a_comment_counts_for_none(guarded_shop: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    node = guarded_shop.manifest.nodes["model.stellar.fct_tickets"]
    assert guarded_shop.fingerprints
    monkeypatch.setattr(node, "raw_code", f"-- Why.\n{node.raw_code}\n  {{# How. #}}\n")
    assert changed(guarded_shop) == set()


def test_a_setting_counts_for_the_kpis_that_name_it(guarded_shop: Plan, tmp_path: Path) -> None:
    shutil.copytree(guarded_shop.transform.seeds, tmp_path, dirs_exist_ok=True)
    settings = tmp_path / "settings.csv"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("active_days,365,", "active_days,400,"), encoding="utf-8")

    told = changed(guarded_shop, seeds=tmp_path)

    assert {"retention_rate", "churn_rate"} <= told
    assert not {"first_response_time", "reopen_rate"} & told


def test_a_seed_counts_unless_it_grows_by_itself(guarded_shop: Plan, tmp_path: Path) -> None:
    shutil.copytree(guarded_shop.transform.seeds, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "exchange_rates.csv").open("a", encoding="utf-8") as file:
        file.write("2026-03-01,USD,KRW,1500\n")
    assert changed(guarded_shop, seeds=tmp_path) == set()
    with (tmp_path / "channel_map.csv").open("a", encoding="utf-8") as file:
        file.write("drops,pigeon,email\n")
    assert "first_response_time" in changed(guarded_shop, seeds=tmp_path)


def test_another_reporting_zone_counts_for_all(guarded_shop: Plan) -> None:
    told = changed(guarded_shop, variables={"reporting_timezone": "Europe/Madrid"})
    assert len(told) == len(guarded_shop.kpis)
