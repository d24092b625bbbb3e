"""Nights of shops in which there is nothing to count, and nights that cannot go well."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from guarded_shop import write_drops
from nights import Nights, Outcome, nights_to_run

from dagster_project.home import Home

pytestmark = pytest.mark.xdist_group("odd nights")

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
KIBIBYTES_64 = 65536


@pytest.fixture(scope="module")
def nights() -> Iterator[Nights]:
    with nights_to_run() as nights:
        yield nights


def described(root: Path, shop: str = SHOP) -> Path:
    """Write the shop file; return its path."""
    path = root / "shop.yml"
    path.write_text(shop, encoding="utf-8")
    return path


def home_of(shop_file: Path) -> Home:
    return Home(shop_file.parent / "var")


@pytest.fixture(scope="module")
def shop_of_the_future(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of which every record comes after its as_of."""
    root = tmp_path_factory.mktemp("future")
    write_drops(root / "drops")
    return described(root)


@pytest.fixture(scope="module")
def night_in_the_past(shop_of_the_future: Path, nights: Nights) -> Outcome:
    return nights.run(home_of(shop_of_the_future), shop_of_the_future)


def test_what_lies_in_the_future_does_not_count_and_the_night_is_published(
    shop_of_the_future: Path, night_in_the_past: Outcome
) -> None:
    assert night_in_the_past.status == 0, night_in_the_past.printed
    assert "drops.tickets: 260 new" in night_in_the_past.printed
    assert_nothing_counted(home_of(shop_of_the_future))


def test_a_disk_without_room_leaves_readers_what_they_had(
    shop_of_the_future: Path, night_in_the_past: Outcome, nights: Nights
) -> None:
    home = home_of(shop_of_the_future)
    yesterday = home.kpi_file.read_bytes()
    night = nights.run(home, shop_of_the_future, largest_file=KIBIBYTES_64)
    assert night.status == 1
    assert "File too large" in night.printed
    assert "Traceback" not in night.printed
    assert night.printed.splitlines()[-1].endswith("make nightly")
    assert home.kpi_file.read_bytes() == yesterday


def test_a_shop_without_a_record_is_published_without_a_figure(
    tmp_path: Path, nights: Nights
) -> None:
    shop_file = described(tmp_path)
    for entity, header in {
        "tickets": "ticket_id,created_at,status",
        "messages": "message_id,ticket_id,sent_at,sender_kind,is_public",
    }.items():
        path = tmp_path / "drops" / entity / "all.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"{header}\n", encoding="utf-8")
    night = nights.run(home_of(shop_file), shop_file)
    assert night.status == 0, night.printed
    assert "drops.tickets: 0 new" in night.printed
    assert_nothing_counted(home_of(shop_file))


def test_a_shop_without_a_file_is_told_what_is_missing(tmp_path: Path, nights: Nights) -> None:
    (tmp_path / "drops").mkdir()
    shop_file = described(tmp_path)
    night = nights.run(home_of(shop_file), shop_file)
    assert night.status == 1
    assert "needs a folder for each entity (tickets, messages, ...)" in night.printed
    assert "Traceback" not in night.printed


def test_a_wrong_mapping_is_refused_in_plain_words_before_anything_is_touched(
    tmp_path: Path, nights: Nights
) -> None:
    (tmp_path / "drops").mkdir()
    (tmp_path / "mapping.yml").write_text(
        "files: '*.csv'\nentities: {agents: {select: 'drop table file'}}\n", encoding="utf-8"
    )
    shop_file = described(tmp_path, SHOP.replace("timezone", "mapping: mapping.yml, timezone"))
    home = home_of(shop_file)
    night = nights.run(home, shop_file)
    assert night.status == 1
    assert "shop.yml:7: sources[0].mapping: " in night.printed
    assert "mapping.yml: entities.agents.select: " in night.printed
    assert "must be one select over the table `file`" in night.printed
    assert "Traceback" not in night.printed
    assert len(night.printed.splitlines()) < 10
    assert [path.name for path in home.root.iterdir()] == ["lock"]


def assert_nothing_counted(home: Home) -> None:
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        [(tickets,)] = connection.execute("select count(*) from facts.fct_tickets").fetchall()
        [(orders,)] = connection.execute("select count(*) from facts.fct_orders").fetchall()
        counted = connection.execute("from marts.kpi_values where n > 0").fetchall()
        as_of = connection.execute("select as_of from marts.publish_manifest").fetchall()
    assert (tickets, orders, counted) == (0, 0, [])
    assert as_of == [(BEFORE_ALL_RECORDS,)]
