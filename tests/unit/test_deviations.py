"""What deviates anew: a check in Dagster that warns, and one message over a real socket."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from webhook import receiver

from dagster_project.assets.deviations import DEVIATIONS, deviation_check
from dagster_project.assets.serving import MARTS
from dagster_project.home import Home
from dagster_project.night import Night, tonight
from dagster_project.publish import Verdict, publish
from dagster_project.shop import Shop

AS_OF = datetime(2026, 3, 2, 15, tzinfo=UTC)
"""Midnight in Seoul: the second of March is over."""

COLUMNS = (
    "kpi_id varchar, channel varchar, on_date date, hour integer, measure varchar, unit varchar,"
    " value double, expected double, score double, severity varchar, n bigint"
)
KPI = "first_response_time"
SLOW = (KPI, "email", "2026-03-02", None, "within_4_h", "percent", 22.1, 39.25, -5, "warning", 214)
SLOW_HOUR = (KPI, "chat", "2026-03-02", 9, "median", "seconds", 600, 180, 9.8, "severe", 41)
EARLIER = (KPI, "chat", "2026-02-23", None, "median", "seconds", 300, 180, 4, "warning", 90)
LONG_AGO = (KPI, "email", "2026-02-20", *SLOW[3:])

Row = tuple[Any, ...]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "var")


def a_night(home: Home, webhook: str, deviations: Sequence[Row], *, days_later: int = 0) -> Any:
    """Publish a build with these deviations by a job of Dagster's, and return how that ended."""
    shop_file = home.root.parent / "shop.yml"
    shop_file.write_text(
        "name: Lamp\nreporting_timezone: Asia/Seoul\ncurrency: KRW\npii: keep\n"
        "alerts: {webhook: env:HOOK}\n"
        "sources:\n  - {name: drops, kind: files, folder: drops, timezone: UTC}\n"
    )
    (home.root.parent / "drops").mkdir(exist_ok=True)

    @dg.asset(key=DEVIATIONS)
    def mart() -> None:
        build(home, deviations)

    @dg.asset(key=MARTS, deps=[DEVIATIONS])
    def serving(night: dg.ResourceParam[Night]) -> None:
        night.published = publish(
            home,
            as_of=AS_OF + timedelta(days=days_later),
            code_version="1",
            spec_fingerprint="1",
            kpi_fingerprints={},
            verdict=Verdict(run=0, failed=0),
        )

    with tonight(home, Shop.load(shop_file, {"HOOK": webhook})) as night:
        return (
            dg.Definitions(
                assets=[mart, serving],
                asset_checks=[deviation_check],
                jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)],
                resources={"night": night},
            )
            .resolve_job_def("nightly")
            .execute_in_process(raise_on_error=True)
        )


def build(home: Home, deviations: Sequence[Row]) -> None:
    home.warehouse.mkdir(parents=True, exist_ok=True)
    home.build_file.unlink(missing_ok=True)
    with duckdb.connect(home.build_file) as connection:
        connection.execute(
            f"""
            create schema facts;
            create schema marts;
            create table marts.deviations ({COLUMNS});
            create table marts.kpi_catalogue as
            select 'first_response_time' as kpi_id, 'First response time' as label_en
            """
        )
        for row in deviations:
            connection.execute(
                "insert into marts.deviations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )


def the_check(ended: Any) -> dg.AssetCheckEvaluation:
    [evaluation] = ended.get_asset_check_evaluations()
    return evaluation  # type: ignore[no-any-return]


def test_a_new_deviation_warns_and_the_night_goes_well(home: Home) -> None:
    with receiver() as (webhook, told):
        ended = a_night(home, webhook, [SLOW, SLOW_HOUR])

    assert ended.success
    check = the_check(ended)
    assert (check.asset_key, check.check_name) == (DEVIATIONS, "nothing_new_deviates")
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert not check.blocking
    assert check.description is not None
    assert check.description.splitlines() == [
        "First response time, median, chat, 2026-03-02 09:00: 600 seconds where 180 is usual"
        " (n 41, severe)",
        "First response time, within 4 h, email, 2026-03-02: 22.1 percent where 39.25 is usual"
        " (n 214, warning)",
    ]
    [body] = told
    assert body["text"] == "\n".join(["Lamp: 2 new deviations", check.description])


def test_the_message_holds_figures_and_nothing_of_a_person(home: Home) -> None:
    with receiver() as (webhook, told):
        a_night(home, webhook, [SLOW])

    [body] = told
    assert set(body) == {"event", "shop", "at", "deviations", "text"}
    assert (body["event"], body["shop"]) == ("deviations", "Lamp")
    assert body["deviations"] == [
        {
            "kpi_id": "first_response_time",
            "label": "First response time",
            "channel": "email",
            "on_date": "2026-03-02",
            "hour": None,
            "measure": "within_4_h",
            "unit": "percent",
            "value": 22.1,
            "expected": 39.25,
            "severity": "warning",
            "n": 214,
        }
    ]
    assert "@" not in json.dumps(told)


def test_what_was_published_before_is_told_no_second_time(home: Home) -> None:
    with receiver() as (webhook, told):
        a_night(home, webhook, [SLOW])
        again = a_night(home, webhook, [SLOW], days_later=1)
        later = a_night(home, webhook, [SLOW, SLOW_HOUR], days_later=2)

    assert the_check(again).passed
    assert not the_check(later).passed
    assert [[each["channel"] for each in body["deviations"]] for body in told] == [
        ["email"],
        ["chat"],
    ]


def test_the_first_night_tells_of_the_last_day_and_no_night_of_long_ago(home: Home) -> None:
    with receiver() as (webhook, told):
        a_night(home, webhook, [SLOW, EARLIER])
        # Found only now, by another definition.
        a_night(
            home,
            webhook,
            [SLOW, EARLIER, LONG_AGO],
        )

    assert [[each["on_date"] for each in body["deviations"]] for body in told] == [["2026-03-02"]]


def test_a_receiver_that_is_gone_fails_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with receiver(status=500) as (webhook, _):
        ended = a_night(home, webhook, [SLOW])

    assert ended.success
    assert "the alert webhook could not be told: it answered 500" in capsys.readouterr().out
