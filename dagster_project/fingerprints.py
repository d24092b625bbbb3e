"""What a KPI's figures hang on, in 12 hex digits: they change where its definition does.

Its models with all that they read, the macros in them, the seeds, the settings that they name, and
what the shop file decides; records are none of it.
"""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from expectations.catalogue import KpiDefinition, dbt_vars

EVERY_KPI = ("int_kpi_figures__sums", "int_kpi_figures__rows", "int_kpi_figures", "kpi_values")
"""Models that roll up all KPIs: their own words count for each, what they read does not."""

EVERY_STREAM = "int_records__several_versions"
"""A model of all streams: of a KPI's own ones its other models say what they read."""

DATA_SEEDS = frozenset({"exchange_rates"})
"""Seeds that grow by themselves: a rate of a new day is no new definition."""

DECIDED_BY_THE_SHOP = ("reporting_timezone", "currency", "sources")

_COMMENTS = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)


def kpi_fingerprints(
    manifest: Any,
    kpis: Iterable[KpiDefinition],
    *,
    seeds: Path,
    variables: Mapping[str, Any],
) -> dict[str, str]:
    """Return the fingerprint of each KPI's definition, by its id.

    Args:
        manifest: dbt's parse of the project.
        kpis: The KPIs of the catalogue.
        seeds: The folder of the seeds that the build reads.
        variables: What dbt is told.
    """
    words_of = _words_of(manifest, seeds)
    with (seeds / "settings.csv").open(encoding="utf-8", newline="") as file:
        settings = {row["name"]: row["value"] for row in csv.DictReader(file)}
    rolled_up = {word for name in EVERY_KPI for word in words_of(_model(name), False)}
    shop = {name: variables[name] for name in DECIDED_BY_THE_SHOP}
    return {
        kpi.id: _digest(
            json.dumps([*dbt_vars([kpi]), shop], sort_keys=True),
            rolled_up | words_of(_model(f"kpi_{kpi.id}"), True),
            settings,
        )
        for kpi in kpis
    }


def _digest(told: str, words: Iterable[str], settings: Mapping[str, str]) -> str:
    text = "\0".join([told, *sorted(words)])
    named = {name: value for name, value in settings.items() if f"'{name}'" in text}
    return hashlib.sha256(f"{text}\0{json.dumps(named, sort_keys=True)}".encode()).hexdigest()[:12]


def _words_of(manifest: Any, seeds: Path) -> Callable[[str, bool], frozenset[str]]:
    """Return what a node says with its macros and, where asked, with all that it reads."""

    @cache
    def of_macro(key: str) -> frozenset[str]:
        macro = manifest.macros[key]
        if macro.package_name != "stellar":
            return frozenset()
        called = (of_macro(each) for each in macro.depends_on.macros if each != key)
        return frozenset({_plain(macro.macro_sql)}).union(*called)

    @cache
    def of_node(key: str, with_parents: bool) -> frozenset[str]:
        node = manifest.nodes.get(key)
        if node is None or node.name == "settings" or node.name in DATA_SEEDS:
            return frozenset()
        if node.resource_type == "seed":
            return frozenset({(seeds / f"{node.name}.csv").read_text(encoding="utf-8")})
        if node.name == EVERY_STREAM:
            return frozenset({_plain(node.raw_code)})
        parents = node.depends_on.nodes if with_parents else ()
        return frozenset({_plain(node.raw_code)}).union(
            *(of_macro(each) for each in node.depends_on.macros),
            *(of_node(each, True) for each in parents),
        )

    return of_node


def _model(name: str) -> str:
    return f"model.stellar.{name}"


def _plain(code: str) -> str:
    """Return code without its comments and line breaks, which decide no figure."""
    return " ".join(_COMMENTS.sub(" ", code).split())
