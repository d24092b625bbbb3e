"""The second way: each KPI's documented formula worked out from single records, in pandas.

Nothing here reads the KPI models or knows how they roll up; what is compared with what is in
rules.py.
"""

import ast
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from expectations.catalogue import DefinitionError, KpiDefinition
from expectations.periods import (
    local_time,
    next_start,
    period_starts,
    utc_instant,
)

CELL = ["period_grain", "period_start", "channel"]
"""One period and channel; `all` stands for every record."""

_PERCENTILES: Mapping[str, float] = {"median": 0.5, "p90": 0.9}
_PERCENTILE_DIGITS = 6
_N_DIGITS = 6
"""Where doubles were added, 12 may come as a hair less."""

_ROWS_AT_ONCE = 1_000_000

_AT = "at_sign_"
_OF_PERSONS = frozenset({"person_id", "customer_id", "visitor_id", "author_id"})
"""Columns that tell who somebody is."""

Period = tuple[pd.Timestamp, pd.Timestamp]
"""The first day of a period, and of the one after it."""
ColumnTypes = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """When the marts were made and whose calendar they follow.

    Attributes:
        as_of: UTC, without a zone.
        cut_at: Up to where the streams that the KPI needs are all loaded; as_of or before.
        timezone: The reporting time zone.
    """

    as_of: pd.Timestamp
    cut_at: pd.Timestamp
    timezone: str


@dataclass(frozen=True)
class Records:
    """What a figure is made of.

    Attributes:
        counted: The records that take part, in the columns of the definition's `records`.
        observed: Their numerator, denominator, n and value, as far as the KPI has them.
        left_out: The records of the same period and channel that do not.
        reasons: Why, for each of those.
    """

    counted: pd.DataFrame
    observed: pd.DataFrame
    left_out: pd.DataFrame
    reasons: list[str]


class SecondWay:
    """The figures of one KPI, from its records in the build."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, definition: KpiDefinition, clock: Clock
    ) -> None:
        self._connection = connection
        self._definition = definition
        self._clock = clock
        self._by_instant = (
            self._observed_by_instant() if definition.kind in ("ratio", "distribution") else None
        )

    def months(self) -> list[pd.Timestamp]:
        """Return the first days of the months that hold records, where records have an instant."""
        if self._by_instant is None or self._by_instant.empty:
            return []
        return list(period_starts(self._by_instant["local_at"], "month").unique())

    def figures(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return every statistic of the KPI in each cell.

        Args:
            cells: One row per cell, at least one.

        Returns:
            One row per cell and statistic, with numerator, denominator, value and n; NaN where
            there is none.
        """
        cells = cells[CELL].reset_index(drop=True)
        periods = [
            (start, next_start(start, grain))
            for grain, start in zip(cells["period_grain"], cells["period_start"], strict=True)
        ]
        observed = (
            self._observed_by_period(periods)
            if self._by_instant is None
            else _observed_within(periods, self._by_instant)
        )
        if "channel" in observed:
            channels = cells["channel"].to_numpy()[observed["cell"]]
            observed = observed[(channels == "all") | (observed["channel"] == channels)]
        return cells.join(_figures(self._definition, observed, cells.index))

    def records(self, period: Period, channel: str) -> Records:
        """Return the single records of one period and channel, those that take no part included."""
        by_instant = self._definition.kind in ("ratio", "distribution")
        instants = {"as_of": self._clock.as_of} if by_instant else self._instants(*period)
        rows = _records(self._connection, self._definition, instants, self._clock.timezone)
        if by_instant:
            local_at = local_time(rows["at"], self._clock.timezone)
            is_within = (local_at >= period[0]) & (local_at < period[1])
            rows = rows[is_within & (rows["at"] <= self._clock.cut_at)].sort_values("at")
        if channel != "all" and "channel" in rows:
            rows = rows[rows["channel"] == channel]
        of_each = pd.DataFrame(instants, index=rows.index)
        observed = _observed(self._definition, rows, of_each)
        if "value" in observed:
            observed = observed[observed["value"].notna()]
        left_out = rows.drop(index=observed.index)
        return Records(
            rows.loc[observed.index],
            observed.drop(columns="channel", errors="ignore"),
            left_out,
            self._why_left_out(left_out, of_each),
        )

    def _why_left_out(self, rows: pd.DataFrame, instants: pd.DataFrame) -> list[str]:
        """Return for each record the first condition of `where` that it does not meet."""
        reasons = pd.Series("nothing to measure", index=rows.index, dtype="object")
        is_told = pd.Series(data=False, index=rows.index)
        for condition in _conditions(self._definition.second_way.where):
            met = _worked_out(self._definition, "where", condition, rows, instants) == 1
            for place in rows.index[~met & ~is_told]:
                reasons[place] = _unmet(condition, rows.loc[place])
            is_told |= ~met
        return list(reasons)

    def _observed_by_instant(self) -> pd.DataFrame:
        instants = {"as_of": self._clock.as_of}
        records = _records(self._connection, self._definition, instants, self._clock.timezone)
        records = records[records["at"] <= self._clock.cut_at]
        observed = _observed(self._definition, records, pd.DataFrame(instants, index=records.index))
        observed["local_at"] = local_time(records["at"].loc[observed.index], self._clock.timezone)
        return observed.sort_values("local_at", kind="stable")

    def _observed_by_period(self, periods: Sequence[Period]) -> pd.DataFrame:
        """Return what each period observes, with `cell`, the period's place."""
        of_period = [self._instants(*period) for period in periods]
        instants = pd.DataFrame(of_period)
        observed = []
        for records in self._in_batches(of_period):
            cell = records.pop("cell")
            of_each = instants.loc[cell].set_axis(records.index)
            observed.append(_observed(self._definition, records, of_each).join(cell))
        return pd.concat(observed)

    def _instants(self, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, pd.Timestamp]:
        cut_at, ends_at = self._clock.cut_at, utc_instant(end, self._clock.timezone)
        return {
            "as_of": cut_at,
            "starts_at": utc_instant(start, self._clock.timezone),
            # Of what runs on at the cut, what happened up to and with it.
            "ends_at": ends_at if ends_at <= cut_at else cut_at + pd.Timedelta(microseconds=1),
        }

    def _in_batches(self, instants: Sequence[Mapping[str, pd.Timestamp]]) -> Iterator[pd.DataFrame]:
        """Yield the records of every period, with `cell`, those of several periods at once.

        An expression takes as long to read as it takes for thousands of records.
        """
        batch: list[pd.DataFrame] = []
        for cell, of_period in enumerate(instants):
            records = _records(self._connection, self._definition, of_period, self._clock.timezone)
            batch.append(records.assign(cell=cell))
            if sum(map(len, batch)) > _ROWS_AT_ONCE:
                yield pd.concat(batch, ignore_index=True)
                batch = []
        if batch:
            yield pd.concat(batch, ignore_index=True)


