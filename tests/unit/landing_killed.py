"""Runs of a landing that are killed, one before each durable step; a program of its own.

`landing_killed.py RUN HOME OUT` leaves OUT/1, OUT/2 ...: the home HOME after RUN was killed before
its first, second ... step. Each run is a fork of a process that has imported everything and has
opened nothing.
"""

import dataclasses
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from landing_source import NOON, TICKETS, Desk, PagedStream, ticket

from dagster_project.landing.intake import Intake
from dagster_project.landing.land import land_stream
from dagster_project.landing.privacy import Keep
from dagster_project.landing.quarantine import replay
from dagster_project.landing.zone import LandingZone

MOST_STEPS = 40
LAST_NIGHT = [[ticket(1), ticket(2), ticket("bad", score=9)]]
TONIGHT = [
    [ticket(1), ticket(2, score=5), ticket("worse", score=8)],
    [ticket(3, NOON - timedelta(hours=1)), ticket(3)],
    [ticket(4), ticket(4)],
]


def land_last_night(home: Path) -> None:
    stream = PagedStream(LAST_NIGHT, clock=NOON)
    land_stream(Desk([stream]), stream, LandingZone(home / "lake"), Keep())


def land_tonight(home: Path) -> None:
    stream = PagedStream(TONIGHT, asked=home / "asked")
    land_stream(Desk([stream]), stream, LandingZone(home / "lake"), Keep())


def replay_all(home: Path) -> None:
    fields = tuple(field for field in TICKETS.fields if field.path != "score")
    intake = Intake(dataclasses.replace(TICKETS, fields=fields), Keep())
    replay(LandingZone(home / "lake"), "desk", "tickets", intake)


RUNS: dict[str, Callable[[Path], None]] = {"land": land_tonight, "replay": replay_all}


def killed(run: Callable[[Path], None], home: Path, step: int) -> bool:
    """Run in a fork; return whether it was killed, not finished."""
    child = os.fork()
    if child == 0:
        os.environ["STELLAR_FAULT"] = str(step)
        run(home)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) == signal.SIGKILL
    assert os.waitstatus_to_exitcode(status) == 0
    return False


if __name__ == "__main__":
    name, home, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    for step in range(1, MOST_STEPS):
        if not killed(RUNS[name], shutil.copytree(home, out / str(step)), step):
            shutil.rmtree(out / str(step))
            break
    else:
        sys.exit(f"more than {MOST_STEPS} steps: is one of them in a loop?")
