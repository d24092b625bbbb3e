"""The published marts: the last step, held back by any check that blocks."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import dagster as dg

from dagster_project.home import PROJECT_ROOT
from dagster_project.night import Night, Plan
from dagster_project.publish import PUBLISHED_SCHEMAS, Verdict, publish
from expectations.catalogue import KPI_FOLDER

CODE = ("dagster_project", "dbt_project/models", "dbt_project/macros", "expectations")
MARTS = dg.AssetKey(["serving", "kpi"])


def serving_asset(plan: Plan, built: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Return the asset that readers read, after everything that `built` puts into it."""

    @dg.asset(
        key=MARTS,
        deps=[key for key in built.keys if key.path[0] in PUBLISHED_SCHEMAS],
        group_name="serving",
        kinds={"duckdb", "parquet"},
        description="What readers read; swapped in whole once the guards have let it pass.",
    )
    def serving(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.step("publish"):
            guards = night.verdict
            published = night.published = publish(
                plan.home,
                as_of=night.cut,
                code_version=f"{version('stellar-marts')}+{_fingerprint(_code())}",
                spec_fingerprint=_fingerprint(_specification(plan)),
                kpi_fingerprints=plan.fingerprints,
                revisions=night.revisions,
                verdict=Verdict(
                    run=len(guards.results),
                    failed=len(guards.failures),
                    waivers=[
                        f"{failed.kpi_id}, {failed.rule}: {failed.waived_by}"
                        for failed in guards.failures
                        if failed.waived_by is not None
                    ],
                ),
            )
        night.say(f"publish {plan.home.kpi_file}, build {published.build_id}")
        return dg.MaterializeResult(
            metadata={
                "build": published.build_id,
                "as_of": f"{night.cut:%Y-%m-%d %H:%M:%S} UTC",
                "path": dg.MetadataValue.path(plan.home.kpi_file),
                "rows": dg.MetadataValue.json(published.rows_by_table),
            }
        )

    return serving


def _code() -> Iterable[Path]:
    for folder in CODE:
        for path in (PROJECT_ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sql", ".yml"}:
                yield path


def _specification(plan: Plan) -> Iterable[Path]:
    """Yield what a KPI's figures hang on: definitions, models of the KPIs, and seeds."""
    yield from KPI_FOLDER.glob("*.yml")
    yield from (PROJECT_ROOT / "dbt_project" / "models" / "kpis").glob("*.sql")
    yield from plan.transform.seeds.glob("*.csv")


def _fingerprint(files: Iterable[Path]) -> str:
    """Return 12 hex digits that change with the name or the content of any of the files."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
