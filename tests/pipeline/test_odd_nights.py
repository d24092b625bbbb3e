"""Nights of shops in which there is nothing to count, and nights that cannot go well."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from guarded_shop import A_MINUTE_AGO, write_drops
from nights import Nights, Outcome

from dagster_project.assets.build import tell_missing
from dagster_project.assets.landing import land
from dagster_project.home import Home
from dagster_project.night import Night, Plan
from dagster_project.shop import Shop

SHOP = """\
name: Odd
reporting_timezone: Asia/Seoul
currency: KRW
pii: keep
as_of: 2024-01-01T00:00:00Z
sources:
  - {name: drops, kind: files, folder: drops, timezone: UTC}
"""
BEFORE_ALL_RECORDS = datetime(2024, 1, 1)
KIBIBYTE = 2**10
MEBIBYTE = 2**20


@dataclass(frozen=True)
class OddShop:
    """A shop in a folder of its own, with no home yet."""

    root: Path
    nights: Nights

    @property
    def home(self) -> Home:
        return Home(self.root / "var")

    def describe(self, shop: str = SHOP) -> None:
        (self.root / "drops").mkdir()
        (self.root / "shop.yml").write_text(shop, encoding="utf-8")

    def plan(self) -> Plan:
        return Plan.prepare(self.home, Shop.load(self.root / "shop.yml", {}))

    def marts(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.home.kpi_file, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def night(self, *, largest_file: int | None = None) -> Outcome:
        return self.nights.run(self.home, self.root / "shop.yml", largest_file=largest_file)


@pytest.fixture
def shop(tmp_path: Path, nights: Nights) -> OddShop:
    return OddShop(tmp_path, nights)


def test_what_lies_in_the_future_does_not_count_and_the_night_is_published(shop: OddShop) -> None:
    shop.describe()
    write_drops(shop.root / "drops")
    night = shop.night()
    assert night.status == 0, night.printed
    dropped = (shop.root / "drops/tickets/all.jsonl").read_text(encoding="utf-8").splitlines()
    assert f"drops.tickets: {len(dropped)} new" in night.printed
    assert_nothing_counted(shop)


def test_a_shop_without_a_file_is_told_what_is_missing(shop: OddShop) -> None:
    shop.describe()
    night = shop.night()
    assert night.status == 1
    assert "needs a folder for each entity (tickets, messages, ...)" in night.printed
    assert "Traceback" not in night.printed


def test_a_shop_without_a_record_is_published_without_a_figure(shop: OddShop) -> None:
    shop.describe()
    for entity, header in {
        "tickets": "ticket_id,created_at,status",
        "messages": "message_id,ticket_id,sent_at,sender_kind,is_public",
    }.items():
        (shop.root / "drops" / entity).mkdir()
        path = shop.root / "drops" / entity / "all.csv"
        path.write_text(f"{header}\n", encoding="utf-8")
        os.utime(path, (A_MINUTE_AGO, A_MINUTE_AGO))
    night = shop.night()
    assert night.status == 0, night.printed
    assert "drops.tickets: 0 new" in night.printed
    assert_nothing_counted(shop)


def test_a_folder_that_is_gone_is_told_and_what_it_brought_stays(shop: OddShop) -> None:
    shop.describe()
    write_drops(shop.root / "drops")
    plan = shop.plan()
    for source, stream in plan.streams:
        land(Night(plan.home, plan.shop), source, stream)
    shutil.rmtree(shop.root / "drops" / "surveys")
    night = shop.night()
    assert night.status == 0, night.printed
    assert "MISSING drops.surveys: its source has no folder (or no place in its mapping)" in (
        night.printed
    )
    assert "drops.surveys" in night.printed.partition("\nlanded ")[2]
    (shop.root / "drops" / "surveys").mkdir()
    night_after = Night(shop.home, plan.shop)
    tell_missing(shop.plan(), night_after)
    assert night_after.lost == {}


@pytest.mark.parametrize("largest_file", [64 * KIBIBYTE, 2 * MEBIBYTE])
def test_a_disk_without_room_leaves_readers_what_they_had(shop: OddShop, largest_file: int) -> None:
    shop.describe()
    shop.home.serving.mkdir(parents=True)
    shop.home.kpi_file.write_bytes(b"yesterday's build")
    night = shop.night(largest_file=largest_file)
    assert night.status == 1
    assert "File too large" in night.printed
    assert "Traceback" not in night.printed
    assert night.printed.splitlines()[-1].endswith("make nightly")
    assert shop.home.kpi_file.read_bytes() == b"yesterday's build"


def test_a_wrong_mapping_is_refused_in_plain_words_before_anything_is_touched(
    shop: OddShop,
) -> None:
    shop.describe(SHOP.replace("timezone: UTC", "mapping: mapping.yml, timezone: UTC"))
    (shop.root / "mapping.yml").write_text(
        "files: '*.csv'\nentities: {agents: {select: 'drop table file'}}\n", encoding="utf-8"
    )
    before = set(shop.home.root.rglob("*"))
    night = shop.night()
    assert night.status == 1
    assert "shop.yml:7: sources[0].mapping: " in night.printed
    assert "mapping.yml: entities.agents.select: " in night.printed
    assert "must be one select over the table `file`" in night.printed
    assert "Traceback" not in night.printed
    assert len(night.printed.splitlines()) < 10
    assert set(shop.home.root.rglob("*")) - before <= {shop.home.lock_file}


def assert_nothing_counted(shop: OddShop) -> None:
    assert shop.marts("select count(*) from facts.fct_tickets") == [(0,)]
    assert shop.marts("select count(*) from facts.fct_orders") == [(0,)]
    assert shop.marts("from marts.kpi_values where n > 0") == []
    assert shop.marts("select as_of from marts.publish_manifest") == [(BEFORE_ALL_RECORDS,)]
