"""An analyst adds a KPI by writing two files, its definition and its model, and nothing else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.home import PROJECT_ROOT, Home
from expectations.catalogue import load_catalogue
from expectations.guards import judge_kpis
from expectations.new_kpi import LayoutError, lay_out

WORDS = {
    "label": {"en": "A new KPI", "ko": "새 지표"},
    "question": "How many?",
    "definition": "So many.",
    "counts": "Everything.",
    "leaves_out": "Nothing.",
    "better": "higher",
    "attributed_to": "its instant",
    "document": "A document",
    "section": "KPI 0",
    "status": "settled",
    "owner": "An analyst",
    "mutants": [{"name": f"slip {n}", "replace": "this", "by": "that"} for n in range(3)],
}

DEFINITIONS: dict[str, dict[str, Any]] = {
    "phone_share": {
        "kind": "ratio",
        "unit": "percent",
        "needs": ["tickets"],
        "slices": ["team"],
        "bounds": {"at_least": 0, "at_most": 100},
        "second_way": {
            "records": "select created_at as at, channel, exclusion_reason from facts.fct_tickets",
            "where": "exclusion_reason.isnull()",
            "numerator": "channel == 'phone'",
            "denominator": "1",
        },
        "example": {
            "text": "One of four tickets is a call: 25 %.",
            "rows": {"facts.fct_tickets": [{"channel": "phone"}, {"repeat": 3, "channel": "chat"}]},
            "gives": {"value": 25},
        },
    },
    "queue_time": {
        "kind": "distribution",
        "unit": "seconds",
        "needs": ["live_contacts"],
        "statistics": ["mean", "median"],
        "bounds": {"at_least": 0},
        "second_way": {
            "records": "select started_at as at, channel, queue_seconds"
            " from facts.fct_live_contacts",
            "value": "queue_seconds",
        },
        "example": {
            "text": "Waits of 10, 20 and 60 s: 30 s on average, 20 s in the middle.",
            "rows": {"facts.fct_live_contacts": [{"queue_seconds": s} for s in (10, 20, 60)]},
            "gives": {"mean": 30, "median": 20},
        },
    },
    "returning_buyers": {
        "kind": "set",
        "unit": "percent",
        "needs": ["orders"],
        "grains": ["month", "quarter", "year"],
        "by_channel": False,
        "bounds": {"at_least": 0, "at_most": 100},
        "second_way": {
            "records": """
                select
                    person_id,
                    count_if(created_at < $starts_at) as before,
                    count_if(created_at >= $starts_at and created_at < $ends_at) as bought
                from facts.fct_orders
                where person_id is not null
                group by person_id
            """,
            "where": "bought > 0",
            "numerator": "before > 0",
            "denominator": "1",
        },
        "example": {
            "text": "Of two buyers in February one had bought before: 50 %.",
            "starts_at": "2026-02-01 00:00:00",
            "ends_at": "2026-03-01 00:00:00",
            "rows": {
                "facts.fct_orders": [
                    {"person_id": "a", "created_at": "2026-01-05 00:00:00"},
                    {"person_id": "a", "created_at": "2026-02-05 00:00:00"},
                    {"person_id": "b", "created_at": "2026-02-06 00:00:00"},
                ]
            },
            "gives": {"value": 50},
        },
    },
    "running_subscriptions": {
        "kind": "state",
        "unit": "customers",
        "needs": ["subscriptions"],
        "statistics": ["count"],
        "by_channel": False,
        "bounds": {"at_least": 0},
        "second_way": {
            "records": "select started_at, ended_at from facts.fct_subscriptions",
            "where": "started_at < @ends_at and not ended_at < @ends_at",
        },
        "example": {
            "text": "Of three subscriptions one has ended by the end of January and one not begun.",
            "ends_at": "2026-02-01 00:00:00",
            "rows": {
                "facts.fct_subscriptions": [
                    {"started_at": "2026-01-01 00:00:00"},
                    {"started_at": "2026-01-01 00:00:00", "ended_at": "2026-01-05 00:00:00"},
                    {"started_at": "2026-02-05 00:00:00"},
                ]
            },
            "gives": {"count": 1},
        },
    },
}

MODELS = {
    "phone_share": """
        select
            created_at as observed_at,
            channel,
            team_id as team,
            case when channel = 'phone' then 1 else 0 end as numerator,
            1 as denominator,
            0 as n_pending
        from {{ ref('fct_tickets') }}
        where exclusion_reason is null
    """,
    "queue_time": """
        select
            started_at as observed_at,
            channel,
            queue_seconds as value,
            0 as n_pending
        from {{ ref('fct_live_contacts') }}
    """,
    "returning_buyers": """
        select
            buyers.period_grain,
            buyers.period_start,
            cast(null as varchar) as channel,
            count_if(firsts.first_at < buyers.start_at) as numerator,
            count(*) as denominator,
            count(*) as n
        from (
            select distinct
                periods.period_grain,
                periods.period_start,
                periods.start_at,
                orders.person_id
            from {{ ref('int_periods') }} as periods
            inner join {{ ref('fct_orders') }} as orders
                on periods.start_at <= orders.created_at and periods.end_at > orders.created_at
            where periods.period_grain in ('month', 'quarter', 'year')
        ) as buyers
        inner join (
            select person_id, min(created_at) as first_at
            from {{ ref('fct_orders') }}
            group by person_id
        ) as firsts
            on buyers.person_id = firsts.person_id
        group by buyers.period_grain, buyers.period_start
    """,
    "running_subscriptions": """
        select
            periods.period_grain,
            periods.period_start,
            cast(null as varchar) as channel,
            count(*) as value,
            count(*) as n
        from {{ ref('int_periods') }} as periods
        inner join {{ ref('fct_subscriptions') }} as subscriptions
            on
                periods.end_at > subscriptions.started_at
                and (
                    subscriptions.ended_at is null
                    or periods.end_at <= subscriptions.ended_at
                )
        group by periods.period_grain, periods.period_start
    """,
}


LAID_OUT = {"my_share": "unanswered_rate", "my_time": "reply_time", "my_stock": "backlog"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with two files more for each of the KPIs."""
    copy = tmp_path_factory.mktemp("project")
    for folder in ("dagster_project", "dbt_project", "expectations", "seeds"):
        shutil.copytree(PROJECT_ROOT / folder, copy / folder)
    for kpi_id, definition in DEFINITIONS.items():
        (copy / f"expectations/kpis/{kpi_id}.yml").write_text(
            yaml.safe_dump({"id": kpi_id, **WORDS, **definition}), encoding="utf-8"
        )
        (copy / f"dbt_project/models/kpis/kpi_{kpi_id}.sql").write_text(MODELS[kpi_id])
    for kpi_id, like in LAID_OUT.items():
        lay_out(
            kpi_id,
            like,
            definitions=copy / "expectations/kpis",
            models=copy / "dbt_project/models/kpis",
        )
    return copy


