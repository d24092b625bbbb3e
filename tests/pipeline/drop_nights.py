"""Nights of one shop of file drops, landed and built in this process; what they hold is elsewhere.

The clock of the sources is the test's, and the dbt project a copy that a test may change.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project import transform
from dagster_project.assets.landing import land
from dagster_project.home import Home
from dagster_project.night import Night, Plan
from dagster_project.rebuild import compare, from_scratch
from dagster_project.seeds import PROJECT_SEEDS
from dagster_project.shop import PII_KEY, Shop
from dagster_project.sources.seam import Contract, Page, Stream, Walk
from dagster_project.transform import Transform
from expectations.catalogue import load_catalogue

ENVIRONMENT = {PII_KEY: "no secret, for nobody here is real"}
LONG_AGO = 1_600_000_000
"""A file that changed just now would be taken for one that still grows."""

KPIS = load_catalogue()

Record = dict[str, Any]


@dataclass(frozen=True)
class Clocked:
    """A stream of real files whose source says that it is `clock` now."""

    stream: Stream
    clock: datetime

    @property
    def name(self) -> str:
        return self.stream.name

    @property
    def contract(self) -> Contract:
        return self.stream.contract

    @property
    def parents(self) -> Sequence[str]:
        return self.stream.parents

    @property
    def lag(self) -> timedelta:
        return self.stream.lag

    def pages(self, walk: Walk) -> Iterator[Page]:
        for page in self.stream.pages(walk):
            yield replace(page, server_time=self.clock)


class DropNights:
    """The nights below one root: `shop.yml`, its seeds and drops lie there, and the home `var`."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.home = Home(root / "var")
        self.code = root / "code"
        shutil.copytree(transform.DBT_PROJECT, self.code / "dbt_project")
        (self.code / "seeds").symlink_to(PROJECT_SEEDS)
        monkeypatch.setattr(transform, "DBT_PROJECT", self.code / "dbt_project")
        self._manifest: Any = None
        self._originals: dict[Path, str] = {}

    def begin(self) -> None:
        """Forget the shop, its nights and what was changed in models; dbt's parse stays."""
        kept = {self.code, self.home.root}
        for path in self.root.iterdir():
            if path not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (self.home.lake, self.home.typed):
            shutil.rmtree(path, ignore_errors=True)
        while self._originals:
            self._write_model(*self._originals.popitem())

    def describe(self, shop: str, sources: Sequence[str]) -> None:
        """Write the shop file, with sources of these names, and its seeds folder."""
        listed = "".join(
            f"  - {{name: {name}, kind: files, folder: {name}, timezone: UTC}}\n"
            for name in sources
        )
        for name in (*sources, "seeds"):
            (self.root / name).mkdir()
        (self.root / "shop.yml").write_text(f"{shop}\nseeds: seeds\nsources:\n{listed}")

    def drop(self, file: str, *records: Record) -> None:
        """Write a file of records, such as `desk/tickets/monday`."""
        path = self.root / f"{file}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        os.utime(path, (LONG_AGO, LONG_AGO))

    def prepare(self) -> Plan:
        """Return tonight's plan: the shop file and the seeds are read anew, dbt parses once."""
        shop = Shop.load(self.root / "shop.yml", ENVIRONMENT)
        prepared = Transform.of(self.home, shop, KPIS)
        if self._manifest is None:
            self._manifest = _without_data_tests(prepared.parse())
        streams = [(source, stream) for source in shop.sources for stream in source.streams()]
        return Plan(
            home=self.home,
            shop=shop,
            kpis=KPIS,
            streams=streams,
            transform=prepared,
            manifest=self._manifest,
        )

    def land(self, clock: datetime, plan: Plan | None = None) -> Night:
        """Land every stream; the night knows which could not be."""
        plan = plan or self.prepare()
        night = Night(plan.home, plan.shop)
        for source, stream in plan.streams:
            land(night, source, Clocked(stream, clock))
        return night

    def build(self, as_of: datetime) -> Plan:
        """Build as a night does, on the typed files of the nights before."""
        plan = self.prepare()
        plan.transform.build(plan.manifest, as_of=as_of)
        return plan

    def differences_from_scratch(self, plan: Plan, as_of: datetime, folder: Path) -> list[str]:
        """Build anew in a folder, and say where the facts and marts of the live build differ."""
        scratch = from_scratch(plan, folder)
        scratch.transform.build(scratch.manifest, as_of=as_of)
        return list(compare(plan.home.build_file, scratch.transform.build_file))

    def change_model(self, model: str, old: str, new: str) -> None:
        """Word a model differently from now on; whatever was changed in it before is taken back."""
        (path,) = self.code.glob(f"dbt_project/models/**/{model}.sql")
        sql = self._originals.setdefault(path, path.read_text())
        assert sql.count(old) == 1, f"{model} holds {old!r} {sql.count(old)} times"
        self._write_model(path, sql.replace(old, new))

    def _write_model(self, path: Path, sql: str) -> None:
        path.write_text(sql)
        self._manifest = None


def _without_data_tests(manifest: Any) -> Any:
    """Take out what no fact hangs on: without its data tests a build costs a quarter less."""
    for node_id in [each for each in manifest.nodes if each.startswith("test.")]:
        del manifest.nodes[node_id]
    return manifest
