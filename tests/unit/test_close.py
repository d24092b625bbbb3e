"""A month that was signed stays what it was, and a month that still moves is not signed."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import power_cuts
import pytest
from test_publish import rows

from dagster_project.close import CloseError, close
from dagster_project.home import Home
from dagster_project.publish import Verdict, publish

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def night(
    home: Home, *, csat: float = 80, october: str = "true, true", late: str = "false"
) -> None:
    """Publish October, which is complete and mature or not, and the beginning of November."""
    home.warehouse.mkdir(parents=True, exist_ok=True)
    home.build_file.unlink(missing_ok=True)
    with duckdb.connect(home.build_file) as connection:
        connection.execute(
            f"""
            create schema facts;
            create schema marts;
            create table marts.kpi_values as
                from (values
                    ('csat_score', 'month', date '2026-10-01', {csat}, {october}),
                    ('csat_score', 'day', date '2026-10-01', 100, {october}),
                    ('csat_score', 'month', date '2026-11-01', 90, false, false),
                    ('backlog', 'month', date '2026-10-01', 7, true, true)
                ) as told (kpi_id, period_grain, period_start, value, is_complete, is_mature);
            create table marts.agent_performance as
                from (values
                    (date '2026-10-01', 'kim', {csat}), (date '2026-11-01', 'kim', 1)
                ) as told (period_start, agent_id, csat_score);
            create table marts.kpi_catalogue as
                from (values ('csat_score', '14d'), ('backlog', '0d'))
                as told (kpi_id, matures_after);
            create table marts.data_quality as
                select 'desk' as source, 'surveys' as stream, {late} as is_late;
            """
        )
    publish(
        home,
        as_of=datetime(2026, 11, 20, 15, tzinfo=UTC),
        code_version="",
        spec_fingerprint="",
        kpi_fingerprints={},
        verdict=Verdict(run=0, failed=0),
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "the shop's home")


def closed_figures(home: Home) -> list[tuple[object, ...]]:
    return rows(
        home, "select kpi_id, period_grain, period_start, value from closed.kpi_values order by all"
    )


def test_a_closed_month_stands_beside_the_living_one(home: Home) -> None:
    night(home, csat=80)
    assert "2026-10 is closed by Mina" in close(home, "2026-10", signed_by="Mina")
    signed = [("backlog", "month", OCTOBER, 7), ("csat_score", "month", OCTOBER, 80)]
    assert closed_figures(home) == signed
    night(home, csat=84)
    assert closed_figures(home) == signed
    living = (
        "select value from marts.kpi_values where kpi_id = 'csat_score' and value between 1 and 89"
    )
    assert rows(home, living) == [(84,)]
    assert rows(home, "from closed.agent_performance") == [(OCTOBER, "kim", 80)]
    [(month, signed_by, build_id)] = rows(
        home, "select month, signed_by, build_id from closed.months"
    )
    assert (month, signed_by) == (OCTOBER, "Mina")
    assert (build_id,) in rows(home, "select min(build_id) from marts.publish_manifest")


def test_a_closed_month_is_not_signed_anew(home: Home) -> None:
    night(home)
    close(home, "2026-10", signed_by="Mina")
    before = home.kpi_file.read_bytes()
    with pytest.raises(CloseError, match=r"2026-10 was closed by Mina on .* and stays as it was"):
        close(home, "2026-10", signed_by="Kim")
    assert home.kpi_file.read_bytes() == before


@pytest.mark.parametrize(
    ("month", "told", "reason"),
    [
        ("2026-11", {}, r"2026-11 cannot be closed: it is not over as of 2026-11-20 15:00 UTC"),
        ("2026-12", {}, r"2026-12 holds no figure"),
        (
            "2026-10",
            {"october": "true, false"},
            r"cannot be closed yet: csat_score may still .* The night of 2026-11-15 settles",
        ),
        (
            "2026-10",
            {"october": "false, false", "late": "true"},
            r"its streams stop before its end \(desk.surveys\); .* Open: csat_score\.",
        ),
        ("October", {}, r"'October' is none: make close MONTH=2026-10"),
        ("2026-13", {}, r"'2026-13' is none"),
    ],
)
def test_a_month_that_still_moves_is_refused_with_the_reason(
    home: Home, month: str, told: dict[str, str], reason: str
) -> None:
    night(home, **told)
    with pytest.raises(CloseError, match=reason):
        close(home, month, signed_by="Mina")
    assert not home.closed.exists()


def test_nothing_can_be_closed_before_anything_is_published(home: Home) -> None:
    with pytest.raises(CloseError, match="run `make nightly`"):
        close(home, "2026-10", signed_by="Mina")


def close_october(home: Home) -> None:
    close(home, "2026-10", signed_by="Mina")


def test_a_power_cut_at_any_step_leaves_the_month_open_or_closed_whole(home: Home) -> None:
    night(home)
    runs = 0
    for _ in power_cuts.cut_short(close_october, home):
        runs += 1
        if (home.closed / "2026-10").exists():
            signature = json.loads((home.closed / "2026-10/signature.json").read_text())
            assert signature["signed_by"] == "Mina"
    assert runs > 5
    assert len(closed_figures(home)) == 2