@pytest.fixture(scope="module")
def build(project: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import pathlib, guarded_shop; guarded_shop.build_shop(pathlib.Path.cwd())",
        ],
        cwd=project,
        env={**os.environ, "PYTHONPATH": f"{project}:{Path(__file__).parent}"},
        check=True,
    )
    with duckdb.connect(str(Home(project / "var").build_file)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("kpi_id", DEFINITIONS)
def test_a_kpi_of_each_kind_is_published_and_guarded_by_two_files(
    project: Path, build: duckdb.DuckDBPyConnection, kpi_id: str
) -> None:
    definitions = {each.id: each for each in load_catalogue(project / "expectations/kpis")}
    results = judge_kpis(build, [definitions[kpi_id]], as_of=AS_OF, reporting_timezone=TIMEZONE)

    [(observations,)] = build.execute(
        "select sum(n) from marts.kpi_values where kpi_id = ? and period_grain = 'year'", [kpi_id]
    ).fetchall()
    assert observations > 0
    assert [result.message for result in results if not result.passed] == []


@pytest.mark.parametrize(("kpi_id", "like"), LAID_OUT.items())
def test_a_kpi_that_was_just_laid_out_tells_what_its_pattern_tells(
    build: duckdb.DuckDBPyConnection, kpi_id: str, like: str
) -> None:
    told = [
        build.execute(
            "select columns(* exclude kpi_id) from marts.kpi_values where kpi_id = ? order by all",
            [each],
        ).fetchall()
        for each in (kpi_id, like)
    ]
    assert told[0]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("kpi_id", "like", "says"),
    [
        ("Refund share", "unanswered_rate", "is no id of a KPI"),
        ("csat_score", "unanswered_rate", "is there already"),
        ("refund_share", "unanswerd_rate", "There is no KPI 'unanswerd_rate' to copy"),
    ],
)
def test_a_layout_that_cannot_be_is_refused_and_writes_nothing(
    kpi_id: str, like: str, says: str
) -> None:
    with pytest.raises(LayoutError, match=says):
        lay_out(kpi_id, like)
    assert not (PROJECT_ROOT / "expectations/kpis/refund_share.yml").exists()


def test_the_eight_subscriptions_less_the_two_that_ended_run_at_the_end_of_the_year(
    build: duckdb.DuckDBPyConnection,
) -> None:
    assert build.execute(
        """
        select period_start, value
        from marts.kpi_values
        where
            kpi_id = 'running_subscriptions'
            and period_grain = 'month'
            and period_start between '2025-11-01' and '2026-02-01'
        order by period_start
        """
    ).df()["value"].to_list() == [8, 6, 5, 4]
