"""kill -9 before each durable step of a landing: the next run ends where an unbroken one does."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import landing_killed
import pytest
from landing_source import landed

from dagster_project.landing.balance import balances
from dagster_project.landing.quarantine import held
from dagster_project.landing.zone import LandingZone


@pytest.fixture
def last_night(tmp_path: Path) -> Path:
    """A home in which one night is landed."""
    home = tmp_path / "last night"
    landing_killed.land_last_night(home)
    return home


def homes_killed(run: str, home: Path, out: Path) -> list[Path]:
    """The home after each way to kill the run, in the order of its steps."""
    program = [sys.executable, landing_killed.__file__, run, str(home), str(out)]
    subprocess.run(program, check=True)
    return sorted(out.iterdir(), key=lambda path: int(path.name))


def unbroken(run: str, home: Path) -> Path:
    done = shutil.copytree(home, home.with_name("unbroken"))
    landing_killed.RUNS[run](done)
    return done


def committed(home: Path) -> list[Any]:
    """What the two loads say of themselves, the moments of our own clock apart."""
    loads = LandingZone(home / "lake").loads("desk", "tickets")[:2]
    return [load.model_dump(exclude={"started_at", "committed_at"}) for load in loads]


def quarantined(home: Path) -> list[Any]:
    entries = [each.entry for each in held(LandingZone(home / "lake"), "desk", "tickets")]
    return [entry for entry in entries if entry.key < "00000003"]


def left_in_staging(home: Path) -> list[Path]:
    return [path for path in (home / "lake/_staging").rglob("*") if path.is_file()]


def end_alike(home: Path, expected: Path, how: str) -> None:
    zone = LandingZone(home / "lake")
    assert committed(home) == committed(expected), how
    assert landed(zone) == landed(LandingZone(expected / "lake")), how
    assert quarantined(home) == quarantined(expected), how
    assert [each.missing for each in balances(zone)] == [0], how
    assert left_in_staging(home) == [], how


@pytest.mark.parametrize("run", ["land", "replay"])
def test_a_run_killed_at_any_step_ends_like_an_unbroken_one(
    last_night: Path, tmp_path: Path, run: str
) -> None:
    expected = unbroken(run, last_night)
    homes = homes_killed(run, last_night, tmp_path / "killed")
    assert len(homes) >= 10
    for home in homes:
        landing_killed.RUNS[run](home)
        end_alike(home, expected, f"killed before step {home.name}")


@pytest.mark.long
@pytest.mark.parametrize("run", ["land", "replay"])
def test_a_run_killed_twice_ends_like_an_unbroken_one(
    last_night: Path, tmp_path: Path, run: str
) -> None:
    expected = unbroken(run, last_night)
    for first in homes_killed(run, last_night, tmp_path / "killed"):
        for home in homes_killed(run, first, tmp_path / f"killed at {first.name}"):
            landing_killed.RUNS[run](home)
            end_alike(home, expected, f"killed before step {first.name}, then {home.name}")


def test_at_most_one_page_is_asked_for_again(last_night: Path, tmp_path: Path) -> None:
    expected = committed(unbroken("land", last_night))
    for home in homes_killed("land", last_night, tmp_path / "killed"):
        if len(committed(home)) == 2:
            continue
        tear_last_page(home)
        landing_killed.land_tonight(home)
        asked = (home / "asked").read_text().split()
        assert len(asked) <= len(landing_killed.TONIGHT) + 1, f"killed before step {home.name}"
        assert committed(home) == expected


def tear_last_page(home: Path) -> None:
    """Do what a power cut may do to a page that is not synced yet, and to one that is."""
    path = LandingZone(home / "lake").journal_file("desk", "tickets")
    path.write_bytes(path.read_bytes()[:-5])
