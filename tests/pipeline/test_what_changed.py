"""What a night tells otherwise than the night before is led back to single records."""

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.explain import ExplainError
from dagster_project.home import Home
from dagster_project.night import Plan
from dagster_project.publish import Verdict, publish
from dagster_project.what_changed import what_changed
from expectations.catalogue import load_catalogue

JANUARY_ANSWERS = """
    select survey_id, cast(score >= 4 as integer)
    from facts.fct_survey_responses
    where
        kind = 'csat'
        and is_latest
        and ticket_id is null
        and responded_at >= '2026-01-02'
        and responded_at < '2026-01-30'
    order by survey_id
"""


def night(home: Home, build: Path, *changes: str, moved: pd.DataFrame | None = None) -> None:
    """Publish a copy of a build, with some records changed."""
    home.build_file.unlink(missing_ok=True)
    shutil.copy(build, home.build_file)
    with duckdb.connect(home.build_file) as connection:
        for change in changes:
            connection.execute(change)
    publish(
        home,
        as_of=AS_OF,
        code_version="",
        spec_fingerprint="",
        kpi_fingerprints={},
        verdict=Verdict(run=0, failed=0),
        revisions=moved,
    )


@pytest.fixture
def home(tmp_path: Path, guarded_shop: Plan) -> Home:
    home = Home(tmp_path)
    home.warehouse.mkdir()
    home.lake.symlink_to(guarded_shop.home.lake)
    return home


def test_moved_figures_are_told_with_the_records_that_moved_them(
    home: Home, guarded_shop: Plan
) -> None:
    build = guarded_shop.home.build_file
    with duckdb.connect(build, read_only=True) as connection:
        gone, late, other, *_ = connection.execute(JANUARY_ANSWERS).fetchall()
    of = "facts.fct_survey_responses where survey_id ="
    moved = pd.DataFrame(
        {
            "kpi_id": ["csat_score", "retention_rate"],
            "period_grain": "month",
            "period_start": pd.Timestamp("2026-01-01"),
            "channel": "all",
            "statistic": "value",
            "was": [50.0, 80.0],
            "is": [60.0, None],
            "was_n": 20,
            "n": 20,
            "was_mature": [True, False],
            "cause": "late data",
        }
    )
    night(home, build, f"delete from {of} '{late[0]}'")
    night(
        home,
        build,
        "update facts.fct_survey_responses set score = case when score >= 4 then 1 else 5 end"
        f" where survey_id = '{other[0]}'",
        f"delete from {of} '{gone[0]}'",
        moved=moved,
    )

    said = list(what_changed(home, load_catalogue(), timezone=TIMEZONE))
    csat = said.index("  by 3 records that count otherwise:")

    assert said[csat - 1] == "    month 2026-01-01, all, value: 50 -> 60 percent (settled)"
    assert "moved, 1 of them settled; cause: late data" in said[csat - 2]
    lines = {line.split()[2]: line for line in said[csat + 1 : csat + 4]}
    assert f"new: numerator {late[1]}, denominator 1  [raw/" in lines[late[0]]
    assert f"gone; was numerator {gone[1]}, denominator 1  [raw/" in lines[gone[0]]
    was, is_ = (f"numerator {good}, denominator 1" for good in (other[1], 1 - other[1]))
    assert f"  was {was}, is {is_}  [raw/" in lines[other[0]]
    assert "    month 2026-01-01, all, value: 80 -> nothing percent" in said
    assert "  it is worked out from its period as a whole, not from records of their own" in said


def test_a_night_on_which_nothing_moved_says_so(home: Home, guarded_shop: Plan) -> None:
    build = guarded_shop.home.build_file
    night(home, build)
    with pytest.raises(ExplainError, match="No two nights have been published yet"):
        list(what_changed(home, load_catalogue(), timezone=TIMEZONE))
    night(home, build)
    said = list(what_changed(home, load_catalogue(), timezone=TIMEZONE))
    assert said[-1].endswith("has moved; the running periods went on.")
    assert len(list(home.published_builds.iterdir())) == 2
