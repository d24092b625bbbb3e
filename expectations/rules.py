"""The rules that the KPIs' figures are held to, each a frame over all KPIs and what it has to be.

What becomes of a broken rule is decided in guards.py; how the second way is worked out in
second_way.py. Importing this takes seconds.
"""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd

from expectations.catalogue import Bounds, Grain, KpiDefinition, Rule, Stream
from expectations.periods import (
    all_starts,
    local_instant,
    next_start,
    period_start,
    period_starts,
    utc_instant,
)
from expectations.published import Published
from expectations.second_way import CELL, SecondWay, worked_examples
from expectations.suites import Breach, Check, breaches

RATIO_TOLERANCE = 1e-9
SECOND_WAY_TOLERANCE = 2e-6
"""Percentiles are published with six digits; relative above 1."""
RANDOM_CELLS = 5

_KEY = ["kpi_id", "period_grain", "period_start", "channel", "slice", "slice_value", "statistic"]
_STATISTIC = ["kpi_id", *CELL, "statistic"]
_ADDED = ["numerator", "denominator", "n"]
_SLICED_GRAINS = ["month", "quarter", "year"]
_A_WHOLE = 100


_AMOUNTS: Mapping[Stream, tuple[str, str, str]] = {
    "orders": ("fct_orders", "timezone('{zone}', timezone('UTC', created_at))", "total_reporting"),
    "marketing_costs": ("fct_marketing_costs", "date", "amount_reporting"),
    "support_costs": ("fct_support_costs", "month", "amount_reporting"),
}
"""The fact of a stream with amounts, their day, and what is unknown where no rate is."""


def broken(published: Published, rule: Rule) -> dict[str, list[Breach]]:
    """Return what breaks a rule, for each KPI that does."""
    found: dict[str, list[Breach]] = defaultdict(list)
    for breach in RULES[rule](published):
        for key, rows in breach.rows.groupby("kpi_id", observed=True):
            kpi = published.definitions[str(key)]
            says = breach.says.format_map(_words(published, kpi))
            found[kpi.id].append(Breach(says, rows.drop(columns="kpi_id")))
    return found


def _words(published: Published, definition: KpiDefinition) -> dict[str, object]:
    """Return what a check may say of the KPI that breaks it."""
    return {
        "bounds": _between(definition.bounds),
        "slices": ", ".join(definition.slices) or "nothing",
        "scale": definition.scale,
        "times": f" x {definition.stands_for}" if definition.stands_for > 1 else "",
        "rateable_n": published.rateable_n,
    }


def _between(bounds: Bounds) -> str:
    if bounds.at_least is None:
        return f"at most {bounds.at_most:g}"
    if bounds.at_most is None:
        return f"at least {bounds.at_least:g}"
    return f"between {bounds.at_least:g} and {bounds.at_most:g}"


def _bounds(published: Published) -> list[Breach]:
    rows = published.rows
    at_least = published.of_each(rows, lambda kpi: _or(kpi.bounds.at_least, -math.inf))
    at_most = published.of_each(rows, lambda kpi: _or(kpi.bounds.at_most, math.inf))
    return breaches(
        rows.assign(outside=np.maximum(at_least - rows["value"], rows["value"] - at_most)),
        [
            _at_most("outside", 0, "value is not {bounds}"),
            Check(
                gxe.ExpectColumnValuesToBeBetween(column="n_pending", min_value=0),
                "n_pending is negative",
            ),
        ],
    )


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound


def _at_most(column: str, most: float, says: str) -> Check:
    return Check(gxe.ExpectColumnValuesToBeBetween(column=column, max_value=most), says)


def _grain(published: Published) -> list[Breach]:
    """Each key once, every period of every channel from the first day to as_of, nothing else."""
    rows = published.rows
    unique = gxe.ExpectCompoundColumnsToBeUnique(column_list=_KEY)
    sliced = rows[rows["slice"] != "all"]
    declared = [(kpi.id, slice_) for kpi in published.definitions.values() for slice_ in kpi.slices]
    is_declared = pd.MultiIndex.from_frame(sliced[["kpi_id", "slice"]]).isin(declared)
    return [
        *breaches(rows, [Check(unique, "one key stands in several rows")]),
        *breaches(
            _cells(published),
            [_equal("is_there", "is_expected", "a cell is missing, or is none that is declared")],
        ),
        *breaches(
            sliced.assign(is_declared=is_declared),
            [
                _in_set("is_declared", [True], "slice is none of {slices}"),
                _in_set(
                    "period_grain",
                    _SLICED_GRAINS,
                    f"period_grain is none of {', '.join(_SLICED_GRAINS)}",
                ),
            ],
        ),
    ]


