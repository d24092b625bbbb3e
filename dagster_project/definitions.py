"""What Dagster is told: the assets of a night, its checks, its job and its schedule.

Dagster loads `definitions` for its pages and its daemon; the nightly command hands over the plan
and the night that it has made itself.
"""

from collections.abc import Iterator

import dagster as dg

from dagster_project import lock, runs
from dagster_project.assets.build import build_assets
from dagster_project.assets.deviations import deviation_check
from dagster_project.assets.guard import guard_checks
from dagster_project.assets.landing import landing_assets
from dagster_project.assets.serving import serving_asset
from dagster_project.chosen_shop import known_shop
from dagster_project.home import Home
from dagster_project.night import Night, Plan, tonight

JOB = "nightly"
AT_THREE = "0 3 * * *"


@dg.definitions
def definitions() -> dg.Definitions:
    """Return the definitions for the shop that the environment names."""
    home = Home.from_environment()
    return define(Plan.prepare(home, known_shop(home)))


def define(plan: Plan) -> dg.Definitions:
    """Return the definitions for one plan."""
    built = build_assets(plan)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Land, build, guard and publish.",
    )

    def night(context: dg.InitResourceContext) -> Iterator[Night]:
        lock.hold(plan.home)
        with tonight(plan.home, plan.shop) as running:
            runs.tidy(context.instance or dg.DagsterInstance.get(), current=context.run_id)
            yield running

    return dg.Definitions(
        assets=[*landing_assets(plan), built, serving_asset(plan, built)],
        asset_checks=[guard_checks(plan), deviation_check],
        jobs=[job],
        schedules=[
            dg.ScheduleDefinition(
                job=job,
                cron_schedule=AT_THREE,
                execution_timezone=plan.shop.reporting_timezone,
            )
        ],
        resources={"night": dg.ResourceDefinition(night)},
    )
