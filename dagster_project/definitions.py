"""What Dagster is told: the assets of a night, its checks, its job and its schedule.

Dagster loads `definitions` for its pages and its daemon; the nightly command hands over the plan
and the night that it has made itself.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from dagster_project import lock, runs
from dagster_project.assets.build import build_assets
from dagster_project.assets.guard import guard_checks
from dagster_project.assets.landing import landing_assets
from dagster_project.assets.serving import serving_asset
from dagster_project.home import Home
from dagster_project.night import Night, Plan, tonight
from dagster_project.shop import Shop

JOB = "nightly"
AT_THREE = "0 3 * * *"


@dg.definitions
def definitions() -> dg.Definitions:
    """Return the definitions for the shop that `STELLAR_SHOP` names."""
    shop = Shop.load(Path(os.environ["STELLAR_SHOP"]), os.environ)
    return define(Plan.prepare(Home.from_environment(), shop))


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
            assert context.instance is not None
            assert context.run_id is not None
            runs.tidy(context.instance, current=context.run_id)
            yield running

    return dg.Definitions(
        assets=[*landing_assets(plan), built, serving_asset(plan, built)],
        asset_checks=[guard_checks(plan)],
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
