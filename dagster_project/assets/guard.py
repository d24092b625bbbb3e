"""The guards on tonight's marts, one check for each KPI; where one blocks, nothing is published."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.night import Night, Plan
from expectations.guards import CONSERVATION, GuardReport, GuardResult

KPI_VALUES = dg.AssetKey(["marts", "kpi_values"])


def guard_checks(plan: Plan) -> dg.AssetChecksDefinition:
    """Return a blocking check for each KPI, and one for the records as a whole."""
    subjects = {CONSERVATION: "No record is lost or doubled from the landing zone to the facts."}
    subjects |= {kpi.id: f"The figures of {kpi.label.en} keep their rules." for kpi in plan.kpis}

    @dg.multi_asset_check(
        name="guard",
        specs=[
            dg.AssetCheckSpec(_name(subject), asset=KPI_VALUES, blocking=True, description=says)
            for subject, says in subjects.items()
        ],
    )
    def guard(night: dg.ResourceParam[Night]) -> Iterator[dg.AssetCheckResult]:
        with night.step("guard", "guard  the figures of tonight"):
            report = plan.judge(night.cut)
            if plan.home.kpi_file.exists():
                night.revisions, moved = plan.judge_history(night.cut)
                report = GuardReport([*report.results, *moved])
            night.guards = report
        for failed in report.failures:
            night.say(f"guard  {_in_words(failed)}")
        if report.blocked:
            reasons = [
                result.message
                for result in report.failures
                if result.counts and result.severity == "block"
            ]
            night.fail("guard", "\n".join(reasons))
        for subject in subjects:
            results = [result for result in report.results if result.kpi_id == subject]
            yield _check_result(subject, results)

    return guard


def _check_result(subject: str, results: list[GuardResult]) -> dg.AssetCheckResult:
    blocks = any(result.counts and result.severity == "block" for result in results)
    return dg.AssetCheckResult(
        asset_key=KPI_VALUES,
        check_name=_name(subject),
        passed=not any(result.counts for result in results),
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description="\n".join(_in_words(result) for result in results if not result.passed),
        metadata={"rules": len(results)},
    )


def _in_words(result: GuardResult) -> str:
    if result.waived_by is not None:
        return f"waived by {result.waived_by}: {result.message}"
    verdict = {"block": "BLOCKS", "withhold": "withheld", "warn": "warning"}[result.severity]
    return f"{verdict}: {result.message}"


def _name(subject: str) -> str:
    return f"guard_{subject}"
