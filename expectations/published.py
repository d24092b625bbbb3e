"""The KPIs as they stand in a build that the guards have not judged yet."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, get_args

import duckdb
import numpy as np
import pandas as pd

from expectations.catalogue import Grain, KpiDefinition, Statistic, Unit
from expectations.second_way import Clock

_DECLARED: Mapping[str, Sequence[str]] = {
    "period_grain": get_args(Grain),
    "channel": ["all"],
    "statistic": get_args(Statistic),
    "unit": get_args(Unit),
}
"""Words that a definition may call for, whether any row has them or not."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Some KPIs of a build.

    Attributes:
        definitions: By id.
        clocks: How far the streams of each KPI are loaded, by its id.
        as_of: The build's cut (UTC, without a zone).
        timezone: Whose calendar the periods follow.
        rateable_n: How many observations are enough to judge by.
    """

    connection: duckdb.DuckDBPyConnection
    definitions: Mapping[str, KpiDefinition]
    clocks: Mapping[str, Clock]
    as_of: pd.Timestamp
    timezone: str
    rateable_n: int

    @classmethod
    def read(
        cls,
        connection: duckdb.DuckDBPyConnection,
        definitions: Iterable[KpiDefinition],
        *,
        as_of: pd.Timestamp,
        timezone: str,
    ) -> Self:
        """Read from the build how far the KPIs' streams are loaded, and what counts as few."""
        complete_through = dict(
            connection.execute(
                "select stream, min(complete_through) from entities.int_streams group by stream"
            ).fetchall()
        )
        [(rateable_n,)] = connection.execute(
            "select value from seeds.settings where name = 'rateable_n'"
        ).fetchall()
        by_id = {definition.id: definition for definition in definitions}
        return cls(
            connection=connection,
            definitions=by_id,
            clocks={
                kpi_id: Clock(
                    as_of=as_of,
                    cut_at=min(
                        as_of,
                        *(
                            pd.Timestamp(complete_through.get(stream) or as_of)
                            for stream in definition.needs
                        ),
                    ),
                    timezone=timezone,
                )
                for kpi_id, definition in by_id.items()
            },
            as_of=as_of,
            timezone=timezone,
            rateable_n=int(rateable_n),
        )

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The KPIs' rows in marts.kpi_values; words are categories, kpi_id in the KPIs' order."""
        rows: pd.DataFrame = (
            self.connection.sql(
                """
                select
                    kpi_id,
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
                where list_contains($kpis, kpi_id)
                order by
                    kpi_id, period_grain, period_start, channel, slice, slice_value, statistic
                """,
                params={"kpis": list(self.definitions)},
            )
            .to_arrow_table()
            .to_pandas(strings_to_categorical=True)
        )
        rows["kpi_id"] = rows["kpi_id"].cat.set_categories(list(self.definitions))
        for column, words in _DECLARED.items():
            seen: pd.Index[str] = rows[column].cat.categories
            rows[column] = rows[column].cat.set_categories(seen.union(list(words)))
        return rows

    @cached_property
    def whole(self) -> pd.DataFrame:
        """The rows that are not cut into slices."""
        return self.rows[self.rows["slice"] == "all"]

    def of_each(self, rows: pd.DataFrame, said: Callable[[KpiDefinition], Any]) -> np.ndarray:
        """Return for each row what the definition of its KPI says."""
        by_kpi = pd.Series([said(definition) for definition in self.definitions.values()])
        return by_kpi.to_numpy()[rows["kpi_id"].cat.codes]

    def like_rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame with the categories of the rows, so that the two join fast."""
        return frame.astype({name: self.rows[name].dtype for name in frame if name in self.rows})
