"""Dagster's event log on SQLite, with connections that stay open. Nothing else is changed in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

INDEX = "index"
BUSY_SECONDS = 15


class EventLog(SqliteEventLogStorage):
    """Dagster's own opens a connection for each statement and syncs the disk after it.

    That costs a night a dozen seconds of its minute. What is given up is that the last moments of
    a run may be missing from its log after a power cut; the log is whole all the same.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Return the log that dagster.yaml describes."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._open(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def _open(self, shard: str) -> None:
        """Open a run's file, or the index; of the runs, the newest asked for alone stays open."""
        for run in self._engines.keys() - {INDEX}:
            self._engines.pop(run).dispose()
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_SECONDS}
        )

        @sqlalchemy.event.listens_for(engine, "connect")
        def _(connection: Any, _: object) -> None:
            connection.execute("pragma synchronous = normal")

        self._initdb(engine, for_index_shard=shard == INDEX)
        self._engines[shard] = engine

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table; it is asked for at each check, and none goes."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()
