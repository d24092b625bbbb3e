from collections.abc import Iterator
from typing import Any

import duckdb
import pandas as pd
import pytest
from small_build import AS_OF, DEFINITION, TIMEZONE, definition, small_build

from expectations.catalogue import DefinitionError, Rule
from expectations.guards import judge_rule
from expectations.published import Published


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_build() as connection:
        yield connection


def message(build: duckdb.DuckDBPyConnection, rule: Rule, **changes: Any) -> str:
    """What one rule says about the build's KPI, with some keys of its definition changed."""
    as_of = pd.Timestamp(AS_OF).tz_localize(None)
    published = Published.read(build, [definition(**changes)], as_of=as_of, timezone=TIMEZONE)
    [result] = judge_rule(published, rule)
    return result.message


def change(build: duckdb.DuckDBPyConnection, what: str, *, where: str) -> None:
    changed = build.execute(f"update marts.kpi_values set {what} where {where}").fetchall()
    assert changed[0][0] > 0


def add_ticket(build: duckdb.DuckDBPyConnection, ticket_id: str, *, created_at: str) -> None:
    build.execute(
        "insert into facts.fct_tickets values ('desk', ?, ?, 'email', null, 60, null)",
        [ticket_id, created_at],
    )


def test_a_value_out_of_its_bounds_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "value = 150", where="period_grain = 'year' and channel = 'chat'")

    assert "value is not between 0 and 100" in message(build, "bounds")


def test_a_negative_number_of_pending_rows_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "n_pending = -1", where="period_grain = 'year' and channel = 'chat'")

    assert "n_pending is negative" in message(build, "bounds")


def test_a_row_that_stands_twice_breaks_the_grain(build: duckdb.DuckDBPyConnection) -> None:
    build.execute(
        "insert into marts.kpi_values"
        " from marts.kpi_values where period_grain = 'week' and channel = 'email' limit 1"
    )

    assert "one key stands in several rows" in message(build, "grain")


@pytest.mark.parametrize(
    "gap",
    [
        "period_grain = 'day' and period_start = '2026-01-08'",
        "period_grain = 'day' and period_start = '2026-01-08' and channel = 'chat'",
        "period_grain = 'day' and period_start = '2026-01-15'",
        "period_grain = 'quarter'",
    ],
)
def test_a_period_that_is_missing_for_a_channel_breaks_the_grain(
    build: duckdb.DuckDBPyConnection, gap: str
) -> None:
    build.execute(f"delete from marts.kpi_values where {gap}")

    assert "a cell is missing" in message(build, "grain")


def test_a_statistic_or_a_slice_that_is_not_declared_breaks_the_grain(
    build: duckdb.DuckDBPyConnection,
) -> None:
    change(build, "slice = 'brand'", where="slice_value = 'red' and period_grain = 'year'")
    change(build, "statistic = 'mean'", where="period_grain = 'year' and channel = 'chat'")

    says = message(build, "grain")

    assert "slice is none of team" in says
    assert "a cell is missing, or is none that is declared (2 rows" in says


def test_slices_finer_than_a_month_break_the_grain(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "period_grain = 'week'", where="slice_value = 'red' and period_grain = 'month'")

    assert "period_grain is none of month, quarter, year" in message(build, "grain")


def test_a_value_that_is_not_its_numerator_over_its_denominator_is_told(
    build: duckdb.DuckDBPyConnection,
) -> None:
    change(build, "value = value + 0.00001", where="period_grain = 'month' and channel = 'email'")

    assert "value is not 100 x numerator / denominator" in message(build, "parts")


def test_a_nought_over_nothing_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "value = 0", where="denominator = 0 and channel = 'chat'")

    assert "or not empty where the denominator is 0" in message(build, "parts")


def test_an_empty_value_over_something_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "value = null", where="period_grain = 'year' and channel = 'all'")

    assert "value is not 100 x numerator / denominator" in message(build, "parts")


def test_an_n_that_is_not_the_denominator_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "n = 3", where="period_grain = 'month' and slice_value = 'red'")

    assert "n is not the denominator" in message(build, "parts")


def test_an_n_of_a_part_of_one_is_the_denominator_rounded_down(
    build: duckdb.DuckDBPyConnection,
) -> None:
    for denominator in ("2", "2.5", "2.999"):
        change(
            build,
            f"denominator = {denominator}, value = 100 * numerator / {denominator}",
            where="period_grain = 'month' and slice_value = 'red'",
        )
        assert message(build, "parts") == ""

    change(build, "n = 3", where="period_grain = 'month' and slice_value = 'red'")
    assert "n is not the denominator, rounded down" in message(build, "parts")