def _observed_within(periods: Sequence[Period], observed: pd.DataFrame) -> pd.DataFrame:
    """Return what was observed in each period, with `cell`, the period's place."""
    parts = [observed.iloc[slice(*observed["local_at"].searchsorted(each))] for each in periods]
    return pd.concat(dict(enumerate(parts)), names=["cell"]).reset_index(level="cell")


def _conditions(where: str | None) -> list[str]:
    """Return the conditions of `where` that all have to be met."""
    if where is None:
        return []
    # pandas knows @names, Python does not.
    text = where.replace("@", _AT)
    body = ast.parse(text, mode="eval").body
    parts = [body]
    if isinstance(body, ast.BoolOp) and isinstance(body.op, ast.And):
        parts = body.values
    return [(ast.get_source_segment(text, part) or text).replace(_AT, "@") for part in parts]


def _unmet(condition: str, record: pd.Series) -> str:
    """Say of a record which condition it does not meet, and what it has instead."""
    names = ast.walk(ast.parse(condition.replace("@", _AT), mode="eval"))
    columns = [each.id for each in names if isinstance(each, ast.Name) and each.id in record.index]
    if columns == ["exclusion_reason"]:
        return f"excluded: {record['exclusion_reason']}"
    has = ", ".join(f"{name} is {_shown(name, record[name])}" for name in dict.fromkeys(columns))
    return f"not {condition} ({has})"


def _shown(name: str, value: Any) -> str:
    if pd.isna(value):
        return "unknown"
    if name in _OF_PERSONS:
        return "known"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, pd.Timestamp) else str(value)


def worked_examples(
    connection: duckdb.DuckDBPyConnection, definitions: Iterable[KpiDefinition]
) -> pd.DataFrame:
    """Return what the second way gives for each definition's example.

    The examples' tables get the columns and types that they have in the build, so a column that
    was renamed there cannot live on in an example.

    Returns:
        One row per KPI and statistic, with numerator, denominator, value and n.
    """
    types = _types(connection)
    with duckdb.connect() as desk:
        return pd.concat(
            _worked_example(desk, definition, types).assign(kpi_id=definition.id)
            for definition in definitions
        )


def _worked_example(
    desk: duckdb.DuckDBPyConnection, definition: KpiDefinition, types: Mapping[str, ColumnTypes]
) -> pd.DataFrame:
    example = definition.example
    instants = {
        name: pd.Timestamp(at)
        for name in ("as_of", "starts_at", "ends_at")
        if (at := getattr(example, name)) is not None
    }
    desk.begin()
    for table, rows in example.rows.items():
        if table not in types:
            raise _fault(definition, f"example.rows.{table}", "the build has no such table")
        _write(desk, definition, table, types[table], rows)
    records = _records(desk, definition, instants, timezone="UTC")
    desk.rollback()
    observed = _observed(definition, records, pd.DataFrame(instants, index=records.index))
    observed["cell"] = 0
    return _figures(definition, observed, pd.RangeIndex(1))


