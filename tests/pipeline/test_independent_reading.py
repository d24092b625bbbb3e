"""The whole way of shops at random, held row by row to an independent reading of the terms."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from reading.comparison import differences
from reading.drops import write_drops, write_shop_file
from reading.nasty import NastyShop, nasty_shop

from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.landing.land import land_stream
from dagster_project.landing.manifest import Manifest
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Plan
from dagster_project.seeds import text_rules_of
from dagster_project.shop import PII_KEY, Shop

LOADS = (1, 2)
ENVIRONMENT = {PII_KEY: "no secret, for nobody here is real"}

A_FEW = range(2)
MANY = [pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 53)]


@pytest.mark.parametrize("seed", [*A_FEW, *MANY])
def test_every_row_is_what_an_independent_reading_of_the_terms_says(
    seed: int, tmp_path: Path
) -> None:
    nasty = nasty_shop(seed)
    shop = Shop.load(write_shop_file(nasty, tmp_path, PROJECT_ROOT / "seeds"), ENVIRONMENT)
    plan = Plan.prepare(Home(tmp_path / "var"), shop)
    landed = _land(nasty, plan, tmp_path)
    plan.transform.build(plan.manifest, as_of=nasty.shop.as_of)

    with duckdb.connect(str(plan.transform.build_file), read_only=True) as connection:
        found = differences(landed, connection)
    assert not found, "\n".join(["", *found])
    report = plan.judge(nasty.shop.as_of)
    assert not report.blocked, "\n".join(result.message for result in report.failures)


def _land(nasty: NastyShop, plan: Plan, folder: Path) -> NastyShop:
    """Land every load of a shop, one after the other."""
    zone, rules = LandingZone(plan.home.lake), text_rules_of(plan.home.seeds)
    walks = {}
    for number in LOADS:
        write_drops(nasty, folder, number)
        for source in plan.shop.sources:
            for stream in source.streams():
                load = land_stream(source, stream, zone, plan.shop.privacy, rules=rules).load
                assert load.outcome == "committed", load.reason
                walks[source.name, stream.name, number] = load.extracted_at
                _set_back(zone.load_folder(source.name, stream.name, load.load_id), nasty.behind)
    return nasty.as_landed(walks)


def _set_back(load: Path, behind: Mapping[tuple[str, str], datetime]) -> None:
    """Make a load say that it is complete through an earlier instant only."""
    manifest = Manifest.read(load)
    through = behind.get((manifest.source, manifest.stream))
    if through is not None:
        manifest.model_copy(update={"complete_through": through}).write(load)