def _in_set(column: str, values: Sequence[object], says: str) -> Check:
    return Check(gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values)), says)


def _equal(one: str, other: str, says: str) -> Check:
    return Check(gxe.ExpectColumnPairValuesToBeEqual(column_A=one, column_B=other), says)


def _cells(published: Published) -> pd.DataFrame:
    """Return every period, channel and statistic that is there or has to be, and which it is."""
    key = [*_STATISTIC, "unit"]
    there = published.whole[key].drop_duplicates()
    if there.empty:
        return there
    cells = _expected(published).merge(there.assign(is_there=True), on=key, how="outer")
    cells[["is_expected", "is_there"]] = cells[["is_expected", "is_there"]].notna()
    return cells


def _expected(published: Published) -> pd.DataFrame:
    """Return every period, channel and statistic that KPIs with any row have to have."""
    whole, kpis = published.whole, published.definitions.values()
    is_finest = whole["period_grain"] == published.of_each(whole, lambda kpi: kpi.grains[0])
    first = whole[is_finest].groupby("kpi_id", observed=True)["period_start"].min()
    last = local_instant(published.as_of, published.timezone)
    periods = pd.DataFrame(
        [
            (grain, first_on, start)
            for first_on in first.unique()
            for grain in get_args(Grain)
            for start in all_starts(period_start(first_on, grain), last, grain)
        ],
        columns=["period_grain", "first_on", "period_start"],
    )
    declared = pd.DataFrame(
        [
            (kpi.id, grain, statistic, kpi.unit)
            for kpi in kpis
            for grain in kpi.grains
            for statistic in kpi.statistics
        ],
        columns=["kpi_id", "period_grain", "statistic", "unit"],
    )
    channels = pd.concat(
        [
            pd.DataFrame({"kpi_id": list(published.definitions), "channel": "all"}),
            whole.loc[published.of_each(whole, lambda kpi: kpi.by_channel), ["kpi_id", "channel"]],
        ]
    ).drop_duplicates()
    expected = (
        published.like_rows(declared)
        .merge(published.like_rows(first.rename("first_on").reset_index()), on="kpi_id")
        .merge(published.like_rows(periods), on=["period_grain", "first_on"])
        .merge(published.like_rows(channels), on="kpi_id")
    )
    return expected.drop(columns="first_on").assign(is_expected=True)


def _parts(published: Published) -> list[Breach]:
    """Numerator, denominator, n and value tell the same story."""
    rows = published.rows[published.rows["withheld_reason"].isna()]
    ratios = rows[rows["statistic"].isin(["value", "mean"])]
    scale = published.of_each(ratios, lambda kpi: kpi.scale)
    denominator = ratios["denominator"].where(ratios["denominator"] != 0)
    ratios = ratios.assign(gap=_gap(ratios["value"], scale * ratios["numerator"] / denominator))
    # A percentage that nothing bounds is no share: a campaign may return its cost several times.
    is_share = published.of_each(
        ratios, lambda kpi: kpi.unit == "percent" and kpi.bounds.at_most == _A_WHOLE
    )
    counts = rows[rows["statistic"] == "count"]
    stands_for = published.of_each(counts, lambda kpi: kpi.stands_for)
    percentiles = rows[rows["statistic"].isin(["median", "p90"])]
    return [
        *breaches(
            ratios,
            [
                _at_most(
                    "gap",
                    RATIO_TOLERANCE,
                    "value is not {scale} x numerator / denominator,"
                    " or not empty where the denominator is 0",
                )
            ],
        ),
        *breaches(
            ratios[published.of_each(ratios, lambda kpi: kpi.second_way.n is None)].assign(
                over_n=lambda rows: rows["denominator"] - rows["n"]
            ),
            [
                Check(
                    gxe.ExpectColumnValuesToBeBetween(
                        column="over_n", min_value=0, max_value=1, strict_max=True
                    ),
                    "n is not the denominator, rounded down",
                )
            ],
        ),
        *breaches(
            ratios[is_share],
            [
                Check(
                    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                        column_A="denominator",
                        column_B="numerator",
                        or_equal=True,
                        ignore_row_if="either_value_is_missing",
                    ),
                    "the numerator is greater than the denominator",
                )
            ],
        ),
        *breaches(
            counts.assign(counted=stands_for * counts["n"]),
            [_equal("value", "counted", "the count is not n{times}")],
        ),
        *breaches(
            percentiles.assign(is_told=percentiles["value"].notna() == (percentiles["n"] > 0)),
            [
                _in_set(
                    "is_told",
                    [True],
                    "a percentile is there without observations, or missing with some",
                )
            ],
        ),
    ]


