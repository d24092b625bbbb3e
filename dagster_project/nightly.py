"""The command behind `make nightly`: one whole night in this process, and what it has to say.

It exits with 0 only where the marts were published; where they were not, the last line that it
prints is the command that goes on.
"""

import os
import sys

from dagster_project import lock
from dagster_project.chosen_shop import open_shop
from dagster_project.demo.shop import StoryOverError
from dagster_project.home import Home
from dagster_project.night import FORESEEN, Night, Plan, resume_command, tonight
from dagster_project.shop import Shop, ShopError
from dagster_project.summary import summary


def main() -> int:
    """Run the night; return the exit status."""
    home = Home.from_environment()
    try:
        lock.hold(home)
    except lock.HomeLockedError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        with open_shop(home) as shop_file:
            is_published = run(home, Shop.load(shop_file, os.environ))
    except (ShopError, StoryOverError) as error:
        print(error, file=sys.stderr)
        is_published = False
    if not is_published:
        print(resume_command(home), flush=True)
    return 0 if is_published else 1


def run(home: Home, shop: Shop) -> bool:
    """Run one night and print what happened; return whether the marts were published."""
    plan = None
    with tonight(home, shop) as night:
        night.say(f"{shop.name}: a night into {home.root}")
        try:
            with night.step("prepare", "prepare the definitions, seeds and models"):
                plan = Plan.prepare(home, shop)
            _execute(plan, night)
        except FORESEEN:
            # It is in night.failure, with its step.
            pass
    for line in summary(night, plan.kpis if plan else ()):
        print(line)
    if night.published is None:
        step, reason = night.failure or ("dagster", "the job could not be started")
        print(f"\nFAILED at {step}; what was published before stays as it is.\n{reason}\n")
    return night.published is not None


def _execute(plan: Plan, night: Night) -> None:
    """Run the job of the definitions in this process, with the night that is under way."""
    import dagster as dg

    from dagster_project import runs
    from dagster_project.definitions import JOB, define

    runs.settle(plan.home)
    with night.step("prepare"):
        job = define(plan).resolve_job_def(JOB)
    with dg.DagsterInstance.from_config(str(plan.home.dagster)) as instance:
        runs.tidy(instance, current=None)
        job.execute_in_process(
            instance=instance,
            resources={"night": night},
            raise_on_error=False,
            # The night tells what happens in its own words.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


if __name__ == "__main__":
    sys.exit(main())
