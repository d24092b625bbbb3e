"""A fortnight of forty tickets, written down by hand, whose every KPI was counted by hand.

golden/<entity>/october.csv are the records (clocks of Berlin, which change on the 25th), and
golden/counted.csv says what each KPI has to come to and which records were counted for it.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hand_shop import HandShop

from expectations.catalogue import SCALES, load_catalogue
from expectations.coverage import load_coverage

GOLDEN = Path(__file__).with_name("golden")
AS_OF = datetime(2026, 11, 30, tzinfo=UTC)
SEEDS = {"exchange_rates": "on_date,currency,to_currency,rate\n2026-01-01,USD,KRW,1000\n"}
UNITS = {definition.id: definition.unit for definition in load_catalogue()}


def counted() -> list[dict[str, str]]:
    with (GOLDEN / "counted.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    shop = HandShop(
        tmp_path_factory.mktemp("golden"), as_of=AS_OF, timezone="Europe/Berlin", seeds=SEEDS
    )
    shop.land_folder(GOLDEN)
    with shop.build() as connection:
        yield connection


@pytest.mark.parametrize(
    "figure",
    counted(),
    ids=lambda each: "-".join(
        each[key] for key in ("kpi_id", "period_grain", "channel", "statistic")
    ),
)
def test_a_figure_is_what_was_counted_by_hand(
    marts: duckdb.DuckDBPyConnection, figure: Mapping[str, str]
) -> None:
    found = marts.execute(
        """
        select numerator, denominator, value, n from marts.kpi_values
        where
            kpi_id = ? and period_grain = ? and period_start = ? and channel = ? and statistic = ?
            and slice = 'all'
        """,
        [figure[key] for key in ("kpi_id", "period_grain", "period_start", "channel", "statistic")],
    ).fetchall()
    assert len(found) == 1
    numerator, denominator, value, n = found[0]
    assert n == int(float(figure["denominator"]))
    if figure["numerator"]:
        assert numerator == pytest.approx(float(figure["numerator"]), abs=1e-9)
        assert denominator == pytest.approx(float(figure["denominator"]), abs=1e-9)
        assert value == pytest.approx(worked_out(figure), rel=1e-12)
    else:
        assert value == (float(figure["value"]) if figure["value"] else None)


def worked_out(figure: Mapping[str, str]) -> Any:
    scale = SCALES.get(UNITS[figure["kpi_id"]], 1)
    return scale * float(figure["numerator"]) / float(figure["denominator"])


def test_every_kpi_that_a_document_asks_for_was_counted() -> None:
    asked_for = load_coverage().named("kpis")
    assert asked_for <= {figure["kpi_id"] for figure in counted()} <= set(UNITS)
