"""Runs nights, each in a fork of one process that has imported everything; a program of its own.

It reads one order per line, as JSON, and answers each with a line. nights.py speaks to it.
"""

import gc
import importlib
import json
import os
import resource
import signal
import sys
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from dagster_project import durable, nightly

IMPORTED_BY_A_NIGHT = (
    "dagster",
    "dagster_dbt",
    "dagster_project.definitions",
    "dagster_project.event_log",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "duckdb",
    "expectations.conservation",
    "great_expectations.data_context",
)


def night(order: dict[str, Any]) -> int:
    """Run the night that is ordered; return its exit status."""
    os.environ.update(order["environment"])
    if order["largest_file"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], order["largest_file"]))
    return nightly.main()


def forked(order: dict[str, Any]) -> dict[str, int]:
    """Run a night in a fork, what it prints going to a file; return how it ended."""
    steps, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(steps)
        with Path(order["printed"]).open("wb") as printed:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
        status = 70
        try:
            status = night(order)
        except BaseException:  # A night that lets one out has failed its test; show it there.
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(told, str(next(durable._steps) - 1).encode())
            os._exit(status)
    os.close(told)
    with os.fdopen(steps) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"status": status, "steps": int(said or 0)}


if __name__ == "__main__":
    for module in IMPORTED_BY_A_NIGHT:
        importlib.import_module(module)
    gc.freeze()
    # A night's own would outlive it, and end what the night printed with what it cleared away.
    resource_tracker.ensure_running()
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)
