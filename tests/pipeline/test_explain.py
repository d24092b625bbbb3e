"""Whatever is published can be taken apart: its records give its figure and lead to their loads."""

import os
import re
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.explain import Question, explain
from dagster_project.home import Home
from dagster_project.night import Plan
from dagster_project.publish import Verdict, publish
from expectations.catalogue import KpiDefinition, load_catalogue
from expectations.published import Published
from expectations.second_way import Records, SecondWay

DEFINITIONS = {kpi.id: kpi for kpi in load_catalogue()}

NO_NAME = "They have no name of their own here"


@pytest.fixture(scope="module")
def home(guarded_shop: Plan, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The shop, published; of its build nothing is left but what publishing keeps."""
    home = Home(tmp_path_factory.mktemp("explained"))
    home.warehouse.mkdir()
    home.lake.symlink_to(guarded_shop.home.lake)
    shutil.copy(guarded_shop.home.build_file, home.build_file)
    publish(
        home,
        as_of=AS_OF,
        code_version="",
        spec_fingerprint="",
        kpi_fingerprints={},
        verdict=Verdict(run=0, failed=0),
    )
    home.build_file.unlink()
    return home


def busiest(home: Home, kpi: KpiDefinition) -> Question:
    """Return the cell of one channel (where there are any) that rests on most observations."""
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        [(grain, start, channel)] = connection.execute(
            """
            select period_grain, period_start, channel
            from marts.kpi_values
            where kpi_id = ? and slice = 'all' and n > 0
            order by
                period_grain = 'year', channel = 'all', n desc, period_grain, period_start, channel
            limit 1
            """,
            [kpi.id],
        ).fetchall()
    return Question(kpi, grain, pd.Timestamp(start), channel)


def records_of(home: Home, question: Question) -> Records:
    [build] = home.published_builds.iterdir()
    as_of = pd.Timestamp(AS_OF).tz_localize(None)
    with duckdb.connect(build, read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        read = Published.read(connection, [question.kpi], as_of=as_of, timezone=TIMEZONE)
        way = SecondWay(connection, question.kpi, read.clocks[question.kpi.id])
        return way.records(question.period, question.channel)


@pytest.mark.parametrize("kpi_id", DEFINITIONS)
def test_the_records_of_a_figure_give_what_is_published(home: Home, kpi_id: str) -> None:
    kpi = DEFINITIONS[kpi_id]
    question = busiest(home, kpi)
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        [(numerator, denominator, value)] = connection.execute(
            """
            select numerator, denominator, value
            from marts.kpi_values
            where
                kpi_id = $kpi_id
                and period_grain = $period_grain
                and period_start = $period_start
                and channel = $channel
                and slice = 'all'
                and statistic in ('value', 'mean', 'count')
            """,
            question.cell,
        ).fetchall()

    observed = records_of(home, question).observed

    if kpi.kind == "state":
        assert kpi.stands_for * len(observed) == value
    elif kpi.kind == "distribution":
        assert (observed["value"].sum(), len(observed)) == (numerator, denominator)
    else:
        sums = observed[["numerator", "denominator"]].sum()
        assert sums.to_list() == pytest.approx([numerator, denominator], rel=2e-6)


def said(home: Home, question: Question) -> str:
    return "\n".join(explain(home, question, timezone=TIMEZONE, shows_all=True))


def test_each_ticket_is_named_with_its_load_and_what_is_left_out_with_its_reason(
    home: Home,
) -> None:
    text = said(home, busiest(home, DEFINITIONS["unanswered_rate"]))
    counted, _, left_out = text.partition("\nin it: ")[2].partition("\nleft out: ")
    ticket = (
        r"    drops ticket \d{4}  2\S+ \S+  email  numerator [01], denominator 1"
        r"  \[raw/source=drops/stream=tickets/load_id=00000001/part-0\.parquet\]"
    )
    number, *lines = counted.strip().splitlines()
    assert len(lines) == int(number) > 10
    assert all(re.fullmatch(ticket, line) for line in lines)
    number, *lines = left_out.partition("\nby its definition")[0].strip().splitlines()
    assert len(lines) == int(number) > 0
    assert any("  excluded: spam  [" in line for line in lines)
    assert any("not opened_by == 'customer' (opened_by is automation)" in line for line in lines)
    assert "DIFFERS" not in text


def test_records_of_several_kinds_are_named_each_by_its_own(home: Home) -> None:
    january = Question(DEFINITIONS["contact_rate"], "month", pd.Timestamp("2026-01-01"), "all")
    text = said(home, january)
    for kind, stream in (
        ("ticket", "tickets"),
        ("contact", "live_contacts"),
        ("order", "orders"),
    ):
        named = rf"    drops {kind} \S+  .* denominator [01]  \[raw/source=drops/stream={stream}/"
        assert re.search(named, text)


def test_what_has_no_record_of_its_own_is_said_plainly(home: Home) -> None:
    assert NO_NAME in said(home, busiest(home, DEFINITIONS["retention_rate"]))
    assert NO_NAME not in said(home, busiest(home, DEFINITIONS["csat_score"]))


def test_a_figure_that_is_not_what_its_records_give_is_told(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path)
    shutil.copytree(home.serving, other.serving)
    other.warehouse.mkdir()
    other.published_builds.symlink_to(home.published_builds)
    other.lake.symlink_to(home.lake)
    question = busiest(home, DEFINITIONS["csat_score"])
    with duckdb.connect(other.kpi_file) as connection:
        connection.execute("update marts.kpi_values set value = 1 where kpi_id = 'csat_score'")
    assert "DIFFERS from its records in value: run `make rebuild`" in said(other, question)
    os.unlink(other.published_builds)  # noqa: PTH108
    assert "Its records cannot be listed" in said(other, question)


def test_nobody_is_shown(home: Home) -> None:
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        persons = connection.execute("select person_id from facts.dim_persons").fetchall()
    text = said(home, busiest(home, DEFINITIONS["feedback_follow_up_rate"]))
    assert "person_id is unknown" in text or "person_id.notnull()" not in text
    assert "@example.com" not in text
    assert not any(person in text for (person,) in persons)
