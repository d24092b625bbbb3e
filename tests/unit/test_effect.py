"""What a change does to figures is told before it is committed."""

import subprocess
from pathlib import Path

import duckdb
import pytest

from dagster_project.effect import EffectError, changed_since, compared


def build(path: Path, rows: str) -> Path:
    """Write a build whose figures are kpi, grain, month, channel, value, is_mature."""
    with duckdb.connect(path) as connection:
        connection.execute(
            f"""
            create schema marts;
            create table marts.kpi_values as
            select
                *, 'all' as slice, 'value' as statistic, 'percent' as unit
            from (values {rows})
                as told (kpi_id, period_grain, period_start, channel, value, is_mature)
            """
        )
    return path


SAME = "('csat_score', 'month', date '2026-08-01', 'all', 80.0, true)"


def test_the_newest_settled_month_that_is_another_one_is_told(tmp_path: Path) -> None:
    before = build(
        tmp_path / "before.duckdb",
        f"""{SAME},
        ('loyal', 'month', date '2026-08-01', 'all', 50.0, true),
        ('loyal', 'month', date '2026-09-01', 'all', 60.25, true),
        ('loyal', 'month', date '2026-09-01', 'email', 61.0, true),
        ('loyal', 'month', date '2026-10-01', 'all', 70.0, false),
        ('old', 'month', date '2026-09-01', 'all', 1.0, true)""",
    )
    after = build(
        tmp_path / "after.duckdb",
        f"""{SAME},
        ('loyal', 'month', date '2026-08-01', 'all', 50.0, true),
        ('loyal', 'month', date '2026-09-01', 'all', 62.5, true),
        ('loyal', 'month', date '2026-09-01', 'email', 61.0, true),
        ('loyal', 'month', date '2026-10-01', 'all', 71.0, false),
        ('fresh', 'month', date '2026-09-01', 'all', null, true),
        ('fresh', 'month', date '2026-08-01', 'all', 9.5, true)""",
    )
    assert list(compared(before, after))[1:] == [
        "    fresh, value  is new; 2026-08: nothing -> 9.5 percent  2 figures",
        "    loyal, value  2026-09: 60.25 -> 62.5 percent           2 of 4 figures",
        "    old, value    is gone                                  1 figures",
    ]


def test_a_change_without_an_effect_says_so(tmp_path: Path) -> None:
    before, after = (build(tmp_path / f"{side}.duckdb", SAME) for side in ("before", "after"))
    assert list(compared(before, after)) == ["no figure of the demo shop is another one"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A committed project with a setting, a definition and a page."""
    for name in ("seeds/settings.csv", "expectations/kpis/csat_score.yml", "docs/page.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("as it was\n")
    who = ("-c", "user.name=Kim", "-c", "user.email=kim@shop.example")
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "A project"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_what_decides_no_figure_is_no_change(project: Path) -> None:
    (project / "docs/page.md").write_text("other words\n")
    assert changed_since(project, "HEAD") == []


def test_changed_and_new_files_are_a_change(project: Path) -> None:
    (project / "seeds/settings.csv").write_text("another\n")
    (project / "expectations/kpis/refund_share.yml").write_text("new\n")
    assert changed_since(project, "HEAD") == [
        "expectations/kpis/refund_share.yml",
        "seeds/settings.csv",
    ]


def test_a_commit_that_is_none_is_refused_in_plain_words(project: Path) -> None:
    with pytest.raises(EffectError, match="make effect AGAINST="):
        changed_since(project, "no-such-commit")
