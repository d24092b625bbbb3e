"""Dagster's own records of runs: where they lie, and how long they are kept."""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg

from dagster_project import durable
from dagster_project.home import Home

KEPT = timedelta(days=90)

_SETTINGS = """\
# Written by stellar-marts before each run.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
retention:
  schedule:
    purge_after_days: {days}
event_log_storage:
  module: dagster_project.event_log
  class: EventLog
  config:
    base_dir: {events}
"""


def settle(home: Home) -> None:
    """Write Dagster's settings for this home, where they are not there already."""
    settings = home.dagster / "dagster.yaml"
    text = _SETTINGS.format(
        days=KEPT.days, events=json.dumps(str(home.dagster / "history" / "runs"))
    )
    if not settings.exists() or settings.read_text(encoding="utf-8") != text:
        durable.write_text(settings, text)


def tidy(instance: dg.DagsterInstance, *, current: str | None) -> None:
    """Close the runs that a crash left open, and forget those that are too old.

    The caller holds the home's lock, so that no run but the current one can be alive.
    """
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if run.run_id != current:
            instance.report_run_failed(run, "The run was cut short; its process is gone.")
    too_old = dg.RunsFilter(created_before=datetime.now(UTC) - KEPT)
    for run in instance.get_runs(too_old):
        if run.run_id != current:
            instance.delete_run(run.run_id)
