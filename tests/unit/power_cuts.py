"""Runs that a power cut ends, each in a fork of one process that has imported everything.

It is a program too: it reads a step per line, and answers whether the run was killed before it.
"""

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import landing_killed

from dagster_project.home import Home

MOST_STEPS = 100


def cut_short(run: Callable[[Home], object], home: Home) -> Iterator[None]:
    """Run what a test module holds, killed before its first durable step, its second and so on.

    Yields:
        Nothing, after each run; the last one came to its end.
    """
    program = [sys.executable, __file__, run.__module__, run.__name__, str(home.root)]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdin is not None
        assert runner.stdout is not None
        for step in range(1, MOST_STEPS):
            print(step, file=runner.stdin, flush=True)
            was_killed = runner.stdout.readline()
            assert was_killed in {"True\n", "False\n"}
            yield
            if was_killed == "False\n":
                runner.stdin.close()
                return
    raise AssertionError(f"more than {MOST_STEPS} steps: is one of them in a loop?")


if __name__ == "__main__":
    module, name, root = sys.argv[1:]
    run = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        print(
            landing_killed.killed(lambda home: run(Home(home)), Path(root), int(line)), flush=True
        )
