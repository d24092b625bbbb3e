"""Every definition names slips that its guards have to notice; here each of them is made."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from guarded_shop import AS_OF, TIMEZONE

from dagster_project.night import Plan
from expectations.catalogue import KpiDefinition, Mutant, load_catalogue
from expectations.guards import judge_kpis, run_guards

DEFINITIONS = {definition.id: definition for definition in load_catalogue()}


@pytest.fixture(scope="module")
def build(guarded_shop: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Build"]:
    # Compiled SQL names the database, and that is the file's name.
    copy = tmp_path_factory.mktemp("mutants") / guarded_shop.home.build_file.name
    shutil.copy(guarded_shop.home.build_file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        _bring(connection, guarded_shop.home.root.parent / "scratch.duckdb")
        yield Build(connection, guarded_shop.transform.target / "compiled/stellar/models")


def _bring(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
    """Copy what lay on the way into the build: one transaction writes to one file."""
    connection.execute(f"attach '{scratch}' as scratch (read_only); create schema kpis")
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'scratch'"
    ).fetchall():
        connection.execute(f"create table {schema}.{table} as from scratch.{schema}.{table}")
    connection.execute("detach scratch")


class Build:
    """A copy of the build, in which slips can be made and taken back."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, compiled: Path) -> None:
        self.connection = connection
        self._compiled = compiled
        self._figures = [
            figures
            for part in ("sums", "rows")
            for figures in self.model(f"marts/steps/int_kpi_figures__{part}.sql").split("union all")
        ]

    def sql(self, kpi_id: str) -> str:
        return self.model(f"kpis/kpi_{kpi_id}.sql")

    def rules_broken_by(
        self, definition: KpiDefinition, *models: str, facts: str | None = None
    ) -> list[list[str]]:
        """Build a KPI from each of some models, and return the rules that each of them breaks.

        Each is judged as a KPI of its own, and there are no others.
        """
        kpis = [
            definition.model_copy(update={"id": f"{definition.id}_{number}"})
            for number in range(len(models))
        ]
        self.connection.begin()
        try:
            if facts is not None:
                self.connection.execute(facts)
            self.connection.execute("delete from steps.int_kpi_figures__sums")
            self.connection.execute("delete from steps.int_kpi_figures__rows")
            for kpi, model in zip(kpis, models, strict=True):
                self._make(f"kpis.kpi_{definition.id}", model)
                self.connection.execute(
                    f"insert into steps.int_kpi_figures__rows by name"
                    f" select * replace ('{kpi.id}' as kpi_id) from ({self._roll_up(definition)})"
                )
            for table in ("steps.int_kpis", "steps.int_kpis__span"):
                self._make(
                    table,
                    f"select it.* replace (kpis.id as kpi_id) from {table} as it"
                    f" cross join unnest({[kpi.id for kpi in kpis]}) as kpis (id)"
                    f" where it.kpi_id = '{definition.id}'",
                )
            self._make("marts.kpi_values", self.model("marts/kpi_values.sql"))
            results = judge_kpis(self.connection, kpis, as_of=AS_OF, reporting_timezone=TIMEZONE)
        finally:
            self.connection.rollback()
        return [
            [result.rule for result in results if result.kpi_id == kpi.id and not result.passed]
            for kpi in kpis
        ]

    def _roll_up(self, definition: KpiDefinition) -> str:
        [figures] = [part for part in self._figures if f"'{definition.id}' as kpi_id" in part]
        return figures

    def _make(self, table: str, sql: str) -> None:
        self.connection.execute(f"create or replace table {table} as {sql}")

    def model(self, path: str) -> str:
        return (self._compiled / path).read_text(encoding="utf-8").replace('"scratch".', "")


def mutated(sql: str, mutant: Mutant) -> str:
    """Make the slip in the model, wherever its lines are broken."""
    pattern = r"\s+".join(re.escape(word) for word in mutant.replace.split())
    text, places = re.subn(rf"(?<!\w){pattern}(?!\w)", lambda _: mutant.by, sql)
    assert places == 1, f"{mutant.name}: {mutant.replace!r} is there {places} times"
    return text


def test_models_without_a_slip_break_no_rule(build: Build) -> None:
    report = run_guards(
        build.connection,
        DEFINITIONS.values(),
        waivers=[],
        as_of=AS_OF,
        reporting_timezone=TIMEZONE,
    )

    assert [failure.message for failure in report.failures] == []


