"""Nights run as `make nightly` runs them, many from one start; what is run is said elsewhere."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import night_runner

from dagster_project.demo.shop import ENVIRONMENT
from dagster_project.home import Home


@dataclass(frozen=True)
class Outcome:
    """How a night ended.

    Attributes:
        status: Its exit status; that of a killed one is minus the signal.
        steps: The durable steps that it took, where it came to its end.
        printed: All that it said.
    """

    status: int
    steps: int
    printed: str


class Nights:
    """Runs one night after another, each in a process of its own."""

    def __init__(self, runner: subprocess.Popen[str]) -> None:
        self._runner = runner

    def run(
        self,
        home: Home,
        shop_file: Path,
        *,
        killed_before: int | None = None,
        largest_file: int | None = None,
    ) -> Outcome:
        """Run a night of a shop.

        Args:
            killed_before: The durable step that it does not come to.
            largest_file: The bytes at which a file cannot grow, as on a full disk.
        """
        printed = home.root.with_name(f"{home.root.name}.printed")
        environment = {"STELLAR_SHOP": str(shop_file), "STELLAR_HOME": str(home.root)}
        if killed_before is not None:
            environment["STELLAR_FAULT"] = str(killed_before)
        order = {
            "environment": environment,
            "largest_file": largest_file,
            "printed": str(printed),
        }
        assert self._runner.stdin is not None
        assert self._runner.stdout is not None
        print(json.dumps(order), file=self._runner.stdin, flush=True)
        ended = json.loads(self._runner.stdout.readline())
        return Outcome(ended["status"], ended["steps"], printed.read_text(encoding="utf-8"))


@contextmanager
def nights_to_run() -> Iterator[Nights]:
    """Start the process that nights are forked from, and end it."""
    runner = subprocess.Popen(
        [sys.executable, night_runner.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENVIRONMENT},
    )
    try:
        yield Nights(runner)
    finally:
        assert runner.stdin is not None
        runner.stdin.close()
        runner.wait()
