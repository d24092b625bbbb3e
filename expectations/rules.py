"""The rules that every KPI's figures are held to, each a frame and what is expected of it.

What becomes of a broken rule is decided in guards.py; how the second way is worked out in
second_way.py. Importing this takes seconds.
"""

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import duckdb
import great_expectations.expectations as gxe
import pandas as pd

from expectations.catalogue import KpiDefinition, Rule
from expectations.periods import (
    all_starts,
    local_instant,
    next_start,
    period_start,
    period_starts,
    utc_instant,
)
from expectations.second_way import Cell, Clock, Figure, SecondWay, worked_example
from expectations.suites import Breach, Check, breaches

RATIO_TOLERANCE = 1e-9
SECOND_WAY_TOLERANCE = 2e-6
"""Percentiles are published with six digits; relative above 1."""
RANDOM_CELLS = 5

_KEY = ["period_grain", "period_start", "channel", "slice", "slice_value", "statistic"]
_SLICED_GRAINS = ["month", "quarter", "year"]
_A_WHOLE = 100


@dataclass(frozen=True, kw_only=True)
class Published:
    """One KPI as it stands in the build, before the guards have judged it."""

    connection: duckdb.DuckDBPyConnection
    definition: KpiDefinition
    clock: Clock
    rateable_n: int

    @classmethod
    def read(
        cls,
        connection: duckdb.DuckDBPyConnection,
        definition: KpiDefinition,
        *,
        as_of: pd.Timestamp,
        timezone: str,
    ) -> Self:
        """Read from the build how far the KPI's streams are loaded, and what counts as few."""
        needs = ", ".join(f"'{stream}'" for stream in definition.needs)
        complete_through = _single(
            connection,
            f"select min(complete_through) from entities.int_streams where stream in ({needs})",
        )
        cut_at = as_of if complete_through is None else min(as_of, pd.Timestamp(complete_through))
        return cls(
            connection=connection,
            definition=definition,
            clock=Clock(as_of=as_of, cut_at=cut_at, timezone=timezone),
            rateable_n=int(
                _single(connection, "select value from seeds.settings where name = 'rateable_n'")
            ),
        )

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Its rows in marts.kpi_values."""
        return self.connection.execute(
            """
            select
                period_grain,
                cast(period_start as timestamp) as period_start,
                channel,
                slice,
                slice_value,
                statistic,
                cast(numerator as double) as numerator,
                cast(denominator as double) as denominator,
                value,
                n,
                n_pending,
                unit,
                is_complete,
                is_mature,
                is_rateable,
                withheld_reason
            from marts.kpi_values
            where kpi_id = ?
            order by period_grain, period_start, channel, slice, slice_value, statistic
            """,
            [self.definition.id],
        ).df()

    @cached_property
    def whole(self) -> pd.DataFrame:
        """The rows that are not cut into slices."""
        return self.rows[self.rows["slice"] == "all"]


def _single(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    [(value,)] = connection.execute(sql).fetchall()
    return value


def _bounds(published: Published) -> list[Breach]:
    bounds = published.definition.bounds
    return breaches(
        published.rows,
        [
            Check(
                gxe.ExpectColumnValuesToBeBetween(
                    column="value", min_value=bounds.at_least, max_value=bounds.at_most
                ),
                f"value is not {_between(bounds.at_least, bounds.at_most)}",
            ),
            Check(
                gxe.ExpectColumnValuesToBeBetween(column="n_pending", min_value=0),
                "n_pending is negative",
            ),
        ],
    )


def _between(at_least: float | None, at_most: float | None) -> str:
    if at_least is None:
        return f"at most {at_most:g}"
    if at_most is None:
        return f"at least {at_least:g}"
    return f"between {at_least:g} and {at_most:g}"


def _grain(published: Published) -> list[Breach]:
    """Each key once, every period of every channel from the first day to as_of, nothing else."""
    rows = published.rows
    unique = gxe.ExpectCompoundColumnsToBeUnique(column_list=_KEY)
    return [
        *breaches(rows, [Check(unique, "one key stands in several rows")]),
        *breaches(
            _cells(published),
            [_equal("is_there", "is_expected", "a cell is missing, or is none that is declared")],
        ),
        *breaches(
            rows[rows["slice"] != "all"],
            [
                _in_set("slice", published.definition.slices),
                _in_set("period_grain", _SLICED_GRAINS),
            ],
        ),
    ]


def _in_set(column: str, values: Sequence[str]) -> Check:
    expectation = gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values))
    return Check(expectation, f"{column} is none of {', '.join(values) or 'nothing'}")


def _cells(published: Published) -> pd.DataFrame:
    """Return every period, channel and statistic that is there or has to be, and which it is."""
    definition, whole = published.definition, published.whole
    if whole.empty:
        return whole
    key = ["period_grain", "period_start", "channel", "statistic", "unit"]
    channels = {"all", *whole["channel"]} if definition.by_channel else {"all"}
    first = whole.loc[whole["period_grain"] == definition.grains[0], "period_start"].min()
    last = local_instant(published.clock.as_of, published.clock.timezone)
    expected = pd.DataFrame(
        [
            (grain, start, channel, statistic, definition.unit)
            for grain in definition.grains
            for start in all_starts(period_start(first, grain), last, grain)
            for channel in sorted(channels)
            for statistic in definition.statistics
        ],
        columns=key,
    )
    there = whole[key].drop_duplicates()
    cells = expected.assign(is_expected=True).merge(
        there.assign(is_there=True), on=key, how="outer"
    )
    cells[["is_expected", "is_there"]] = cells[["is_expected", "is_there"]].notna()
    return cells


def _parts(published: Published) -> list[Breach]:
    """Numerator, denominator, n and value tell the same story."""
    definition = published.definition
    rows = published.rows[published.rows["withheld_reason"].isna()]
    ratios = rows[rows["statistic"].isin(["value", "mean"])].copy()
    worked_out = definition.scale * ratios["numerator"] / ratios["denominator"].replace(0, math.nan)
    ratios["gap"] = [_gap(is_, was) for is_, was in zip(ratios["value"], worked_out, strict=True)]
    checks = [
        Check(
            gxe.ExpectColumnValuesToBeBetween(column="gap", max_value=RATIO_TOLERANCE),
            f"value is not {definition.scale} x numerator / denominator,"
            " or not empty where the denominator is 0",
        ),
    ]
    if definition.second_way.n is None:
        ratios["over_n"] = ratios["denominator"] - ratios["n"]
        checks.append(
            Check(
                gxe.ExpectColumnValuesToBeBetween(
                    column="over_n", min_value=0, max_value=1, strict_max=True
                ),
                "n is not the denominator, rounded down",
            )
        )
    # A percentage that nothing bounds is no share: a campaign may return its cost several times.
    if definition.unit == "percent" and definition.bounds.at_most == _A_WHOLE:
        checks.append(
            Check(
                gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                    column_A="denominator",
                    column_B="numerator",
                    or_equal=True,
                    ignore_row_if="either_value_is_missing",
                ),
                "the numerator is greater than the denominator",
            )
        )
    counts = rows[rows["statistic"] == "count"].copy()
    counts["counted"] = definition.stands_for * counts["n"]
    percentiles = rows[rows["statistic"].isin(["median", "p90"])].copy()
    percentiles["is_told"] = percentiles["value"].notna() == (percentiles["n"] > 0)
    return [
        *breaches(ratios, checks),
        *breaches(
            counts,
            [
                Check(
                    gxe.ExpectColumnPairValuesToBeEqual(column_A="value", column_B="counted"),
                    "the count is not n"
                    + (f" x {definition.stands_for}" if definition.stands_for > 1 else ""),
                )
            ],
        ),
        *breaches(
            percentiles,
            [
                Check(
                    gxe.ExpectColumnValuesToBeInSet(column="is_told", value_set=[True]),
                    "a percentile is there without observations, or missing with some",
                )
            ],
        ),
    ]


def _marks(published: Published) -> list[Breach]:
    """What a row says about its own worth: whether it is complete, mature and rateable."""
    clock, rows = published.clock, published.rows.copy()
    spans = rows[["period_grain", "period_start"]].drop_duplicates()
    ends = {
        (grain, start): utc_instant(next_start(start, grain), clock.timezone)
        for grain, start in spans.itertuples(index=False)
    }
    end_at = pd.Series(
        [ends[key] for key in zip(rows["period_grain"], rows["period_start"], strict=True)],
        index=rows.index,
        dtype="datetime64[us]",
    )
    rows["should_be_complete"] = end_at <= clock.cut_at
    rows["should_be_mature"] = rows["should_be_complete"] & (
        end_at + pd.Timedelta(seconds=published.definition.matures_after_seconds) <= clock.as_of
    )
    rows["should_be_rateable"] = rows["n"] >= published.rateable_n
    return breaches(
        rows,
        [
            _equal("is_complete", "should_be_complete", "is_complete is not what the cut says"),
            _equal("is_mature", "should_be_mature", "is_mature is not what matures_after says"),
            _equal(
                "is_rateable",
                "should_be_rateable",
                f"is_rateable is not whether n is at least {published.rateable_n}",
            ),
        ],
    )


def _equal(one: str, other: str, says: str) -> Check:
    return Check(gxe.ExpectColumnPairValuesToBeEqual(column_A=one, column_B=other), says)


def _totals(published: Published) -> list[Breach]:
    """Days add up to their weeks, months, quarters and years, and channels to at most `all`."""
    # What is rounded down in each part is less than what is rounded down in the whole.
    measures = ["numerator", "denominator" if published.definition.kind == "ratio" else "n"]
    rows = published.rows[published.rows["withheld_reason"].isna()]
    rows = rows.fillna(dict.fromkeys(measures, 0.0))
    added_up = _added_up(published.definition, rows[rows["slice"] == "all"], measures)
    for measure in measures:
        pairs = zip(added_up[measure], added_up[f"{measure}_added"], strict=True)
        added_up[f"{measure}_gap"] = [_gap(is_, should_be) for is_, should_be in pairs]
    return [
        *breaches(
            added_up,
            [
                Check(
                    gxe.ExpectColumnValuesToBeBetween(
                        column=f"{measure}_gap", max_value=RATIO_TOLERANCE
                    ),
                    f"{measure} is not the sum of its parts",
                )
                for measure in measures
            ],
        ),
        *breaches(
            _parts_of_all(rows),
            [
                Check(
                    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                        column_A="n", column_B="n_added", or_equal=True
                    ),
                    "n of all is less than that of its channels, or of a slice's values, together",
                )
            ],
        ),
    ]


def _added_up(definition: KpiDefinition, whole: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Return the rows of the coarser grains beside the sums over the finest."""
    finest, *coarser = definition.grains
    # Who is a customer, or open, is no sum over days; weeks fit into nothing longer.
    is_sum = definition.kind in ("ratio", "distribution") and finest != "week"
    if not is_sum or not coarser:
        return whole.head(0).assign(**{f"{measure}_added": 0.0 for measure in measures})
    pieces = whole[whole["period_grain"] == finest]
    key = ["period_grain", "period_start", "channel", "statistic"]
    sums = [
        pieces.assign(
            period_grain=grain,
            period_start=period_starts(pieces["period_start"], grain),
        )
        .groupby(key)[measures]
        .sum()
        for grain in coarser
    ]
    longer = whole[whole["period_grain"].isin(coarser)]
    together = longer.join(pd.concat(sums).add_suffix("_added"), on=key)
    return together.fillna({f"{measure}_added": 0.0 for measure in measures})


