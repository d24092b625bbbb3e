"""The second way: each KPI's documented formula worked out from single records, in pandas.

Nothing here reads the KPI models or knows how they roll up; what is compared with what is in
rules.py.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
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

_NUMBERED = "replace(?, '{n}', cast(number as varchar))"

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
        by_instant = self._by_instant
        observed = _of_cells(
            self._observed_by_period(*period)
            if by_instant is None
            else by_instant.iloc[slice(*by_instant["local_at"].searchsorted(period))]
            for period in periods
        )
        if "channel" in observed:
            channels = cells["channel"].to_numpy()[observed["cell"]]
            observed = observed[(channels == "all") | (observed["channel"] == channels)]
        return cells.join(_figures(self._definition, observed, cells.index))

    def _observed_by_instant(self) -> pd.DataFrame:
        instants = {"as_of": self._clock.as_of}
        records = _records(self._connection, self._definition, instants)
        records = records[records["at"] <= self._clock.cut_at]
        observed = _observed(self._definition, records, instants)
        observed["local_at"] = local_time(records["at"].loc[observed.index], self._clock.timezone)
        return observed.sort_values("local_at", kind="stable")

    def _observed_by_period(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        cut_at, ends_at = self._clock.cut_at, utc_instant(end, self._clock.timezone)
        instants = {
            "as_of": cut_at,
            "starts_at": utc_instant(start, self._clock.timezone),
            # Of what runs on at the cut, what happened up to and with it.
            "ends_at": ends_at if ends_at <= cut_at else cut_at + pd.Timedelta(microseconds=1),
        }
        records = _records(self._connection, self._definition, instants)
        return _observed(self._definition, records, instants)


def _of_cells(observed: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return what was observed in all cells, with `cell`, the place of its cell."""
    return pd.concat(dict(enumerate(observed)), names=["cell"]).reset_index(level="cell")


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
    records = _records(desk, definition, instants)
    desk.rollback()
    observed = _of_cells([_observed(definition, records, instants)])
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
        sums = observed.groupby("cell")[parts].sum().reindex(cells, fill_value=0.0)
        denominator = sums["denominator"].where(sums["denominator"] != 0)
        sums["value"] = definition.scale * sums["numerator"] / denominator
        if "n" not in sums:
            sums["n"] = sums["denominator"].round(_N_DIGITS) // 1
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
) -> pd.DataFrame:
    sql = definition.second_way.records
    used = {name: at.to_pydatetime() for name, at in instants.items() if f"${name}" in sql}
    try:
        return connection.execute(sql, used or None).df()
    except duckdb.Error as error:
        raise _fault(definition, "second_way.records", str(error)) from error


def _observed(
    definition: KpiDefinition, records: pd.DataFrame, instants: Mapping[str, pd.Timestamp]
) -> pd.DataFrame:
    """Return the records that take part, with channel, numerator, denominator, n and value."""
    way = definition.second_way

    def worked_out(key: str, frame: pd.DataFrame) -> pd.Series:
        try:
            # Names after @ are looked up here, and nowhere else.
            result = frame.eval(
                getattr(way, key), engine="python", local_dict=dict(instants), global_dict={}
            )
        except Exception as error:
            raise _fault(definition, f"second_way.{key}", str(error)) from error
        column = result if isinstance(result, pd.Series) else pd.Series(result, index=frame.index)
        if pd.api.types.is_bool_dtype(column):
            return column.astype("boolean").fillna(value=False).astype("float64")
        return column.astype("float64")

    if way.where is not None:
        records = records[worked_out("where", records) == 1]
    parts = {
        key: worked_out(key, records)
        for key in ("numerator", "denominator", "n", "value")
        if getattr(way, key) is not None
    }
    if "channel" in records:
        parts["channel"] = records["channel"]
    return pd.DataFrame(parts, index=records.index)


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
    selects, values = [], []
    for row in rows:
        told = {name: value for name, value in row.items() if name != "repeat"}
        unknown = told.keys() - types.keys()
        if unknown:
            says = f"names columns that the table has not: {', '.join(sorted(unknown))}"
            raise _fault(definition, f"example.rows.{table}", says)
        cells = ", ".join(
            f'cast({_NUMBERED if isinstance(value, str) else "?"} as {types[name]}) as "{name}"'
            for name, value in told.items()
        )
        selects.append(f"select {cells} from generate_series(1, ?) as numbers (number)")
        values += [*told.values(), row.get("repeat", 1)]
    if selects:
        desk.execute(f"insert into {table} by name {' union all by name '.join(selects)}", values)


def _fault(definition: KpiDefinition, key: str, says: str) -> DefinitionError:
    return DefinitionError(f"expectations/kpis/{definition.id}.yml: {key}: {says}. Mend the entry.")
