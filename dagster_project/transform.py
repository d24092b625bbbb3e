"""Runs dbt inside this process: parses the project once, then builds from that parse.

A dbt process of its own would import and parse everything a second time, and would go on writing
where the night has been killed. What is built is said in dbt_project/.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from dagster_project import durable, typed
from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.seeds import merge_seeds
from dagster_project.shop import Shop
from expectations.catalogue import KpiDefinition, catalogue_json, dbt_vars

DBT_PROJECT = PROJECT_ROOT / "dbt_project"

Listener = Callable[[dict[str, Any]], None]

RESULTS = frozenset({"LogSeedResult", "LogModelResult", "LogTestResult"})
"""The events that say what became of a node, of the thousands that dbt fires."""

COMMITTED = "NodeFinished"


class BuildError(Exception):
    """dbt could not parse or build; the message names the nodes and says why."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """What dbt did: how many models and data tests it ran, and which tests warn."""

    models: int
    tests: int
    warnings: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """One shop's dbt project, and where its inputs and outputs lie.

    Attributes:
        build_file: The DuckDB file that is built, anew each time.
        typed: Where the typed copies of committed loads are kept from night to night.
        seeds: The folder of CSVs that hold the decisions.
        target: Where dbt keeps its parse, compiled SQL and logs.
        variables: What dbt is told, `as_of` apart.
    """

    build_file: Path
    typed: Path
    seeds: Path
    target: Path
    variables: Mapping[str, Any]

    @classmethod
    def of(cls, home: Home, shop: Shop, kpis: Sequence[KpiDefinition]) -> Self:
        """Write down what dbt reads beside its project, and return how it is run for a shop.

        Raises:
            SeedError: Where a seed of the shop cannot stand in for the project's.
        """
        catalogue = home.warehouse / "catalogue.json"
        durable.write_text(catalogue, catalogue_json(kpis))
        return cls(
            build_file=home.build_file,
            typed=home.typed,
            seeds=merge_seeds(home, shop.seeds),
            target=home.warehouse / "dbt",
            variables={
                "reporting_timezone": shop.reporting_timezone,
                "currency": shop.currency,
                "build_file": str(home.build_file),
                "catalogue": str(catalogue),
                "lake": str(home.lake),
                "typed": str(home.typed),
                "kpis": dbt_vars(kpis),
                "sources": sorted({source.name for source in shop.sources}),
            },
        )

    def parse(self) -> Any:
        """Return dbt's manifest; `manifest.json` is in `target` after it.

        dbt parses its whole project anew where anything that it is told is new to it. So here it is
        told nothing that one shop has otherwise than another; the shop's seeds are named after.

        Raises:
            BuildError: Where a model, seed or definition cannot be read.
        """
        manifest = self._invoke(None, ["parse"], {"kpis": self.variables["kpis"]}, None).result
        for node in manifest.nodes.values():
            if node.resource_type == "seed":
                node.original_file_path = str(self.seeds / f"{node.name}.csv")
        return manifest

    def build(self, manifest: Any, *, as_of: datetime, listener: Listener | None = None) -> Built:
        """Build every seed and model into a fresh file and run the data tests.

        Args:
            manifest: What `parse` returned.
            as_of: The cut (aware).
            listener: Gets the event of each node's result as a dictionary.

        Raises:
            BuildError: Where a node or a test fails; every failed one is named.
        """
        self.build_file.parent.mkdir(parents=True, exist_ok=True)
        self.typed.mkdir(parents=True, exist_ok=True)
        typed.drop_torn(self.typed)
        for leftover in self.build_file.parent.glob(f"{self.build_file.name}*"):
            leftover.unlink()
        cut = as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        try:
            outcome = self._invoke(
                manifest,
                # What it would write is in its result, and the manifest is there from the parse.
                ["build", "--exclude-resource-type", "unit_test", "--no-write-json"],
                {**self.variables, "as_of": cut},
                listener,
            )
        finally:
            _let_go_of_the_file()
        typed.sync(self.typed)
        results = outcome.result.results
        return Built(
            models=sum(result.node.resource_type == "model" for result in results),
            tests=sum(result.node.resource_type == "test" for result in results),
            warnings=[_says(result) for result in results if result.status == "warn"],
        )

    def _invoke(
        self,
        manifest: Any,
        command: Sequence[str],
        variables: Mapping[str, Any],
        listener: Listener | None,
    ) -> Any:
        from dbt.cli.main import dbtRunner
        from dbt_common.events.event_manager_client import ctx_set_event_manager
        from dbt_common.events.functions import msg_to_dict

        from dagster_project.dbt_events import HeardAlone

        def hear(event: Any) -> None:
            _at_a_commit(event)
            if listener is not None and event.info.name in RESULTS:
                listener(msg_to_dict(event))

        ctx_set_event_manager(HeardAlone({*RESULTS, COMMITTED}))
        outcome = dbtRunner(manifest=manifest, callbacks=[hear]).invoke(
            [
                *command,
                *("--project-dir", str(DBT_PROJECT)),
                *("--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", str(self.target)),
                # What it would log is in its result; thousands of lines cost a second.
                *("--log-path", str(self.target)),
                *("--log-level", "none"),
                *("--log-level-file", "none"),
                *("--vars", json.dumps(variables)),
            ]
        )
        if not outcome.success:
            raise BuildError(_why(outcome)) from outcome.exception
        return outcome


def _at_a_commit(event: Any) -> None:
    """Be a fault point where dbt has committed a seed or a model."""
    if event.info.name == COMMITTED and event.data.node_info.resource_type != "test":
        durable.fault_point()


def _why(outcome: Any) -> str:
    if outcome.exception is not None:
        return str(outcome.exception).strip()
    return "\n".join(
        _says(result)
        for result in outcome.result.results
        if result.status in {"error", "fail", "runtime error"}
    )


def _says(result: Any) -> str:
    """Say what became of a node; of a test, which model it is on."""
    tested = getattr(result.node, "attached_node", None)
    on = f"{tested.rpartition('.')[2]}, test " if tested else ""
    return f"{on}{result.node.name}: {' '.join(str(result.message).split())}"


def _let_go_of_the_file() -> None:
    """Close dbt's connection: an open one pins the old file for every later one here."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()
