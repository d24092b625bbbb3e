"""The second way: each KPI's documented formula worked out from single records, in pandas.

Nothing here reads the KPI models or knows how they roll up; what is compared with what is in
rules.py.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from expectations.catalogue import DefinitionError, Grain, KpiDefinition, Statistic
from expectations.periods import (
    local_time,
    next_start,
    period_starts,
    utc_instant,
)

_PERCENTILES: Mapping[str, float] = {"median": 0.5, "p90": 0.9}
_PERCENTILE_DIGITS = 6
_N_DIGITS = 6
"""Where doubles were added, 12 may come as a hair less."""


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


@dataclass(frozen=True, order=True)
class Cell:
    """One period and channel; `all` stands for every record."""

    grain: Grain
    start: pd.Timestamp
    channel: str


@dataclass(frozen=True)
class Figure:
    """One statistic of one cell; NaN where it has none."""

    numerator: float
    denominator: float
    value: float
    n: float


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

    def months(self) -> set[pd.Timestamp]:
        """Return the first days of the months that hold records, where records have an instant."""
        if self._by_instant is None or self._by_instant.empty:
            return set()
        return set(period_starts(self._by_instant["local_at"], "month").unique())

    def figures(self, cell: Cell) -> dict[Statistic, Figure]:
        """Return every statistic of the KPI in one cell."""
        observed = self._observed_in(cell)
        if cell.channel != "all":
            observed = observed[observed["channel"] == cell.channel]
        return figures(self._definition, observed)

    def _observed_by_instant(self) -> pd.DataFrame:
        instants = {"as_of": self._clock.as_of}
        records = _records(self._connection, self._definition, instants)
        records = records[records["at"] <= self._clock.cut_at]
        observed = _observed(self._definition, records, instants)
        observed["local_at"] = local_time(records["at"].loc[observed.index], self._clock.timezone)
        return observed

    def _observed_in(self, cell: Cell) -> pd.DataFrame:
        end = next_start(cell.start, cell.grain)
        if self._by_instant is not None:
            local_at = self._by_instant["local_at"]
            return self._by_instant[(local_at >= cell.start) & (local_at < end)]
        cut_at, ends_at = self._clock.cut_at, utc_instant(end, self._clock.timezone)
        instants = {
            "as_of": cut_at,
            "starts_at": utc_instant(cell.start, self._clock.timezone),
            # Of what runs on at the cut, what happened up to and with it.
            "ends_at": ends_at if ends_at <= cut_at else cut_at + pd.Timedelta(microseconds=1),
        }
        records = _records(self._connection, self._definition, instants)
        return _observed(self._definition, records, instants)


def worked_example(
    connection: duckdb.DuckDBPyConnection, definition: KpiDefinition
) -> dict[Statistic, Figure]:
    """Return what the second way gives for the definition's example.

    The example's tables get the columns and types that they have in the build, so a column that
    was renamed there cannot live on in an example.
    """
    example = definition.example
    instants = {
        name: pd.Timestamp(at)
        for name in ("as_of", "starts_at", "ends_at")
        if (at := getattr(example, name)) is not None
    }
    with duckdb.connect() as desk:
        for table, types in _tables(connection, definition).items():
            schema, _, _ = table.partition(".")
            desk.execute(f"create schema if not exists {schema}")
            columns = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
            desk.execute(f"create table {table} ({columns})")
            for row in example.rows[table]:
                _write(desk, definition, table, types, row)
        records = _records(desk, definition, instants)
    return figures(definition, _observed(definition, records, instants))


def figures(definition: KpiDefinition, observed: pd.DataFrame) -> dict[Statistic, Figure]:
    """Return every statistic of a KPI over observed records, all of one cell."""
    return {
        statistic: _figure(definition, statistic, observed) for statistic in definition.statistics
    }


def _figure(definition: KpiDefinition, statistic: Statistic, observed: pd.DataFrame) -> Figure:
    if definition.kind == "state":
        count = definition.stands_for * len(observed)
        return Figure(math.nan, math.nan, count, len(observed))
    if statistic in _PERCENTILES:
        values = observed["value"].dropna()
        quantile = round(float(values.quantile(_PERCENTILES[statistic])), _PERCENTILE_DIGITS)
        return Figure(math.nan, math.nan, quantile, len(values))
    if definition.kind == "distribution":
        values = observed["value"].dropna()
        numerator, denominator = values.sum(), float(len(values))
    else:
        numerator, denominator = observed["numerator"].sum(), observed["denominator"].sum()
    value = definition.scale * numerator / denominator if denominator else math.nan
    n = observed["n"].sum() if "n" in observed else math.floor(round(denominator, _N_DIGITS))
    return Figure(numerator, denominator, value, n)


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


def _tables(
    connection: duckdb.DuckDBPyConnection, definition: KpiDefinition
) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for table in definition.example.rows:
        schema, _, name = table.partition(".")
        tables[table] = dict(
            connection.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_catalog = current_database() and table_schema = ? and table_name = ?"
                " order by ordinal_position",
                [schema, name],
            ).fetchall()
        )
        if not tables[table]:
            raise _fault(definition, f"example.rows.{table}", "the build has no such table")
    return tables


def _write(
    desk: duckdb.DuckDBPyConnection,
    definition: KpiDefinition,
    table: str,
    types: Mapping[str, str],
    row: Mapping[str, Any],
) -> None:
    """Write a row of an example, as often as it says."""
    columns = {name: value for name, value in row.items() if name != "repeat"}
    unknown = columns.keys() - types.keys()
    if unknown:
        says = f"names columns that the table has not: {', '.join(sorted(unknown))}"
        raise _fault(definition, f"example.rows.{table}", says)
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(
        "replace(?, '{n}', cast(number as varchar))" if isinstance(value, str) else "?"
        for value in columns.values()
    )
    desk.execute(
        f"insert into {table} ({names})"
        f" select {values} from generate_series(1, ?) as numbers (number)",
        [*columns.values(), row.get("repeat", 1)],
    )


def _fault(definition: KpiDefinition, key: str, says: str) -> DefinitionError:
    return DefinitionError(f"expectations/kpis/{definition.id}.yml: {key}: {says}. Mend the entry.")
