"""One writer for each home: what the second one is told, and when the lock is free again."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project import lock
from dagster_project.home import Home

HOLD = (
    "import sys; from pathlib import Path; from dagster_project import lock;"
    " from dagster_project.home import Home;"
    " lock.hold(Home(Path(sys.argv[1]))); print('held', flush=True); sys.stdin.read()"
)


def another_run(root: Path) -> subprocess.Popen[str]:
    """Start a process that holds the home until its input ends."""
    run = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    run.stdout.readline()
    return run


def test_the_second_run_is_told_who_has_the_home_and_since_when(tmp_path: Path) -> None:
    with another_run(tmp_path) as first:
        with pytest.raises(lock.HomeLockedError) as refused:
            lock.hold(Home(tmp_path))
        first.kill()
    assert str(tmp_path) in str(refused.value)
    since = r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    assert re.search(rf"process {first.pid}, {since}", str(refused.value))


def test_the_lock_of_a_run_that_was_killed_goes_to_the_next(tmp_path: Path) -> None:
    with another_run(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    with another_run(tmp_path) as second:
        with pytest.raises(lock.HomeLockedError, match=f"process {second.pid}, since"):
            lock.hold(Home(tmp_path))
        second.kill()


def test_a_process_may_take_its_home_twice_and_another_home_as_well(tmp_path: Path) -> None:
    for name in ("one", "one", "two"):
        lock.hold(Home(tmp_path / name))
    with another_run(tmp_path / "one") as other:
        _, errors = other.communicate("")
    assert f"process {os.getpid()}, since" in errors