def _parts_of_all(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the n of `all` beside the sum over its channels, and over each slice's values."""
    cell = ["period_grain", "period_start", "statistic"]
    parts = rows[(rows["channel"] != "all") | (rows["slice"] != "all")]
    added = parts.groupby([*cell, "slice"])["n"].sum().rename("n_added").reset_index()
    of_all = rows[(rows["channel"] == "all") & (rows["slice"] == "all")]
    return added.merge(of_all[[*cell, "channel", "n"]], on=cell)


def _example(published: Published) -> list[Breach]:
    """The second way gives what the definition's example states."""
    definition = published.definition
    given = worked_example(published.connection, definition)
    frame = pd.DataFrame(
        {
            "statistic": list(definition.example.gives),
            "stated": list(definition.example.gives.values()),
            "second_way": [given[statistic].value for statistic in definition.example.gives],
        }
    )
    frame["gap"] = [
        _gap(one, other) for one, other in zip(frame["stated"], frame["second_way"], strict=True)
    ]
    return breaches(
        frame,
        [
            Check(
                gxe.ExpectColumnValuesToBeBetween(column="gap", max_value=SECOND_WAY_TOLERANCE),
                "the worked example does not come out as its definition states",
            )
        ],
    )


def _second_way(published: Published) -> list[Breach]:
    """`all` by month, and some cells drawn by lot, are what single records give."""
    definition, whole = published.definition, published.whole
    way = SecondWay(published.connection, definition, published.clock)
    each: Iterable[Any] = whole.itertuples(index=False)
    rows = {
        (Cell(row.period_grain, row.period_start, row.channel), row.statistic): row for row in each
    }
    cells = {cell for cell, _ in rows}
    months = {cell for cell in cells if cell.grain == "month" and cell.channel == "all"}
    months |= {Cell("month", month, "all") for month in way.months()}
    frame = pd.DataFrame(
        [
            {
                "period_grain": cell.grain,
                "period_start": cell.start,
                "channel": cell.channel,
                "statistic": statistic,
                "measure": measure,
                "published": is_,
                "by_records": should_be,
                "gap": _gap(is_, should_be),
            }
            for cell in sorted(months | _drawn(published, cells - months))
            for statistic, figure in way.figures(cell).items()
            for measure, is_, should_be in _measures(rows.get((cell, statistic)), figure)
        ]
    )
    return breaches(
        frame,
        [
            Check(
                gxe.ExpectColumnValuesToBeBetween(column="gap", max_value=SECOND_WAY_TOLERANCE),
                "the figure is not what its single records give",
            )
        ],
    )


def _drawn(published: Published, cells: set[Cell]) -> set[Cell]:
    """Return some cells with observations, the same ones for the same night."""
    busy = published.whole[published.whole["n"] > 0]
    keys = zip(busy["period_grain"], busy["period_start"], busy["channel"], strict=True)
    among = sorted(cells & {Cell(*key) for key in keys})
    lot = random.Random(f"{published.definition.id} {published.clock.as_of}")  # noqa: S311
    return set(lot.sample(among, min(RANDOM_CELLS, len(among))))


def _measures(row: Any, figure: Figure) -> list[tuple[str, float, float]]:
    """Return what is compared of one statistic: the measure, as published, by records."""
    if row is None:
        return [("n", 0.0, figure.n)]
    if isinstance(row.withheld_reason, str):
        return []
    measures = [("n", row.n, figure.n), ("value", row.value, figure.value)]
    if not math.isnan(figure.denominator):
        measures += [
            ("numerator", _or_zero(row.numerator), figure.numerator),
            ("denominator", _or_zero(row.denominator), figure.denominator),
        ]
    return measures


def _or_zero(number: float) -> float:
    return 0.0 if math.isnan(number) else number


def _gap(one: float, other: float) -> float:
    """Return how far two numbers are apart, relative above 1; unknown is far from any number."""
    if math.isnan(one) and math.isnan(other):
        return 0.0
    if math.isnan(one) or math.isnan(other):
        return math.inf
    return abs(one - other) / max(1.0, abs(other))


RULES: Mapping[Rule, Callable[[Published], list[Breach]]] = {
    "bounds": _bounds,
    "grain": _grain,
    "parts": _parts,
    "marks": _marks,
    "totals": _totals,
    "example": _example,
    "second_way": _second_way,
}