def _figures(definition: KpiDefinition, observed: pd.DataFrame, cells: pd.Index) -> pd.DataFrame:
    """Return every statistic of a KPI in each cell, by the cell's place."""
    if definition.kind == "state":
        sums = observed.groupby("cell").size().reindex(cells, fill_value=0).to_frame("n")
        sums[["numerator", "denominator"]] = math.nan
        sums["value"] = definition.stands_for * sums["n"]
    else:
        if definition.kind == "distribution":
            # Empty is no observation.
            observed = observed[observed["value"].notna()].assign(denominator=1.0)
            observed["numerator"] = observed["value"]
        parts = [name for name in ("numerator", "denominator", "n") if name in observed]
        # Where a part of a set is unknown of one record, it is unknown.
        by_cell = observed.groupby("cell")[parts].sum(skipna=definition.kind != "set")
        sums = by_cell.reindex(cells, fill_value=0.0)
        denominator = sums["denominator"].where(sums["denominator"] != 0)
        sums["value"] = definition.scale * sums["numerator"] / denominator
        if "n" not in sums:
            sums["n"] = sums["denominator"].fillna(0.0).round(_N_DIGITS) // 1
    statistics = []
    for statistic in definition.statistics:
        figures = sums.assign(statistic=statistic)
        if statistic in _PERCENTILES:
            quantiles = observed.groupby("cell")["value"].quantile(_PERCENTILES[statistic])
            figures["value"] = quantiles.reindex(cells).round(_PERCENTILE_DIGITS)
            figures[["numerator", "denominator"]] = math.nan
        statistics.append(figures)
    return pd.concat(statistics).sort_index(kind="stable")


def _records(
    connection: duckdb.DuckDBPyConnection,
    definition: KpiDefinition,
    instants: Mapping[str, pd.Timestamp],
    timezone: str,
) -> pd.DataFrame:
    sql = definition.second_way.records
    known = {name: at.to_pydatetime() for name, at in instants.items()} | {"timezone": timezone}
    used = {name: value for name, value in known.items() if f"${name}" in sql}
    try:
        return connection.execute(sql, used or None).df()
    except duckdb.Error as error:
        raise _fault(definition, "second_way.records", str(error)) from error


def _observed(
    definition: KpiDefinition, records: pd.DataFrame, instants: pd.DataFrame
) -> pd.DataFrame:
    """Return the records that take part, with channel, numerator, denominator, n and value.

    Args:
        definition: Whose expressions are worked out.
        records: What its select gave.
        instants: `as_of`, `starts_at` and `ends_at` as each of the records takes them.
    """
    way = definition.second_way
    if way.where is not None:
        records = records[_worked_out(definition, "where", way.where, records, instants) == 1]
    parts = {
        key: _worked_out(definition, key, expression, records, instants)
        for key in ("numerator", "denominator", "n", "value")
        if (expression := getattr(way, key)) is not None
    }
    if "channel" in records:
        parts["channel"] = records["channel"]
    return pd.DataFrame(parts, index=records.index)


def _worked_out(
    definition: KpiDefinition,
    key: str,
    expression: str,
    records: pd.DataFrame,
    instants: pd.DataFrame,
) -> pd.Series:
    """Return what an expression of the second way gives for each record, as a number."""
    # Names after @ are looked up here, and nowhere else.
    names = dict(instants.loc[records.index].items())
    try:
        result = records.eval(expression, engine="python", local_dict=names, global_dict={})
    except Exception as error:
        raise _fault(definition, f"second_way.{key}", str(error)) from error
    column = result if isinstance(result, pd.Series) else pd.Series(result, index=records.index)
    if pd.api.types.is_bool_dtype(column):
        return column.astype("boolean").fillna(value=False).astype("float64")
    return column.astype("float64")


def _types(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return the columns of every table of the build, in their order, with their types."""
    types: dict[str, dict[str, str]] = {}
    for table, column, type_ in connection.execute(
        """
        select schema_name || '.' || table_name, column_name, data_type
        from duckdb_columns()
        where database_name = current_database()
        order by database_name, schema_name, table_name, column_index
        """
    ).fetchall():
        types.setdefault(table, {})[column] = type_
    return types


def _write(
    desk: duckdb.DuckDBPyConnection,
    definition: KpiDefinition,
    table: str,
    types: ColumnTypes,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Make a table of an example, with each row as often as it says."""
    schema, _, _ = table.partition(".")
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
    desk.execute(f"create schema if not exists {schema}; create table {table} ({columns})")
    for row in rows:
        unknown = row.keys() - types.keys() - {"repeat"}
        if unknown:
            says = f"names columns that the table has not: {', '.join(sorted(unknown))}"
            raise _fault(definition, f"example.rows.{table}", says)
    named = sorted({name for row in rows for name in row} - {"repeat"}) or list(types)
    told = [
        {
            name: value.replace("{n}", str(number)) if isinstance(value, str) else value
            for name in named
            for value in [row.get(name)]
        }
        for row in rows
        for number in range(1, row.get("repeat", 1) + 1)
    ]
    shape = json.dumps([{name: types[name] for name in named}])
    desk.execute(
        f"insert into {table} by name"
        f" select unnest(json_transform_strict(?, '{shape}'), max_depth := 2)",
        [json.dumps(told, default=str)],
    )


def _fault(definition: KpiDefinition, key: str, says: str) -> DefinitionError:
    return DefinitionError(f"expectations/kpis/{definition.id}.yml: {key}: {says}. Mend the entry.")