def _marks(published: Published) -> list[Breach]:
    """What a row says about its own worth: whether it is complete, mature and rateable."""
    rows, clocks = published.rows, published.clocks
    spans = rows[["period_grain", "period_start"]].drop_duplicates()
    ends = [
        utc_instant(next_start(start, grain), published.timezone)
        for grain, start in zip(spans["period_grain"], spans["period_start"], strict=True)
    ]
    spans = spans.assign(end_at=pd.Series(ends, index=spans.index, dtype="datetime64[us]"))
    end_at = rows[["period_grain", "period_start"]].merge(spans, how="left")["end_at"]
    is_complete = end_at <= published.of_each(rows, lambda kpi: clocks[kpi.id].cut_at)
    matures_after = published.of_each(
        rows, lambda kpi: pd.Timedelta(kpi.matures_after_seconds, "s")
    )
    return breaches(
        rows.assign(
            should_be_complete=is_complete,
            should_be_mature=is_complete & (end_at + matures_after <= published.as_of),
            should_be_rateable=rows["n"] >= published.rateable_n,
        ),
        [
            _equal("is_complete", "should_be_complete", "is_complete is not what the cut says"),
            _equal("is_mature", "should_be_mature", "is_mature is not what matures_after says"),
            _equal(
                "is_rateable",
                "should_be_rateable",
                "is_rateable is not whether n is at least {rateable_n}",
            ),
        ],
    )


