"""What deviates since the last night: a warning on the mart, which holds nothing back."""

import dagster as dg

from dagster_project.assets.serving import MARTS
from dagster_project.deviations import new_deviations
from dagster_project.night import Night

DEVIATIONS = dg.AssetKey(["marts", "deviations"])


@dg.asset_check(
    asset=DEVIATIONS,
    name="nothing_new_deviates",
    description="No watched KPI lies further from its like than it did when last published.",
    # Only what readers have got is told.
    additional_deps=[MARTS],
)
def deviation_check(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """Warn of new deviations, and leave them to the night to tell."""
    with night.step("publish"):
        found = night.deviations = new_deviations(night.home, night.shop.reporting_timezone)
    for deviation in found:
        night.say(f"deviates {deviation}")
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(map(str, found)),
        metadata={"deviations": len(found)},
    )