def test_an_n_that_is_not_the_denominator_is_worked_out_from_records_too(
    build: duckdb.DuckDBPyConnection,
) -> None:
    # Three of four tickets are answered, and their waits add up to 480 s.
    waits = {
        "kind": "set",
        "unit": "ratio",
        "grains": ["year"],
        "slices": [],
        "by_channel": False,
        "second_way": {
            "records": "select first_response_seconds as wait from facts.fct_tickets",
            "numerator": "1",
            "denominator": "wait.fillna(0) / 1000",
            "n": "wait.notnull()",
        },
        "example": {
            "text": "Two tickets, one answered after 100 s.",
            "rows": {"facts.fct_tickets": [{"first_response_seconds": 100}, {"ticket_id": "2"}]},
            "gives": {"value": 20},
        },
    }
    build.execute("delete from marts.kpi_values where slice <> 'all' or channel <> 'all'")
    build.execute("delete from marts.kpi_values where period_grain <> 'year'")
    change(build, "numerator = 4, denominator = 0.48, value = 4 / 0.48, n = 3", where="true")

    assert message(build, "parts", **waits) == ""
    assert message(build, "example", **waits) == ""
    assert "measure n, published 3, by_records" not in message(build, "second_way", **waits)

    change(build, "n = 4", where="true")
    assert "measure n, published 4, by_records 3" in message(build, "second_way", **waits)


def test_what_is_unknown_of_one_record_is_unknown_of_its_set(
    build: duckdb.DuckDBPyConnection,
) -> None:
    # One of the four tickets is never answered, so nobody knows how long they waited together.
    waits = {
        "kind": "set",
        "unit": "ratio",
        "grains": ["year"],
        "slices": [],
        "by_channel": False,
        "second_way": {
            "records": "select first_response_seconds as wait from facts.fct_tickets",
            "numerator": "wait",
            "denominator": "1",
        },
    }
    build.execute("delete from marts.kpi_values where slice <> 'all' or channel <> 'all'")
    build.execute("delete from marts.kpi_values where period_grain <> 'year'")
    change(build, "value = null, numerator = null", where="true")
    assert message(build, "second_way", **waits) == ""

    change(build, "value = 120, numerator = 480", where="true")
    assert "measure value, published 120, by_records nan" in message(build, "second_way", **waits)


def test_a_share_of_more_than_there_is_is_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "numerator = 2, value = 200", where="period_grain = 'year' and channel = 'chat'")

    assert "the numerator is greater than the denominator" in message(build, "parts")
    assert message(build, "parts", bounds={"at_least": 0}) == ""


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("is_complete = true", "is_complete is not what the cut says"),
        ("is_mature = true", "is_mature is not what matures_after says"),
        ("is_rateable = not is_rateable", "is_rateable is not whether n is at least 2"),
    ],
)
def test_a_row_that_is_wrong_about_its_own_worth_is_told(
    build: duckdb.DuckDBPyConnection, mark: str, says: str
) -> None:
    change(build, mark, where="period_grain = 'week' and period_start = '2026-01-12'")

    assert says in message(build, "marks")


def test_a_stream_that_is_behind_makes_its_last_days_incomplete(
    build: duckdb.DuckDBPyConnection,
) -> None:
    build.execute("update entities.int_streams set complete_through = '2026-01-13 14:00:00'")

    says = message(build, "marks")

    assert "is_complete is not what the cut says" in says
    assert "period_start 2026-01-13" in says
    assert "period_start 2026-01-12" not in says


def test_days_that_do_not_add_up_to_their_month_are_told(build: duckdb.DuckDBPyConnection) -> None:
    change(
        build,
        "numerator = 2, denominator = 2, n = 2",
        where="period_grain = 'day' and period_start = '2026-01-13' and channel = 'email'",
    )

    says = message(build, "totals")

    assert "numerator is not the sum of its parts (4 rows" in says
    assert "period_grain week, period_start 2026-01-12, channel email" in says


