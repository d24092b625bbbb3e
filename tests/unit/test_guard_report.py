import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from small_build import AS_OF, TIMEZONE, definition, small_build

from dagster_project.home import PROJECT_ROOT
from expectations.catalogue import RULES, DefinitionError, Severities, load_catalogue
from expectations.guards import (
    DIMENSIONS_OF_KPIS,
    GuardReport,
    GuardResult,
    Waiver,
    judge_kpis,
    read_waivers,
    run_guards,
    withhold,
)

SEOUL_TODAY = date(2026, 1, 15)


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as connection:
        yield connection


def report(build: duckdb.DuckDBPyConnection, *waivers: Waiver, **changes: object) -> GuardReport:
    return run_guards(
        build,
        [definition(**changes)],
        waivers=waivers,
        as_of=AS_OF,
        reporting_timezone=TIMEZONE,
    )


def waiver(*, until: date, rule: str = "bounds") -> Waiver:
    return Waiver(kpi_id="answered_rate", rule=rule, until=until, who="Mina", why="new scale")


def break_bounds(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "update marts.kpi_values set n_pending = -1 where period_grain = 'year' and channel = 'all'"
        " and slice = 'all'"
    )


def test_figures_that_are_right_pass_every_rule(build: duckdb.DuckDBPyConnection) -> None:
    results = judge_kpis(build, [definition()], as_of=AS_OF, reporting_timezone=TIMEZONE)

    assert [(result.rule, result.passed, result.message) for result in results] == [
        (rule, True, "") for rule in RULES
    ]


def test_a_shop_without_any_record_passes_every_rule(build: duckdb.DuckDBPyConnection) -> None:
    for table in ("facts.fct_tickets", "entities.int_streams", "marts.kpi_values"):
        build.execute(f"delete from {table}")

    results = judge_kpis(build, [definition()], as_of=AS_OF, reporting_timezone=TIMEZONE)

    assert [result.message for result in results if not result.passed] == []


def test_a_message_names_the_kpi_the_rule_and_the_rows(build: duckdb.DuckDBPyConnection) -> None:
    break_bounds(build)

    [failure] = report(build).failures

    assert failure.observed == 1
    assert failure.message.startswith(
        "answered_rate, rule bounds: n_pending is negative (1 row: period_grain year,"
        " period_start 2026-01-01, channel all, slice all, slice_value all, statistic value,"
    )


@pytest.mark.parametrize(
    ("severity", "blocked", "withheld"),
    [("block", True, set()), ("withhold", False, {"answered_rate"}), ("warn", False, set())],
)
def test_what_a_broken_rule_does_is_its_severity(
    build: duckdb.DuckDBPyConnection, severity: str, blocked: bool, withheld: set[str]
) -> None:
    break_bounds(build)

    judged = report(build, severities={"bounds": severity})

    assert judged.blocked is blocked
    assert set(judged.withheld) == withheld
    assert [result.rule for result in judged.failures] == ["bounds"]


def test_a_waiver_lets_a_broken_rule_pass_up_to_and_on_its_last_day(
    build: duckdb.DuckDBPyConnection,
) -> None:
    break_bounds(build)
    block = {"bounds": "block"}

    assert not report(build, waiver(until=SEOUL_TODAY), severities=block).blocked
    assert report(build, waiver(until=SEOUL_TODAY - timedelta(days=1)), severities=block).blocked


def test_a_waiver_of_another_rule_lets_nothing_pass(build: duckdb.DuckDBPyConnection) -> None:
    break_bounds(build)

    judged = report(build, waiver(until=SEOUL_TODAY, rule="grain"), severities={"bounds": "block"})

    assert judged.blocked


def test_a_waived_failure_stays_in_the_report_with_who_and_why(
    build: duckdb.DuckDBPyConnection,
) -> None:
    break_bounds(build)

    [failure] = report(build, waiver(until=SEOUL_TODAY)).failures

    assert failure.waived_by == "Mina until 2026-01-15: new scale"


def test_a_withheld_kpi_keeps_its_rows_and_loses_its_figures() -> None:
    with small_build() as build:
        build.execute(
            "insert into marts.kpi_values by name"
            " select * replace ('other' as kpi_id) from marts.kpi_values"
        )
        rows = build.execute("select count(*) from marts.kpi_values").fetchall()
        failed = GuardResult(
            kpi_id="other", rule="bounds", severity="withhold", passed=False, message="too high"
        )

        withhold(build, GuardReport([failed]))

        assert build.execute("select count(*) from marts.kpi_values").fetchall() == rows
        assert build.execute(
            """
            select
                kpi_id,
                count(numerator) + count(denominator) + count(value) > 0,
                any_value(withheld_reason)
            from marts.kpi_values
            group by kpi_id
            order by kpi_id
            """
        ).fetchall() == [("answered_rate", True, None), ("other", False, "too high")]


def test_what_other_marts_show_of_a_withheld_kpi_goes_with_it() -> None:
    with small_build() as build:
        build.execute(
            """
            create table marts.agent_performance as
            select 'mina' as agent_id, 12 as tickets, 75 as one_touch, 80 as csat_score;
            create table marts.ticket_topics as
            select 'delivery' as topic, 80 as csat_score, 60 as one_touch_share;
            """
        )
        failed = GuardResult(
            kpi_id="one_touch_resolution_rate",
            rule="bounds",
            severity="withhold",
            passed=False,
            message="too high",
        )

        withhold(build, GuardReport([failed]))

        assert build.execute("from marts.agent_performance").fetchall() == [("mina", 12, None, 80)]
        assert build.execute("from marts.ticket_topics").fetchall() == [("delivery", 80, None)]


