"""A shop written down by hand: its records go in as file drops, its marts come of a real build."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.home import Home
from dagster_project.landing.land import land_stream
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Plan
from dagster_project.seeds import text_rules_of
from dagster_project.shop import Shop

Record = dict[str, Any]
Records = Mapping[str, Sequence[Record]]


class HandShop:
    """A shop whose only source is a folder of drops; instants without an offset are of its zone."""

    def __init__(
        self, root: Path, *, as_of: datetime, timezone: str = "UTC", seeds: Mapping[str, str] = {}
    ) -> None:
        self._root = root
        self._as_of = as_of
        self._plan: Plan | None = None
        (root / "seeds").mkdir(parents=True)
        for name, text in seeds.items():
            (root / "seeds" / f"{name}.csv").write_text(text, encoding="utf-8")
        (root / "shop.yml").write_text(
            f"name: By hand\nreporting_timezone: {timezone}\ncurrency: KRW\npii: keep\n"
            f"as_of: {as_of.isoformat()}\nseeds: seeds\n"
            f"sources:\n  - {{name: drops, kind: files, folder: drops, timezone: {timezone}}}\n",
            encoding="utf-8",
        )

    def land(self, drop: str, records: Records) -> None:
        """Drop a file of each entity under a name, and land them all."""
        an_hour_ago = time.time() - 3600
        for entity, of_entity in records.items():
            path = self._root / "drops" / entity / f"{drop}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in of_entity)
            path.write_text("".join(lines), encoding="utf-8")
            # A file that changed just now is taken for one that still grows.
            os.utime(path, (an_hour_ago, an_hour_ago))
        self._land_all()

    def land_folder(self, folder: Path) -> None:
        """Land the files of a folder that has one for each entity."""
        an_hour_ago = time.time() - 3600
        for file in folder.glob("*/*"):
            path = self._root / "drops" / file.relative_to(folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.read_bytes())
            os.utime(path, (an_hour_ago, an_hour_ago))
        self._land_all()

    def _land_all(self) -> None:
        self._plan = Plan.prepare(Home(self._root / "var"), Shop.load(self._root / "shop.yml", {}))
        zone = LandingZone(self._plan.home.lake)
        rules = text_rules_of(self._plan.home.seeds)
        for source, stream in self._plan.streams:
            load = land_stream(source, stream, zone, self._plan.shop.privacy, rules=rules).load
            assert load.outcome == "committed", load.reason

    def build(self) -> duckdb.DuckDBPyConnection:
        """Build the marts of what has landed, and open them."""
        assert self._plan is not None, "nothing has landed yet"
        self._plan.transform.build(self._plan.manifest, as_of=self._as_of)
        return duckdb.connect(str(self._plan.transform.build_file), read_only=True)