def test_parts_of_a_broken_number_add_up_though_each_n_is_rounded_down(
    build: duckdb.DuckDBPyConnection,
) -> None:
    # As if each ticket were one and a third: the four of the month are 5.33, and n is 5; the days
    # of one, two and one are 1, 2 and 1.
    for grain in ("day", "week", "month", "quarter", "year"):
        change(
            build,
            "denominator = denominator * 4 / 3, n = floor(denominator * 4 / 3 + 1e-9)",
            where=f"period_grain = '{grain}'",
        )

    assert message(build, "totals") == ""

    change(build, "denominator = denominator + 0.01", where="period_grain = 'quarter'")
    assert "denominator is not the sum of its parts" in message(build, "totals")


def test_channels_that_hold_more_than_all_are_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "n = 2", where="period_grain = 'month' and channel = 'chat'")

    assert "n of all is less than that of its channels" in message(build, "totals")


def test_slices_that_hold_more_than_all_are_told(build: duckdb.DuckDBPyConnection) -> None:
    change(build, "n = 4", where="period_grain = 'month' and slice_value = 'red'")

    assert "n of all is less than" in message(build, "totals")


def test_an_example_that_does_not_come_out_is_told(build: duckdb.DuckDBPyConnection) -> None:
    wrong = DEFINITION["example"] | {"gives": {"value": 80}}

    assert "stated 80, second_way 75" in message(build, "example", example=wrong)


def test_an_example_with_a_column_that_is_gone_names_file_and_column(
    build: duckdb.DuckDBPyConnection,
) -> None:
    gone = DEFINITION["example"] | {"rows": {"facts.fct_tickets": [{"answered_after": 60}]}}

    with pytest.raises(
        DefinitionError,
        match=r"answered_rate\.yml: example\.rows\.facts\.fct_tickets: names .* answered_after",
    ):
        message(build, "example", example=gone)


def test_a_select_that_the_build_refuses_names_file_and_key(
    build: duckdb.DuckDBPyConnection,
) -> None:
    refused = DEFINITION["second_way"] | {"records": "select nothing from facts.fct_tickets"}

    with pytest.raises(
        DefinitionError, match=r"answered_rate\.yml: second_way\.records: .*nothing"
    ):
        message(build, "second_way", second_way=refused)


def test_a_month_that_its_records_do_not_give_is_told(build: duckdb.DuckDBPyConnection) -> None:
    build.execute("delete from facts.fct_tickets where ticket_id = '3'")

    says = message(build, "second_way")

    assert "the figure is not what its single records give" in says
    assert "statistic value, measure numerator, published 3, by_records 2" in says


def test_records_in_a_month_without_a_row_are_told(build: duckdb.DuckDBPyConnection) -> None:
    add_ticket(build, "0", created_at="2025-12-31 03:00:00")

    assert "period_start 2025-12-01, channel all" in message(build, "second_way")


def test_a_channel_that_got_the_records_of_another_is_told_by_the_cells_drawn(
    build: duckdb.DuckDBPyConnection,
) -> None:
    build.execute("update facts.fct_tickets set channel = 'chat'")

    assert "channel email" in message(build, "second_way")


def test_records_after_the_cut_are_in_no_figure(build: duckdb.DuckDBPyConnection) -> None:
    add_ticket(build, "5", created_at="2026-01-14 14:00:01")
    build.execute("update entities.int_streams set complete_through = '2026-01-14 14:00:00'")

    assert message(build, "second_way") == ""


def test_a_state_is_counted_at_each_periods_end(build: duckdb.DuckDBPyConnection) -> None:
    # Tickets ever seen: 1 by the end of the 5th, 3 of the 6th, 4 of the 13th and ever after.
    state = {
        "kind": "state",
        "unit": "tickets",
        "statistics": ["count"],
        "slices": [],
        "by_channel": False,
        "second_way": {
            "records": "select created_at from facts.fct_tickets where created_at < $ends_at",
            "where": "created_at < @ends_at",
        },
        "example": {
            "text": "Of two tickets one is of the next day.",
            "ends_at": "2026-01-06 00:00:00",
            "rows": {
                "facts.fct_tickets": [
                    {"created_at": "2026-01-05 01:00:00"},
                    {"created_at": "2026-01-06 00:00:00"},
                ]
            },
            "gives": {"count": 1},
        },
    }
    build.execute("delete from marts.kpi_values where channel <> 'all' or slice <> 'all'")
    change(build, "statistic = 'count', unit = 'tickets', value = 4, n = 4", where="true")
    change(build, "value = 1, n = 1", where="period_grain = 'day' and period_start = '2026-01-05'")
    change(
        build,
        "value = 3, n = 3",
        where="period_grain = 'day' and period_start between '2026-01-06' and '2026-01-12'"
        " or period_start = '2026-01-05' and period_grain = 'week'",
    )

    assert message(build, "second_way", **state) == ""
    assert message(build, "example", **state) == ""

    change(build, "value = 5, n = 5", where="period_grain = 'month'")
    assert "published 5, by_records 4" in message(build, "second_way", **state)