def test_a_withheld_kpi_has_an_empty_tile() -> None:
    with small_build() as build:
        build.execute(
            "insert into marts.kpi_latest"
            " select * replace ('other' as kpi_id) from marts.kpi_latest"
        )
        failed = GuardResult(
            kpi_id="other", rule="bounds", severity="withhold", passed=False, message="too high"
        )

        withhold(build, GuardReport([failed]))

        assert build.execute("select * from marts.kpi_latest order by kpi_id").fetchall() == [
            ("answered_rate", 50, 40, 10, None, "better", 75, 80, -5, None, "worse", "met", None),
            ("other", *[None] * 11, "too high"),
        ]


@pytest.mark.parametrize(
    ("kpi_id", "unrated"),
    [
        ("self_service_rate", {"self_service"}),
        # Gestures count where the whole is good.
        ("csat_mean", {"quality", "overall", "delight"}),
        ("other", set()),
    ],
)
def test_a_level_that_hangs_on_a_withheld_kpi_is_not_told_nor_is_the_whole(
    build: duckdb.DuckDBPyConnection, kpi_id: str, unrated: set[str]
) -> None:
    dimensions = ["response", "quality", "self_service", "delight", "overall"]
    build.execute(
        """
        create table marts.service_levels as
        select
            unnest(?) as dimension, 4 as level, '' as label_en, '' as label_ko, 4.8 as value,
            '' as next_level_asks, 4.95 as next_level_needs, -0.15 as gap,
            3 as tickets_a_week_it_means, '' as next_step_en, '' as next_step_ko, 'of all' as reason
        """,
        [dimensions],
    )
    failed = GuardResult(
        kpi_id=kpi_id, rule="bounds", severity="withhold", passed=False, message="too high"
    )

    withhold(build, GuardReport([failed]))

    told = {row[0]: row[1:] for row in build.execute("from marts.service_levels").fetchall()}
    assert told == {
        dimension: (*[None] * 10, "withheld: too high")
        if dimension in unrated
        else (4, "", "", Decimal("4.8"), "", Decimal("4.95"), Decimal("-0.15"), 3, "", "", "of all")
        for dimension in dimensions
    }


def test_every_kpi_that_a_level_hangs_on_takes_it_out_where_it_is_withheld() -> None:
    steps = (PROJECT_ROOT / "dbt_project/models/marts/steps").glob("int_service_levels__*.sql")
    named = {name for step in steps for name in re.findall(r"'([a-z_]+)'", step.read_text())}
    assert named & {kpi.id for kpi in load_catalogue()} == set(DIMENSIONS_OF_KPIS)


def test_a_goal_of_a_withheld_kpi_is_told_without_figures(
    build: duckdb.DuckDBPyConnection,
) -> None:
    build.execute(
        """
        insert into marts.goal_progress values
            ('soon', 'answered_rate', '2026-01-01', 12, 75, 0.5, 'on_track', null),
            ('vague', 'answered_rate', null, null, null, null, 'refused', 'say who owns it'),
            ('else', 'other', '2026-01-01', 12, 75, 1, 'met', null)
        """
    )
    failed = GuardResult(
        kpi_id="answered_rate", rule="bounds", severity="withhold", passed=False, message="too high"
    )

    withhold(build, GuardReport([failed]))

    assert build.execute(
        "select goal_id, n, current, progress_ratio, status, reason from marts.goal_progress"
        " order by goal_id"
    ).fetchall() == [
        ("else", 12, 75, 1, "met", None),
        ("soon", None, None, None, "no_data", "withheld: too high"),
        ("vague", None, None, None, "refused", "say who owns it"),
    ]


def test_a_withheld_kpi_deviates_from_nothing(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("insert into marts.deviations values ('answered_rate', 'all'), ('other', 'all')")
    failed = GuardResult(
        kpi_id="answered_rate", rule="bounds", severity="withhold", passed=False, message="too high"
    )

    withhold(build, GuardReport([failed]))

    assert build.execute("select kpi_id from marts.deviations").fetchall() == [("other",)]


def test_waivers_are_read_from_their_seed(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "insert into seeds.guard_waivers values"
        " ('answered_rate', 'bounds', '2026-01-15', 'Mina', 'new scale')"
    )

    assert read_waivers(build, [definition()]) == [waiver(until=SEOUL_TODAY)]


@pytest.mark.parametrize(("kpi_id", "rule"), [("answered_rat", "bounds"), ("answered_rate", "x")])
def test_a_waiver_of_what_does_not_exist_is_refused(
    build: duckdb.DuckDBPyConnection, kpi_id: str, rule: str
) -> None:
    build.execute(
        "insert into seeds.guard_waivers values (?, ?, '2026-01-15', 'Mina', 'new scale')",
        [kpi_id, rule],
    )

    with pytest.raises(DefinitionError, match=f"{kpi_id}, {rule}: there is no such KPI and rule"):
        read_waivers(build, [definition()])


def test_a_rule_blocks_unless_its_definition_says_otherwise() -> None:
    assert {rule for rule in RULES if getattr(Severities(), rule) == "block"} == {*RULES} - {
        "bounds",
        "rates",
    }
