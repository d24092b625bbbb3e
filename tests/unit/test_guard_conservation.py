from collections.abc import Iterator

import duckdb
import pytest
from small_build import small_build

from expectations.guards import CONSERVATION, judge_records


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as connection:
        yield connection


def broken(build: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {result.rule: result.message for result in judge_records(build) if not result.passed}


def test_a_build_that_loses_nothing_passes_and_would_block(
    build: duckdb.DuckDBPyConnection,
) -> None:
    results = judge_records(build)

    assert all(result.passed for result in results)
    assert {(result.kpi_id, result.severity) for result in results} == {(CONSERVATION, "block")}


def test_a_record_that_was_landed_and_is_nowhere_is_told(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("update marts.data_quality set newest = 3")

    assert broken(build)["landed"] == (
        "conservation, rule landed: records landed are not newest + superseded + unchanged +"
        " quarantined (1 row: source desk, stream tickets, landed 7, newest 3, superseded 1,"
        " unchanged 1, quarantined 1, accounted_for 6)"
    )


def test_a_ticket_that_got_no_fact_is_told(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("delete from facts.fct_tickets where ticket_id = '3'")

    assert "source desk, entity tickets, records 4, facts 3" in broken(build)["facts"]


def test_a_survey_that_got_two_facts_is_told(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "insert into entities.int_streams (source, stream, records) values ('drops', 'surveys', 1)"
    )
    build.execute(
        "insert into facts.fct_survey_responses (source) select 'drops' from generate_series(1, 2)"
    )

    assert "source drops, entity surveys, records 1, facts 2" in broken(build)["facts"]


def test_what_is_excluded_for_a_reason_is_accounted_for(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("update facts.fct_tickets set exclusion_reason = 'spam' where ticket_id = '1'")
    build.execute("update facts.fct_tickets set exclusion_reason = 'test' where ticket_id = '2'")
    build.execute("update marts.data_quality set excluded_by_reason = 'spam: 1, test: 1'")

    assert broken(build) == {}


def test_a_fact_that_is_excluded_and_told_of_nowhere_is_told(
    build: duckdb.DuckDBPyConnection,
) -> None:
    build.execute("update facts.fct_tickets set exclusion_reason = 'spam' where ticket_id = '1'")

    assert "source desk, facts 4, counted 3, excluded 0" in broken(build)["excluded"]