def test_an_observation_of_an_estimate_stands_for_several(
    build: duckdb.DuckDBPyConnection,
) -> None:
    # Four tickets stand for a hundred.
    estimate = {
        "kind": "state",
        "unit": "customers",
        "statistics": ["count"],
        "stands_for": 25,
        "grains": ["month", "quarter", "year"],
        "slices": [],
        "by_channel": False,
        "bounds": {"at_least": 0},
        "second_way": {"records": "select created_at from facts.fct_tickets"},
        "example": {
            "text": "Two tickets stand for fifty.",
            "rows": {"facts.fct_tickets": [{"repeat": 2, "ticket_id": "{n}"}]},
            "gives": {"count": 50},
        },
    }
    build.execute(
        "delete from marts.kpi_values"
        " where channel <> 'all' or slice <> 'all' or period_grain in ('day', 'week')"
    )
    change(
        build,
        "statistic = 'count', unit = 'customers', numerator = null, denominator = null,"
        " value = 100, n = 4",
        where="true",
    )
    assert message(build, "parts", **estimate) == ""
    assert message(build, "second_way", **estimate) == ""
    assert message(build, "example", **estimate) == ""

    change(build, "n = 100", where="period_grain = 'month'")
    assert "the count is not n x 25" in message(build, "parts", **estimate)


def test_a_percentile_is_worked_out_from_its_records(build: duckdb.DuckDBPyConnection) -> None:
    # 60, 120 and 300 s: the median is 120, nine in ten are under 120 + 0.8 x 180 = 264.
    build.execute("delete from marts.kpi_values where slice <> 'all' or channel <> 'all'")
    change(
        build,
        "statistic = 'p90', numerator = null, denominator = null, value = 264, n = 3",
        where="period_grain in ('month', 'quarter', 'year')",
    )
    build.execute("delete from marts.kpi_values where statistic <> 'p90'")
    distribution = {
        "kind": "distribution",
        "unit": "seconds",
        "grains": ["month", "quarter", "year"],
        "statistics": ["p90"],
        "slices": [],
        "bounds": {"at_least": 0},
        "second_way": {"records": DEFINITION["second_way"]["records"], "value": "wait"},
        "example": DEFINITION["example"] | {"gives": {"p90": 60}},
    }
    change(build, "unit = 'seconds', is_rateable = true", where="true")

    assert message(build, "second_way", **distribution) == ""

    change(build, "value = 263.9", where="period_grain = 'month'")
    assert "published 263.9, by_records 264" in message(build, "second_way", **distribution)

    change(build, "value = null", where="period_grain = 'month'")
    assert "or missing with some" in message(build, "parts", **distribution)


def test_a_currency_without_a_rate_is_told_with_its_days_for_the_kpis_that_add_it_up(
    build: duckdb.DuckDBPyConnection,
) -> None:
    # Of the two euro orders the later one is of 3 January in Seoul; the test order is in no figure.
    build.execute(
        """
        create or replace table facts.fct_orders (
            source varchar,
            exclusion_reason varchar,
            currency varchar,
            created_at timestamp,
            total_reporting decimal(18, 4)
        );
        insert into facts.fct_orders values
            ('shop', null, 'KRW', '2026-01-01 00:00:00', 100),
            ('shop', null, 'EUR', '2026-01-01 00:00:00', null),
            ('shop', null, 'EUR', '2026-01-02 15:00:00', null),
            ('shop', 'test', 'USD', '2026-01-01 00:00:00', null);
        """
    )

    says = message(build, "rates", needs=["tickets", "orders"], money=["orders"])

    assert "no rate of exchange is known; add a line to seeds/exchange_rates.csv (2 rows" in says
    assert "currency EUR, on_date 2026-01-01" in says
    assert "currency EUR, on_date 2026-01-03" in says
    assert message(build, "rates", needs=["tickets", "orders"]) == ""
