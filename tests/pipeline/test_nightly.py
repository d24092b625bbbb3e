"""Whole nights of a small shop, run as its user runs them: each a command and a process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from guarded_shop import AS_OF, write_drops, write_rates
from webhook import receiver

from dagster_project import alert
from dagster_project.demo.generator import generate
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.seen import Seen
from dagster_project.demo.server import DemoServer
from dagster_project.home import PROJECT_ROOT, Home

EMAIL, KEY = "nightly@lamp.example", "the-right-key"

SHOP = """\
name: Lamp
reporting_timezone: Asia/Seoul
currency: KRW
pii: keep
as_of: {as_of}
alerts: {{webhook: env:LAMP_WEBHOOK}}
seeds: own_seeds
sources:
  - {{name: drops, kind: files, folder: drops, timezone: UTC}}
"""

DESK = """\
  - name: {name}
    kind: gorgias
    domain: lamp
    base_url: {base_url}
    email: {email}
    api_key: env:LAMP_API_KEY
    start: 2025-10-01
"""


@dataclass(frozen=True)
class Ended:
    """How a night ended."""

    status: int
    said: str
    errors: str
    published: bytes | None
    told: list[dict[str, Any]]

    @property
    def last_line(self) -> str:
        return self.said.splitlines()[-1]


@dataclass(frozen=True)
class Lamp:
    """A shop in a folder of its own."""

    root: Path

    @property
    def home(self) -> Home:
        return Home(self.root / "var")

    @property
    def resume(self) -> str:
        return f"STELLAR_SHOP={self.root}/shop.yml STELLAR_HOME={self.home.root} make nightly"

    def describe(self, *desks: tuple[str, str]) -> None:
        """Write the shop file: its drops, and a helpdesk of each given name and address."""
        self.root.mkdir(exist_ok=True)
        text = SHOP.format(as_of=AS_OF.isoformat())
        for name, base_url in desks:
            text += DESK.format(name=name, base_url=base_url, email=EMAIL)
        (self.root / "shop.yml").write_text(text, encoding="utf-8")

    def night(self, *, key: str = KEY, project: Path = PROJECT_ROOT) -> Ended:
        with receiver() as (webhook, told):
            ended = self.run("nightly", project=project, LAMP_API_KEY=key, LAMP_WEBHOOK=webhook)
        return Ended(
            status=ended.returncode,
            said=ended.stdout,
            errors=ended.stderr,
            published=self.home.kpi_file.read_bytes() if self.home.kpi_file.exists() else None,
            told=told,
        )

    def run(
        self, command: str, *, project: Path = PROJECT_ROOT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"dagster_project.{command}"],
            cwd=project,
            env={
                **os.environ,
                "PYTHONPATH": str(project),
                "STELLAR_SHOP": str(self.root / "shop.yml"),
                "STELLAR_HOME": str(self.home.root),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def marts(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home.kpi_file, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    """Serve a small helpdesk; yield its address."""
    seen = Seen(generate(tickets=60, seed=3), FIRST_NIGHT)
    with DemoServer(seen, email=EMAIL, api_key=KEY) as server:
        yield server.base_url


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory, desk: str) -> Lamp:
    lamp = Lamp(tmp_path_factory.mktemp("lamp"))
    lamp.describe(("desk", desk))
    write_drops(lamp.root / "drops")
    write_rates(lamp.root / "own_seeds")
    return lamp


@pytest.fixture(scope="module")
def first(lamp: Lamp) -> Ended:
    return lamp.night()


@pytest.fixture(scope="module")
def never_landed(lamp: Lamp, desk: str, first: Ended) -> Ended:
    lamp.describe(("desk", desk), ("second", desk))
    return lamp.night(key="a-wrong-key")


@pytest.fixture(scope="module")
def key_refused(lamp: Lamp, desk: str, never_landed: Ended) -> Ended:
    lamp.describe(("desk", desk))
    return lamp.night(key="a-wrong-key")


def test_a_night_is_published_and_says_what_came_of_it(lamp: Lamp, first: Ended) -> None:
    assert first.status == 0, first.said + first.errors
    lines = (lamp.root / "drops/tickets/all.jsonl").read_text().splitlines()
    created = [datetime.fromisoformat(json.loads(line)["created_at"]) for line in lines]
    assert lamp.marts("select count(*) from facts.fct_tickets where source = 'drops'") == [
        (sum(at <= AS_OF for at in created),)
    ]
    [(as_of, guards_run)] = lamp.marts("select as_of, guards_run from marts.publish_manifest")
    assert as_of == AS_OF.replace(tzinfo=None)
    assert guards_run > 0
    said = first.said
    assert "drops.tickets" in said
    assert "desk.messages" in said
    assert f"guards     {guards_run} rules: 0 failed, 0 waived" in said
    assert "First response time, median" in said
    assert str(lamp.home.kpi_file) in said
    assert first.last_line.startswith("seconds    prepare ")
    assert "Traceback" not in first.errors


def test_a_night_that_is_published_has_nothing_to_tell_the_webhook(first: Ended) -> None:
    assert first.told == []


def test_a_stream_that_has_never_landed_fails_the_night(
    lamp: Lamp, first: Ended, never_landed: Ended
) -> None:
    assert never_landed.status == 1
    assert never_landed.last_line == lamp.resume
    assert "FAILED at build" in never_landed.said
    assert "second.tickets" in never_landed.said
    assert "Traceback" not in never_landed.said + never_landed.errors
    assert never_landed.published == first.published


def test_a_stream_that_fails_leaves_its_last_load_and_lets_the_night_go_on(
    lamp: Lamp, first: Ended, key_refused: Ended
) -> None:
    assert key_refused.status == 0, key_refused.said + key_refused.errors
    assert "land   desk.tickets: FAILED, its last load stays" in key_refused.said
    assert key_refused.published != first.published
    [(tickets,)] = lamp.marts("select count(*) from facts.fct_tickets where source = 'desk'")
    assert tickets > 0


def test_the_webhook_hears_of_the_failure_and_of_the_recovery(
    lamp: Lamp, never_landed: Ended, key_refused: Ended
) -> None:
    [failure] = never_landed.told
    assert failure["event"] == "failed"
    assert failure["step"] == "build"
    assert "second.tickets" in failure["reason"]
    assert failure["resume"] == lamp.resume
    assert "a-wrong-key" not in str(failure)
    [recovery] = key_refused.told
    assert recovery["event"] == "recovered"
    assert recovery["failed_since"] == failure["failed_since"]
    assert alert.last_failure(lamp.home) is None


def test_status_says_how_fresh_the_marts_are(lamp: Lamp, key_refused: Ended) -> None:
    status = lamp.run("status")
    assert status.returncode == 0
    assert "as of         2026-03-10 03:00 UTC" in status.stdout
    assert "failing" not in status.stdout


def test_a_model_that_counts_wrong_is_blocked_and_readers_keep_yesterday(
    lamp: Lamp, first: Ended, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(
        PROJECT_ROOT, project, ignore=shutil.ignore_patterns(".*", "var", "__pycache__")
    )
    model = project / "dbt_project" / "models" / "kpis" / "kpi_first_response_time.sql"
    right = model.read_text(encoding="utf-8")
    wrong = right.replace("first_response_seconds as value", "response_seconds_total as value")
    assert wrong != right
    model.write_text(wrong, encoding="utf-8")
    yesterday = lamp.home.kpi_file.read_bytes()

    night = lamp.night(project=project)

    assert night.status == 1
    assert "FAILED at guard" in night.said
    assert "first_response_time, rule second_way" in night.said
    assert night.last_line == lamp.resume
    assert night.published == yesterday


def test_a_second_run_at_the_same_time_says_so_and_leaves(tmp_path: Path) -> None:
    lamp = Lamp(tmp_path)
    lamp.describe()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from dagster_project import lock;"
            "from dagster_project.home import Home; lock.hold(Home(Path(sys.argv[1])));"
            "print('held', flush=True); sys.stdin.read()",
            str(lamp.home.root),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        second = lamp.run("nightly")
    finally:
        holder.communicate()
    assert second.returncode == 1
    assert f"in use by another run (process {holder.pid}" in second.stderr
    assert second.stdout == ""


def test_a_wrong_shop_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    lamp = Lamp(tmp_path)
    (tmp_path / "shop.yml").write_text("name: Lamp\ncurency: KRW\n", encoding="utf-8")
    ended = lamp.run("nightly")
    assert ended.returncode == 1
    assert "shop.yml:2: curency: is no known key; did you mean currency?" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout.splitlines()[-1] == lamp.resume


def test_a_wrong_seed_is_refused_in_plain_words(tmp_path: Path) -> None:
    lamp = Lamp(tmp_path)
    lamp.describe()
    (tmp_path / "drops").mkdir()
    (tmp_path / "own_seeds").mkdir()
    (tmp_path / "own_seeds" / "channels.csv").write_text("channel\nemail\n", encoding="utf-8")
    ended = lamp.run("nightly", LAMP_WEBHOOK="http://127.0.0.1:9/")
    assert ended.returncode == 1
    assert "FAILED at prepare" in ended.stdout
    assert "channels.csv, line 1: the columns must be channel," in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == lamp.resume
    assert "the alert webhook could not be told: ConnectError" in ended.stdout