@pytest.mark.parametrize("kpi_id", DEFINITIONS)
def test_every_slip_is_noticed_by_the_kpis_own_guards(
    build: Build, kpi_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    definition, sql = DEFINITIONS[kpi_id], build.sql(kpi_id)

    without, *with_slips = build.rules_broken_by(
        definition, sql, *(mutated(sql, mutant) for mutant in definition.mutants)
    )

    assert without == []
    with capsys.disabled():
        print(f"\n{kpi_id}")
        for mutant, rules in zip(definition.mutants, with_slips, strict=True):
            print(f"  {mutant.name:<70} {', '.join(rules) or 'MISSED'}")
    assert all(with_slips)


@pytest.mark.parametrize(
    ("kpi_id", "slip"),
    [
        ("first_response_time", "fct_tickets set first_response_seconds = response_seconds_total"),
        ("average_response_time", "fct_tickets set response_seconds_total = response_count"),
        ("reply_time", "fct_messages set response_seconds = response_seconds + 1"),
        (
            "average_resolution_time",
            "fct_tickets set resolution_seconds = date_diff('second', created_at, closed_at)"
            " where resolution_seconds is not null",
        ),
        ("one_touch_resolution_rate", "fct_tickets set is_one_touch = touches = 1"),
        ("unanswered_rate", "fct_tickets set is_unanswered = touches = 0"),
        ("csat_score", "fct_survey_responses set is_latest = score is not null"),
        ("average_wait_time", "fct_live_contacts set has_wait = queue_seconds is not null"),
        (
            "cart_abandonment_rate",
            "fct_web_visits set is_abandoned_cart = is_cart_visit and order_id is null",
        ),
        ("repeat_purchase_rate", "fct_orders set is_qualifying = person_id is not null"),
        ("internal_quality_score", "fct_quality_reviews set exclusion_reason = null"),
        ("community_answer_rate", "fct_forum_threads set first_answered_at = solved_at"),
        ("power_user_answer_share", "fct_forum_posts set is_answer = exclusion_reason is null"),
        ("self_service_rate", "fct_self_service_sessions set is_resolved = outcome = 'resolved'"),
        ("self_service_rate", "fct_self_service_sessions set is_ticket = ticket_id is not null"),
        (
            "self_service_rate",
            "fct_tickets set is_self_service_resolved"
            " = is_inbound and is_closed_now and touches = 0",
        ),
        ("abandonment_rate", "fct_interactions set is_abandoned = outcome = 'unanswered'"),
        ("contact_rate", "fct_interactions set is_request = service_type = 'live'"),
        ("zero_touch_rate", "fct_tickets set touches = response_count"),
    ],
)
def test_a_slip_in_the_facts_is_noticed_too(build: Build, kpi_id: str, slip: str) -> None:
    [broken] = build.rules_broken_by(
        DEFINITIONS[kpi_id], build.sql(kpi_id), facts=f"update facts.{slip}"
    )

    assert "second_way" in broken


@pytest.mark.parametrize("unrated", ["currency = 'USD'", "true"])
@pytest.mark.parametrize(
    ("kpi_id", "amounts"),
    [
        (
            "customer_lifetime_value",
            "fct_orders set total_reporting = null, refunded_reporting = null",
        ),
        ("customer_acquisition_cost", "fct_marketing_costs set amount_reporting = null"),
        (
            "marketing_roi",
            "fct_marketing_costs set amount_reporting = null, attributed_revenue_reporting = null",
        ),
        ("cost_per_contact", "fct_support_costs set amount_reporting = null"),
        ("live_to_self_service_cost_ratio", "fct_support_costs set amount_reporting = null"),
    ],
)
def test_a_rate_that_is_missing_withholds_a_kpi_in_money_and_stops_no_night(
    build: Build, kpi_id: str, amounts: str, unrated: str
) -> None:
    by_channel = build.model("marts/steps/int_support_costs__by_channel.sql")

    [broken] = build.rules_broken_by(
        DEFINITIONS[kpi_id],
        build.sql(kpi_id),
        facts=f"update facts.{amounts} where {unrated};"
        f" create or replace table steps.int_support_costs__by_channel as {by_channel}",
    )

    assert broken == ["rates"]