def _totals(published: Published) -> list[Breach]:
    """Days add up to their weeks, months, quarters and years, and channels to at most `all`."""
    rows = published.rows[published.rows["withheld_reason"].isna()]
    return [
        *breaches(
            _added_up(published, rows[rows["slice"] == "all"]),
            [
                _at_most(
                    f"{measure}_gap", RATIO_TOLERANCE, f"{measure} is not the sum of its parts"
                )
                for measure in _ADDED
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


def _added_up(published: Published, whole: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the coarser grains beside the sums over the finest, and their gaps."""
    frames = list(_sums(published, whole.fillna(dict.fromkeys(_ADDED, 0.0))))
    if not frames:
        return whole.head(0)
    rows = pd.concat(frames, ignore_index=True)
    rows = rows.fillna({f"{measure}_added": 0.0 for measure in _ADDED})
    for measure in _ADDED:
        rows[f"{measure}_gap"] = _gap(rows[measure], rows[f"{measure}_added"])
    # A ratio's n is its denominator rounded down, and what was rounded down does not add up.
    is_counted = published.of_each(rows, lambda kpi: kpi.kind == "distribution")
    return rows.assign(n_gap=rows["n_gap"].where(is_counted))


def _sums(published: Published, whole: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of each coarser grain beside the sums over the finest."""
    for finest in get_args(Grain):
        kpi_ids = [
            kpi.id
            for kpi in published.definitions.values()
            # Who is a customer, or open, is no sum over days; weeks fit into nothing longer.
            if kpi.kind in ("ratio", "distribution") and kpi.grains[0] == finest != "week"
        ]
        rows = whole[whole["kpi_id"].isin(kpi_ids)]
        pieces = rows[rows["period_grain"] == finest]
        for grain in get_args(Grain):
            longer = rows[rows["period_grain"] == grain]
            if grain == finest or longer.empty:
                continue
            key = ["kpi_id", "period_start", "channel", "statistic"]
            sums = (
                pieces.assign(period_start=period_starts(pieces["period_start"], grain))
                .groupby(key, observed=True)[_ADDED]
                .sum()
            )
            yield longer.join(sums.add_suffix("_added"), on=key)


def _parts_of_all(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the n of `all` beside the sum over its channels, and over each slice's values."""
    cell = ["kpi_id", "period_grain", "period_start", "statistic"]
    parts = rows[(rows["channel"] != "all") | (rows["slice"] != "all")]
    added = parts.groupby([*cell, "slice"], observed=True)["n"].sum().rename("n_added")
    of_all = rows[(rows["channel"] == "all") & (rows["slice"] == "all")]
    return added.reset_index().merge(of_all[[*cell, "channel", "n"]], on=cell)


def _example(published: Published) -> list[Breach]:
    """The second way gives what the definition's example states."""
    kpis = published.definitions.values()
    given = worked_examples(published.connection, kpis)
    stated = pd.DataFrame(
        [
            (kpi.id, statistic, value)
            for kpi in kpis
            for statistic, value in kpi.example.gives.items()
        ],
        columns=["kpi_id", "statistic", "stated"],
    )
    frame = stated.merge(given.rename(columns={"value": "second_way"}))
    frame["gap"] = _gap(frame["stated"], frame["second_way"])
    return breaches(
        frame[["kpi_id", "statistic", "stated", "second_way", "gap"]],
        [
            _at_most(
                "gap",
                SECOND_WAY_TOLERANCE,
                "the worked example does not come out as its definition states",
            )
        ],
    )


def _second_way(published: Published) -> list[Breach]:
    """`all` by month, and some cells drawn by lot, are what single records give."""
    figures = list(_by_records(published))
    if not figures:
        return []
    both = published.like_rows(pd.concat(figures, ignore_index=True)).merge(
        published.whole, on=_STATISTIC, how="left", suffixes=("_by_records", "")
    )
    both = both[both["withheld_reason"].isna()]
    is_there = both["n"].notna()
    parts = ["numerator", "denominator", "numerator_by_records", "denominator_by_records"]
    has_parts = is_there & both[parts[2:]].notna().any(axis="columns")
    both = both.fillna({"n": 0, **dict.fromkeys(parts, 0.0)})
    frame = pd.concat(
        both.loc[compared, _STATISTIC].assign(
            measure=measure,
            published=both[measure],
            by_records=both[f"{measure}_by_records"],
        )
        # Of a cell without a row there is nothing to compare but that it has no records.
        for measure, compared in (
            ("n", both.index),
            ("value", is_there),
            ("numerator", has_parts),
            ("denominator", has_parts),
        )
    ).sort_index(kind="stable")
    return breaches(
        frame.assign(gap=_gap(frame["published"], frame["by_records"])),
        [
            _at_most(
                "gap",
                SECOND_WAY_TOLERANCE,
                "the figure is not what its single records give",
            )
        ],
    )


def _by_records(published: Published) -> Iterator[pd.DataFrame]:
    """Yield for each KPI its figures in the cells that are held against their records."""
    whole = published.whole[["kpi_id", *CELL, "n"]]
    is_month = (whole["period_grain"] == "month") & (whole["channel"] == "all")
    busy = whole[~is_month & (whole["n"] > 0)].drop_duplicates(["kpi_id", *CELL])
    for kpi_id, definition in published.definitions.items():
        way = SecondWay(published.connection, definition, published.clocks[kpi_id])
        months = {*whole.loc[is_month & (whole["kpi_id"] == kpi_id), "period_start"], *way.months()}
        cells = pd.concat(
            [
                pd.DataFrame(
                    {"period_grain": "month", "period_start": sorted(months), "channel": "all"}
                ),
                _drawn(busy[busy["kpi_id"] == kpi_id], f"{kpi_id} {published.as_of}"),
            ]
        )
        if not cells.empty:
            yield way.figures(cells).assign(kpi_id=kpi_id)


def _drawn(busy: pd.DataFrame, seed: str) -> pd.DataFrame:
    """Return some of the cells, the same ones for the same seed."""
    lot = random.Random(seed)  # noqa: S311
    return busy.iloc[lot.sample(range(len(busy)), min(RANDOM_CELLS, len(busy)))]


def _rates(published: Published) -> list[Breach]:
    """A rate of exchange is known for every amount that a KPI adds up."""
    unrated = [
        _unrated(published, stream).assign(kpi_id=kpi.id)
        for kpi in published.definitions.values()
        for stream in kpi.money
    ]
    if not unrated:
        return []
    return breaches(
        pd.concat(unrated),
        [
            _in_set(
                "is_rated",
                [True],
                "no rate of exchange is known; add a line to seeds/exchange_rates.csv",
            )
        ],
    )


def _unrated(published: Published, stream: Stream) -> pd.DataFrame:
    fact, day, amount = _AMOUNTS[stream]
    return published.connection.execute(
        f"""
        select
            currency,
            cast({day.format(zone=published.timezone)} as date) as on_date,
            count(*) as records,
            false as is_rated
        from facts.{fact}
        where exclusion_reason is null and {amount} is null
        group by all
        order by all
        """
    ).df()


def _gap(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return how far numbers are apart, relative above 1; unknown is far from any number."""
    gap = (one - other).abs() / other.abs().clip(lower=1.0)
    return gap.mask(one.isna() ^ other.isna(), math.inf).mask(one.isna() & other.isna(), 0.0)


RULES: Mapping[Rule, Callable[[Published], list[Breach]]] = {
    "bounds": _bounds,
    "grain": _grain,
    "parts": _parts,
    "marks": _marks,
    "totals": _totals,
    "example": _example,
    "second_way": _second_way,
    "rates": _rates,
}
