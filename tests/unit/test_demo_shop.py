import csv
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo.drops import DIRT, write_drops
from dagster_project.demo.generator import Story, generate
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.shop import StoryOverError, night_of, open_night
from dagster_project.home import Home
from dagster_project.shop import Shop
from dagster_project.sources.seam import Walk


@pytest.fixture(scope="module")
def story() -> Story:
    return generate(tickets=500, seed=1)


def publish(home: Home, *nights: datetime) -> None:
    home.serving.mkdir(exist_ok=True)
    with duckdb.connect(home.kpi_file) as published:
        published.execute("create schema if not exists marts")
        published.execute("create or replace table marts.publish_manifest (as_of timestamp)")
        published.executemany(
            "insert into marts.publish_manifest values (?)",
            [[night.replace(tzinfo=None)] for night in nights],
        )


def rows(folder: Path, pattern: str = "*") -> dict[str, list[dict[str, str]]]:
    return {
        path.relative_to(folder).as_posix(): list(csv.DictReader(path.open(encoding="utf-8")))
        for path in sorted(folder.glob(f"*/{pattern}/*.csv"))
    }


def test_the_first_night_is_the_one_when_nothing_is_published(tmp_path: Path) -> None:
    assert night_of(Home(tmp_path)) == datetime.fromisoformat("2026-10-31T15:00:00Z")


def test_only_a_published_night_moves_the_clock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for _ in range(2):
        with open_night(home, tickets=100) as path:
            assert Shop.load(path, os.environ).as_of == FIRST_NIGHT
    publish(home, FIRST_NIGHT, FIRST_NIGHT + timedelta(days=1))

    with open_night(home, tickets=100) as path:
        assert Shop.load(path, os.environ).as_of == FIRST_NIGHT + timedelta(days=2)


def test_a_late_night_drops_files_that_are_complete_through_its_own_clock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, FIRST_NIGHT + timedelta(days=58))
    with open_night(home, tickets=100) as path:
        streams = Shop.load(path, os.environ).sources[1].streams()
        clocks = {page.server_time for stream in streams for page in stream.pages(Walk())}

    assert clocks == {FIRST_NIGHT + timedelta(days=59)}


def test_after_sixty_nights_the_story_is_over(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, FIRST_NIGHT + timedelta(days=59))
    assert night_of(home) == FIRST_NIGHT + timedelta(days=60)
    publish(home, FIRST_NIGHT + timedelta(days=60))

    with pytest.raises(StoryOverError, match=f"after 60 nights. Remove {tmp_path} "):
        night_of(home)


def test_the_shop_file_is_one_that_any_shop_could_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STELLAR_PII_KEY", "the key of another shop, to be left alone")
    monkeypatch.delenv("STELLAR_DEMO_API_KEY", raising=False)
    with open_night(Home(tmp_path), tickets=100) as path:
        shop = Shop.load(path, os.environ)
    desk, drops, beside_the_desk = shop.sources

    assert (shop.reporting_timezone, shop.currency) == ("Asia/Seoul", "KRW")
    assert [stream.name for stream in desk.streams()][:2] == ["tickets", "messages"]
    assert {stream.name for stream in drops.streams()} == {
        "customers", "orders", "subscriptions", "live_contacts", "surveys", "gestures",
        "web_visits", "marketing_costs", "support_costs", "forum_threads", "forum_posts",
    }  # fmt: skip
    assert beside_the_desk.name == "desk"
    assert {stream.name for stream in beside_the_desk.streams()} == {
        "self_service_sessions", "quality_reviews", "agent_shifts",
    }  # fmt: skip
    assert json.loads((path.parent / "truth.json").read_text())["as_of"] == (
        "2026-10-31T15:00:00.000000Z"
    )
    assert os.environ["STELLAR_PII_KEY"] == "the key of another shop, to be left alone"
    assert "STELLAR_DEMO_API_KEY" not in os.environ


def test_each_night_drops_what_is_new_or_changed_and_nothing_else(
    story: Story, tmp_path: Path
) -> None:
    write_drops(story, FIRST_NIGHT, tmp_path)
    history = rows(tmp_path)
    write_drops(story, FIRST_NIGHT + timedelta(days=10), tmp_path)
    later = rows(tmp_path)

    assert {name: later[name] for name in history} == history
    known = {
        row["order_id"]: row
        for row in later.pop("drops/orders/2026-10-31.csv")
        if row["updated_at"]
    }
    changed = 0
    for name, delta in rows(tmp_path, "orders").items():
        if name == "drops/orders/2026-10-31.csv":
            continue
        day = datetime.fromisoformat(name.removeprefix("drops/orders/").removesuffix(".csv"))
        for row in delta:
            # The file of 1 November holds what changed on that day in Seoul.
            assert day <= datetime.fromisoformat(row["updated_at"]) <= day + timedelta(days=1)
            assert row != known.get(row["order_id"])
            changed += row["order_id"] in known
            known[row["order_id"]] = row
    assert changed > 10


def test_a_clock_that_was_set_back_takes_the_later_files_away(story: Story, tmp_path: Path) -> None:
    write_drops(story, FIRST_NIGHT + timedelta(days=1), tmp_path)
    expected = rows(tmp_path)
    write_drops(story, FIRST_NIGHT + timedelta(days=4), tmp_path)
    write_drops(story, FIRST_NIGHT + timedelta(days=1), tmp_path)

    assert rows(tmp_path) == expected


def test_the_dirt_is_too_little_for_a_load_to_be_refused(story: Story, tmp_path: Path) -> None:
    write_drops(story, FIRST_NIGHT, tmp_path)

    for entity, dirt in DIRT.items():
        (dropped,) = rows(tmp_path, entity).values()
        assert dropped[-len(dirt) :] == [{**dict.fromkeys(dropped[0], ""), **row} for row in dirt]
        # More than ten records and one in a hundred would refuse it.
        assert 0 < len(dirt) <= 10
