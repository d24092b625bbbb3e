"""What dbt parses anew, which takes seconds: what has changed, and nothing because of the shop."""

import json
from pathlib import Path

from dagster_project.home import Home
from dagster_project.night import Plan
from dagster_project.shop import Shop

SHOP = """\
name: Elsewhere
reporting_timezone: Europe/Lisbon
currency: EUR
pii: keep
seeds: seeds
sources:
  - {name: somewhere, kind: files, folder: drops, timezone: UTC}
"""
CHANNEL_MAP = "source,vendor_channel,channel\nsomewhere,pigeon,email\n"


def test_a_shop_that_is_new_is_read_from_the_parse_of_others_and_with_its_own_seeds(
    tmp_path: Path,
) -> None:
    for folder in ("drops", "seeds"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shop.yml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "seeds" / "channel_map.csv").write_text(CHANNEL_MAP, encoding="utf-8")

    plan = Plan.prepare(Home(tmp_path / "var"), Shop.load(tmp_path / "shop.yml", {}))

    told = json.loads((plan.transform.target / "perf_info.json").read_text(encoding="utf-8"))
    assert (told["path_count"] > 500, told["parsed_path_count"]) == (True, 0)
    seed = Path(plan.manifest.nodes["seed.stellar.channel_map"].original_file_path)
    assert "pigeon" in seed.read_text(encoding="utf-8")
