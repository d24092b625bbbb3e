"""Which published figures moved, why, and when that warns or stops the night."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from small_build import AS_OF, TIMEZONE, definition, small_build

from expectations.guards import GuardResult, Waiver, judge_history
from expectations.history import revisions

SAME, OTHER = {"answered_rate": "abc"}, {"answered_rate": "def"}

TUESDAY = "period_grain = 'day' and period_start = '2026-01-06' and channel = 'all'"
"""Two tickets, as many as are rateable here. One of them is answered, so 50 %.

It ended nine days before the cut and matured two days later, so it has been mature for six.
"""

WEEK = "period_grain = 'week' and period_start = '2026-01-05' and channel = 'all'"
"""Mature since a day before the cut."""


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as connection:
        yield connection


@pytest.fixture
def published(build: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """What readers have: the very build that is to be published."""
    path = tmp_path / "the shop's kpi.duckdb"
    quoted = str(path).replace("'", "''")
    as_of = AS_OF.replace(tzinfo=None)
    build.execute(
        f"""
        attach '{quoted}' as file;
        create schema file.marts;
        create table file.marts.kpi_values as from marts.kpi_values;
        create table file.marts.data_quality as from marts.data_quality;
        create table file.marts.publish_manifest as
            from (values
                ('{{"answered_rate": "old"}}', timestamp '2026-01-13', timestamp '2026-01-13'),
                ('{{"answered_rate": "abc"}}', timestamp '{as_of}', timestamp '2026-01-14')
            ) as builds (kpi_fingerprints, as_of, published_at);
        detach file
        """
    )
    return path


def change(file: Path, sql: str) -> None:
    with duckdb.connect(file) as connection:
        connection.execute(sql)


def moved(
    build: duckdb.DuckDBPyConnection, published: Path, fingerprints: dict[str, str] = SAME
) -> pd.DataFrame:
    return revisions(
        build,
        published,
        definitions=[definition()],
        fingerprints=fingerprints,
        timezone=TIMEZONE,
    )


def judged(
    build: duckdb.DuckDBPyConnection,
    published: Path,
    *waivers: Waiver,
    fingerprints: dict[str, str] = SAME,
) -> GuardResult:
    [result] = judge_history(
        build,
        [definition()],
        moved(build, published, fingerprints),
        waivers=waivers,
        as_of=AS_OF,
        reporting_timezone=TIMEZONE,
    )
    return result


def says(result: GuardResult) -> str:
    return "passes" if result.passed else result.severity


def test_what_is_told_again_is_no_revision(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    assert moved(build, published).empty
    assert says(judged(build, published)) == "passes"


def test_a_revision_says_from_what_to_what(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    build.execute(f"update marts.kpi_values set value = 75, n = 4 where {TUESDAY}")

    [row] = moved(build, published).to_dict("records")

    assert (row["kpi_id"], row["period_grain"], row["channel"]) == ("answered_rate", "day", "all")
    assert row["period_start"] == pd.Timestamp("2026-01-06")
    assert (row["was"], row["is"], row["was_n"], row["n"]) == (50, 75, 2, 4)
    assert row["was_mature"]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("52", "passes"),
        ("52.1", "warn"),
        ("47.9", "warn"),
        ("70", "warn"),
        ("70.1", "block"),
        ("29.9", "block"),
        ("null", "block"),
    ],
)
def test_a_mature_figure_that_moves_by_over_2_points_warns_and_by_over_20_blocks(
    build: duckdb.DuckDBPyConnection, published: Path, value: str, verdict: str
) -> None:
    build.execute(f"update marts.kpi_values set value = {value} where {TUESDAY}")
    assert says(judged(build, published)) == verdict


@pytest.mark.parametrize(
    ("was", "value", "verdict"),
    [
        (50, 51, "passes"),
        (50, 51.1, "warn"),
        (50, 60, "warn"),
        (50, 39.9, "block"),
        # Of nothing no share can be told.
        (0, 60, "warn"),
    ],
)
def test_what_is_no_percentage_moves_by_a_share_of_what_it_was(
    build: duckdb.DuckDBPyConnection, published: Path, was: float, value: float, verdict: str
) -> None:
    in_seconds = f"update marts.kpi_values set unit = 'seconds', value = {was} where {TUESDAY}"
    change(published, in_seconds)
    build.execute(f"update marts.kpi_values set value = {value} where {TUESDAY}")
    assert says(judged(build, published)) == verdict


def test_a_channel_that_is_gone_has_moved_by_all_of_itself(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    build.execute("delete from marts.kpi_values where channel = 'email'")

    rows = moved(build, published).query("period_grain == 'week' and was_mature")

    assert rows[["was", "n"]].to_numpy().tolist() == [[50, 0]]
    assert rows["is"].isna().all()
    assert says(judged(build, published)) == "warn"


def test_what_was_young_or_few_is_told_and_not_held_to_it(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    young = "period_grain = 'day' and period_start = '2026-01-13' and channel = 'all'"
    few = "period_grain = 'day' and period_start = '2026-01-06' and channel = 'chat'"
    build.execute(f"update marts.kpi_values set value = 1 where ({young}) or ({few})")

    rows = moved(build, published)

    assert rows[["was_n", "was_mature"]].to_numpy().tolist() == [[1, True], [1, False]]
    assert says(judged(build, published)) == "passes"


def test_what_has_matured_just_now_may_move_far_and_warns(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    build.execute(f"update marts.kpi_values set value = 100 where {WEEK}")
    assert moved(build, published)["mature_days"].to_list() == [1]
    assert says(judged(build, published)) == "warn"


@pytest.mark.parametrize(("days", "verdict"), [("6", "block"), ("7", "warn")])
def test_a_figure_is_held_once_it_has_been_mature_for_the_days_of_grace(
    build: duckdb.DuckDBPyConnection, published: Path, days: str, verdict: str
) -> None:
    build.execute(f"update marts.kpi_values set value = 100 where {TUESDAY}")
    build.execute(f"update seeds.settings set value = '{days}' where name = 'revision_grace_days'")
    assert says(judged(build, published)) == verdict


def test_a_period_that_was_not_over_only_grew(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    build.execute("update marts.kpi_values set value = 1 where period_grain = 'month'")
    assert moved(build, published).empty


@pytest.mark.parametrize("withheld", ["then", "now"])
def test_what_is_withheld_is_not_compared(
    build: duckdb.DuckDBPyConnection, published: Path, withheld: str
) -> None:
    sql = "update marts.kpi_values set value = null, withheld_reason = 'no rate'"
    if withheld == "then":
        change(published, sql)
    else:
        build.execute(sql)
    assert moved(build, published).empty


def test_a_night_that_goes_back_in_time_compares_what_is_over_in_both(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    build.execute("delete from marts.kpi_values where period_start > '2026-01-07'")
    assert moved(build, published).empty


@pytest.mark.parametrize(
    ("changed", "fingerprints", "cause", "verdict"),
    [
        ("", SAME, "rebuild", "block"),
        ("update marts.data_quality set newest = 5", SAME, "late data", "block"),
        # A record that is read again unchanged is no news.
        ("update marts.data_quality set unchanged = 2", SAME, "rebuild", "block"),
        ("update marts.data_quality set newest = 5", OTHER, "definition", "passes"),
    ],
)
def test_the_cause_is_the_definition_else_late_data_else_a_rebuild(
    build: duckdb.DuckDBPyConnection,
    published: Path,
    changed: str,
    fingerprints: dict[str, str],
    cause: str,
    verdict: str,
) -> None:
    build.execute(f"update marts.kpi_values set value = 100 where {TUESDAY}; {changed}")

    assert moved(build, published, fingerprints)["cause"].to_list() == [cause]
    assert says(judged(build, published, fingerprints=fingerprints)) == verdict


def test_what_a_code_without_fingerprints_published_may_be_another_definition(
    build: duckdb.DuckDBPyConnection, published: Path
) -> None:
    change(published, "alter table marts.publish_manifest drop column kpi_fingerprints")
    build.execute(f"update marts.kpi_values set value = 100 where {TUESDAY}")
    assert moved(build, published)["cause"].to_list() == ["definition"]


def test_a_waiver_lets_a_figure_move(build: duckdb.DuckDBPyConnection, published: Path) -> None:
    build.execute(f"update marts.kpi_values set value = 100 where {TUESDAY}")
    waiver = Waiver(
        kpi_id="answered_rate", rule="history", until=date(2026, 1, 15), who="Kim", why="import"
    )

    result = judged(build, published, waiver)

    assert not result.counts
    assert "moved by over 20 %, its definition unchanged (1 row: period_grain day" in result.message
