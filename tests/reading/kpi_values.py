"""Terms: Rows of kpi_values. From the observations of a KPI to its rows; no KPI is known here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .desk import Desk
from .periods import GRAINS, Period, period_of, periods
from .records import begins_at
from .tickets import Happened

SCALES = {"percent": 100, "points": 100, "per_100_orders": 100, "per_1000_customers": 1000}
SLICED_GRAINS = ("month", "quarter", "year")

Number = int | Decimal | Fraction
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One row of a cohort, where and when it counts.

    Attributes:
        denominator: 0 for a row that is still waiting, which is in `pending` alone.
        about: What it is, for readers of a difference.
    """

    at: datetime
    channel: str | None
    slices: Mapping[str, str | None] = field(default_factory=dict)
    numerator: Number = 0
    denominator: Number = 1
    pending: int = 0
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a set or a state comes to at a period's end.

    Attributes:
        n: Of a state what is counted; of a set only where its denominator counts nothing.
        value: Of a state that stands for more than what is counted.
    """

    numerator: Number | None = 0
    denominator: Number | None = 0
    n: int | None = None
    value: Number | None = None
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """What kpis.yml says of one KPI, and how it is read.

    Attributes:
        observe: Gives its observations; of a set or state None.
        seen: Gives the channels that a set or a state has seen up to an instant.
        at_end: Gives its figure for a channel or `all` over one period; of a set or state.
    """

    id: str
    unit: str
    needs: tuple[str, ...]
    statistics: tuple[str, ...] = ("value",)
    matures_after: timedelta = timedelta(0)
    slices: tuple[str, ...] = ()
    grains: tuple[str, ...] = GRAINS
    by_channel: bool = True
    observe: Callable[[Desk], Iterable[Observation]] | None = None
    seen: Callable[[Desk, datetime], Iterable[str | None]] | None = None
    at_end: Callable[[Desk, Period, Happened, str], Figure] | None = None


Key = tuple[str, str, Any, str, str, str, str]


def rows_of(kpi: Kpi, desk: Desk) -> dict[Key, Row]:
    """Return the rows of a KPI, each under the key of kpi_values."""
    first = first_record_at(kpi, desk)
    if first is None:
        return {}
    rows: dict[Key, Row] = {}
    observed = kpi.observe(desk) if kpi.observe else []
    observations = [each for each in observed if each.at <= cut(kpi, desk)]
    seen = kpi.seen(desk, cut(kpi, desk)) if kpi.seen else [each.channel for each in observations]
    channels = {channel for channel in seen if channel not in (None, "unmapped")}
    for grain in kpi.grains:
        in_period = defaultdict(list)
        for each in observations:
            start_on = period_of(each.at, grain, desk.shop.reporting_timezone).start_on
            in_period[start_on].append(each)
        for period in periods(first, desk.shop.as_of, grain, desk.shop.reporting_timezone):
            for channel in ["all", *(sorted(channels) if kpi.by_channel else [])]:
                if kpi.at_end is not None:
                    figure = kpi.at_end(desk, period, happened_by(cut(kpi, desk), period), channel)
                    part = _figure_row(kpi, figure)
                    rows[_key(kpi, period, channel)] = part | _marks(kpi, desk, period, part["n"])
                else:
                    chosen = [
                        each
                        for each in in_period[period.start_on]
                        if channel in ("all", each.channel)
                    ]
                    _add(rows, kpi, desk, period, (channel, "all", "all"), chosen)
            if grain not in SLICED_GRAINS:
                continue
            for name in kpi.slices:
                values = {each.slices[name] for each in observations}
                for value in values - {None}:
                    chosen = [
                        each for each in in_period[period.start_on] if each.slices[name] == value
                    ]
                    if not chosen:
                        continue
                    _add(rows, kpi, desk, period, ("all", name, value), chosen)
    return rows


def first_record_at(kpi: Kpi, desk: Desk) -> datetime | None:
    """Return when the first record of the streams that a KPI needs begins."""
    began = [
        begins_at(desk.shop, stream, record)
        for stream in kpi.needs
        for record in desk.records[stream]
    ]
    return min((at for at in began if at is not None), default=None)


def cut(kpi: Kpi, desk: Desk) -> datetime:
    """Return the instant to which a KPI is computed: as_of, or how far its streams are loaded."""
    loaded_through = [
        through
        for (_, stream), through in desk.shop.complete_through.items()
        if stream in kpi.needs
    ]
    return min([desk.shop.as_of, *loaded_through])


def happened_by(until: datetime, period: Period) -> Happened:
    if period.end <= until:
        return Happened(period.end, with_the_instant=False)
    return Happened(until, with_the_instant=True)


def _add(
    rows: dict[Key, Row],
    kpi: Kpi,
    desk: Desk,
    period: Period,
    cell: tuple[str, str, str],
    chosen: list[Observation],
) -> None:
    about = " ".join(
        f"{each.about}({each.numerator}/{each.denominator}{' waits' if each.pending else ''})"
        for each in chosen
    )
    pending = sum(each.pending for each in chosen)
    for statistic in kpi.statistics:
        part = _statistic(kpi, statistic, chosen)
        marks = _marks(kpi, desk, period, part["n"])
        row = part | marks | {"n_pending": pending, "about": about}
        rows[_key(kpi, period, *cell, statistic=statistic)] = row


def _key(
    kpi: Kpi,
    period: Period,
    channel: str,
    slice_: str = "all",
    slice_value: str = "all",
    statistic: str | None = None,
) -> Key:
    statistic = statistic or kpi.statistics[0]
    return kpi.id, period.grain, period.start_on, channel, slice_, slice_value, statistic


def _statistic(kpi: Kpi, statistic: str, chosen: list[Observation]) -> Row:
    if statistic in ("value", "mean"):
        numerator = sum(each.numerator for each in chosen)
        denominator = sum(each.denominator for each in chosen)
        return _ratio(kpi, numerator, denominator)
    values = sorted(int(each.numerator) for each in chosen if each.denominator)
    share = {"median": 0.5, "p90": 0.9}[statistic]
    value = percentile(values, share)
    return {"numerator": None, "denominator": None, "value": value, "n": len(values)}


def _figure_row(kpi: Kpi, figure: Figure) -> Row:
    if kpi.statistics == ("count",):
        value = figure.n if figure.value is None else figure.value
        row = {"numerator": None, "denominator": None, "value": float(value), "n": figure.n}
    else:
        row = _ratio(kpi, figure.numerator, figure.denominator)
        row["n"] = row["n"] if figure.n is None else figure.n
    return row | {"n_pending": 0, "about": figure.about}


def _ratio(kpi: Kpi, numerator: Number | None, denominator: Number | None) -> Row:
    value = None
    if numerator is not None and denominator:
        value = SCALES.get(kpi.unit, 1) * float(numerator) / float(denominator)
    return {
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "n": int(denominator or 0),
    }


def _marks(kpi: Kpi, desk: Desk, period: Period, n: int) -> Row:
    as_of = desk.shop.as_of
    is_complete = period.end <= cut(kpi, desk)
    return {
        "unit": kpi.unit,
        "is_complete": is_complete,
        "is_mature": is_complete and period.end + kpi.matures_after <= as_of,
        "is_rateable": n >= desk.shop.settings["rateable_n"],
    }


def percentile(values: list[int], share: float) -> float | None:
    """Return the percentile of sorted values, by linear interpolation, to 6 digits."""
    if not values:
        return None
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return round(values[below] + (values[above] - values[below]) * (place - below), 6)
