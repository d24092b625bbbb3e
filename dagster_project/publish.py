"""What readers get: one DuckDB file swapped in whole, and the same tables as Parquet beside it.

Only copying, recording and swapping belong here; whether a build may be published is decided
before, by the guards.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dagster_project import durable
from dagster_project.home import Home

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, tuple[str, str | None]]
"""Type and comment of each column of a table."""

PUBLISHED_SCHEMAS = ("facts", "marts")
STORAGE_VERSION = "v1.4.0"
NIGHTS_KEPT = 35
BUILDS_KEPT = 2
"""Builds that are kept whole: the one that readers have, and the one before, to tell them apart."""

MANIFEST_TABLE = "marts.publish_manifest"
MANIFEST_COLUMNS: Columns = {
    "build_id": ("varchar not null", "Names the build; sorts by the time of publishing."),
    "as_of": ("timestamp not null", "The cut (UTC): nothing after it is in the marts."),
    "published_at": ("timestamp not null", "When readers got this build (UTC)."),
    "code_version": ("varchar not null", "The project's version and a fingerprint of its code."),
    "dbt_version": ("varchar not null", "The dbt-core that built it."),
    "duckdb_version": ("varchar not null", "The DuckDB that built it."),
    "spec_fingerprint": ("varchar not null", "Changes where a KPI's definition or model does."),
    "kpi_fingerprints": (
        "varchar",
        "JSON: for each KPI, what changes where its definition does.",
    ),
    "rows_by_table": ("varchar not null", "JSON: rows of each published table."),
    "guards_run": ("bigint not null", "Checks that were run on this build."),
    "guards_failed": ("bigint not null", "Checks that failed without blocking the build."),
    "waivers": ("varchar not null", "JSON: the dated waivers that were used."),
}
MANIFEST_COMMENT = "Grain: one row per published build, this one and those before it."

REVISIONS_TABLE = "marts.kpi_revisions"
REVISIONS_COLUMNS: Columns = {
    "build_id": ("varchar not null", "The build that tells the figure otherwise."),
    "kpi_id": ("varchar not null", None),
    "period_grain": ("varchar not null", None),
    "period_start": ("date not null", "Of a period that was over when it was published before."),
    "channel": ("varchar not null", "`all`, or one."),
    "statistic": ("varchar not null", None),
    "was": ("double", "As it was published before; null where there was none."),
    "is": ("double", "As this build tells it; null where there is none any more."),
    "was_n": ("bigint not null", None),
    "n": ("bigint not null", None),
    "was_mature": ("boolean not null", "Published as settled; others move by themselves."),
    "cause": (
        "varchar not null",
        "`definition` where the KPI's definition is another one, else `late data` where one of its"
        " streams has news, else `rebuild`.",
    ),
}
REVISIONS_COMMENT = (
    "Grain: one row per build, KPI, period, channel and statistic whose published figure moved."
    " Of figures that were not mature yet, those of the newest build alone."
)

CLOSED_MONTHS: Columns = {
    "month": ("date", "The first day of a month that was closed."),
    "signed_by": ("varchar", None),
    "signed_at": ("timestamp", "UTC."),
    "build_id": ("varchar", "The build whose figures were signed."),
    "as_of": ("timestamp", "The cut of that build (UTC)."),
    "sha256": ("varchar", "Of the frozen files, in the order of their names."),
}

RECORDS = (REVISIONS_TABLE, MANIFEST_TABLE)
"""What tells of publishing itself, from build to build; no model makes it."""


class PublishError(Exception):
    """Readers could not be given the build; what they have is what they had."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the guards said of the build, as far as its record tells it.

    Attributes:
        run: How many checks were run.
        failed: How many of them failed without blocking.
        waivers: The waivers that were used, each in one line.
    """

    run: int
    failed: int
    waivers: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published.

    Attributes:
        build_id: The name of the build.
        published_at: When (UTC, aware).
        rows_by_table: Rows of each table, under `schema.table`.
        parquet: The folder of the Parquet copies.
    """

    build_id: str
    published_at: datetime
    rows_by_table: dict[str, int]
    parquet: Path


def publish(
    home: Home,
    *,
    as_of: datetime,
    code_version: str,
    spec_fingerprint: str,
    kpi_fingerprints: Mapping[str, str],
    verdict: Verdict,
    revisions: "pd.DataFrame | None" = None,
) -> Published:
    """Give readers tonight's build.

    The copy is made under another name, checkpointed and synced, and renamed over the old file:
    a reader has the old build or the new one, also where the power fails in between.

    Args:
        home: Where the build lies, and what readers have.
        as_of: The build's cut.
        code_version: What it was made with.
        spec_fingerprint: What its figures hang on, as a whole.
        kpi_fingerprints: The same for each KPI.
        verdict: What the guards said.
        revisions: What it tells otherwise than what readers have, in the columns of
            marts.kpi_revisions; None where they have nothing yet.

    Raises:
        PublishError: Where the disk refuses; the published files are untouched.
    """
    published_at = datetime.now(UTC)
    build_id = published_at.strftime("%Y%m%dT%H%M%S%fZ")
    draft = home.serving / ".kpi.duckdb.draft"
    parquet_draft = home.serving / ".parquet.draft"
    try:
        _clear(home)
        home.serving.mkdir(parents=True, exist_ok=True)
        rows_by_table = _write_draft(
            home,
            draft,
            parquet_draft,
            {
                "build_id": build_id,
                "as_of": as_of.astimezone(UTC).replace(tzinfo=None),
                "published_at": published_at.replace(tzinfo=None),
                "code_version": code_version,
                "dbt_version": version("dbt-core"),
                "duckdb_version": version("duckdb"),
                "spec_fingerprint": spec_fingerprint,
                "kpi_fingerprints": json.dumps(dict(kpi_fingerprints), sort_keys=True),
                "guards_run": verdict.run,
                "guards_failed": verdict.failed,
                "waivers": json.dumps(list(verdict.waivers), ensure_ascii=False),
            },
            revisions,
        )
        durable.sync_file(draft)
        parquet = home.serving / "parquet" / build_id
        durable.move_folder(parquet_draft, parquet)
        _keep_build(home, build_id)
        durable.replace(draft, home.kpi_file)
        durable.write_text(home.serving / "parquet" / "LATEST", build_id + "\n")
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise _no_room(home, error) from error
    _forget_old_nights(home)
    return Published(
        build_id=build_id,
        published_at=published_at,
        rows_by_table=rows_by_table,
        parquet=parquet,
    )


def republish(home: Home) -> None:
    """Swap in the published file with the closed months as they lie in the home by now.

    Raises:
        PublishError: Where the disk refuses; the published file is untouched.
    """
    draft = home.serving / ".kpi.duckdb.draft"
    try:
        _clear(home)
        shutil.copyfile(home.kpi_file, draft)
        with duckdb.connect() as connection:
            connection.execute(f"attach {_quoted(draft)} as published")
            connection.execute("drop schema if exists published.closed cascade")
            _write_closed(connection, home)
            connection.execute("checkpoint published")
            connection.execute("detach published")
        durable.sync_file(draft)
        durable.replace(draft, home.kpi_file)
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise _no_room(home, error) from error


def _no_room(home: Home, error: Exception) -> PublishError:
    _clear(home)
    free_mb = shutil.disk_usage(home.root).free // 2**20
    return PublishError(
        f"The build could not be written to {home.serving} ({free_mb} MB free there): {error}. "
        "Readers still have the build that they had. Make room, then run the night again."
    )


def _write_draft(
    home: Home,
    draft: Path,
    parquet_draft: Path,
    record: dict[str, object],
    revisions: "pd.DataFrame | None",
) -> dict[str, int]:
    """Copy the published schemas into the draft and to Parquet; return the rows by table."""
    connection = duckdb.connect()
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {_quoted(home.build_file)} as build (read_only)")
        connection.execute(
            f"attach {_quoted(draft)} as published (storage_version '{STORAGE_VERSION}')"
        )
        rows_by_table = {}
        tables = connection.execute(
            """
            select schema_name, table_name, sql, comment
            from duckdb_tables()
            where database_name = 'build' and list_contains($schemas, schema_name)
            order by schema_name, table_name
            """,
            {"schemas": list(PUBLISHED_SCHEMAS)},
        ).fetchall()
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema published.{schema}")
        connection.execute("use published")
        for schema, table, sql, comment in tables:
            connection.execute(sql)
            connection.execute(
                f"insert into published.{schema}.{table} select * from build.{schema}.{table}"
            )
            _comment(connection, f"table published.{schema}.{table}", comment)
            rows_by_table[f"{schema}.{table}"] = _count(connection, f"{schema}.{table}")
        for schema, table, column, comment in connection.execute(
            """
            select schema_name, table_name, column_name, comment
            from duckdb_columns()
            where database_name = 'build' and list_contains($schemas, schema_name)
            """,
            {"schemas": list(PUBLISHED_SCHEMAS)},
        ).fetchall():
            _comment(connection, f"column published.{schema}.{table}.{column}", comment)
        if home.kpi_file.exists():
            connection.execute(f"attach {_quoted(home.kpi_file)} as before (read_only)")
        _write_revisions(connection, str(record["build_id"]), revisions)
        rows_by_table[REVISIONS_TABLE] = _count(connection, REVISIONS_TABLE)
        _write_manifest(connection, {**record, "rows_by_table": json.dumps(rows_by_table)})
        for table in [*rows_by_table, MANIFEST_TABLE]:
            target = parquet_draft / f"{table.replace('.', '/')}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy published.{table} to {_quoted(target)} (format parquet, compression zstd)"
            )
            durable.sync_file(target)
        _write_closed(connection, home)
        durable.fault_point()
        connection.execute("checkpoint published")
        connection.execute("use memory")
        connection.execute("detach published")
    finally:
        connection.close()
    return rows_by_table


def _write_revisions(
    connection: duckdb.DuckDBPyConnection, build_id: str, revisions: "pd.DataFrame | None"
) -> None:
    """Write what this build tells otherwise after what the builds before it did."""
    _begin_record(
        connection, REVISIONS_TABLE, REVISIONS_COLUMNS, REVISIONS_COMMENT, kept="was_mature"
    )
    if revisions is not None and not revisions.empty:
        connection.register("revisions", revisions.assign(build_id=build_id))
        columns = ", ".join(f'"{name}"' for name in REVISIONS_COLUMNS)
        connection.execute(
            f"insert into published.{REVISIONS_TABLE} by name select {columns} from revisions"
        )


def _write_manifest(connection: duckdb.DuckDBPyConnection, record: dict[str, object]) -> None:
    """Write this build's row after those of the builds before it."""
    _begin_record(connection, MANIFEST_TABLE, MANIFEST_COLUMNS, MANIFEST_COMMENT)
    values = ", ".join(f"${name}" for name in MANIFEST_COLUMNS)
    connection.execute(f"insert into published.{MANIFEST_TABLE} values ({values})", record)


def _begin_record(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Columns,
    comment: str,
    *,
    kept: str = "true",
) -> None:
    """Make a table that goes on from build to build, with the rows that it has `before`."""
    typed = ", ".join(f'"{name}" {type_}' for name, (type_, _) in columns.items())
    connection.execute(f"create table published.{table} ({typed})")
    _comment(connection, f"table published.{table}", comment)
    for name, (_, says) in columns.items():
        _comment(connection, f'column published.{table}."{name}"', says)
    is_there = connection.execute(
        "select count(*) from duckdb_tables()"
        " where database_name = 'before' and schema_name || '.' || table_name = ?",
        [table],
    ).fetchall()
    if is_there != [(0,)]:
        connection.execute(
            f"insert into published.{table} by name select * from before.{table} where {kept}"
        )


def _write_closed(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write the closed months, where there are any, into a schema of their own."""
    signatures = [str(path) for path in sorted(home.closed.glob("[0-9]*/signature.json"))]
    if not signatures:
        return
    connection.execute("create schema published.closed")
    typed = ", ".join(f"{name} {type_}" for name, (type_, _) in CLOSED_MONTHS.items())
    connection.execute(f"create table published.closed.months ({typed})")
    _comment(connection, "table published.closed.months", "Grain: one row per closed month.")
    for name, (_, says) in CLOSED_MONTHS.items():
        _comment(connection, f"column published.closed.months.{name}", says)
    connection.execute(
        "insert into published.closed.months by name from read_json(?, columns = ?) order by month",
        [signatures, {name: type_ for name, (type_, _) in CLOSED_MONTHS.items()}],
    )
    for table in sorted({path.stem for path in home.closed.glob("[0-9]*/*.parquet")}):
        files = [str(path) for path in sorted(home.closed.glob(f"[0-9]*/{table}.parquet"))]
        connection.execute(
            f"create table published.closed.{table} as"
            " from read_parquet($files, union_by_name = true, hive_partitioning = false)",
            {"files": files},
        )
        says = f"As marts.{table}, of the closed months alone and as they were signed."
        _comment(connection, f"table published.closed.{table}", says)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    [(rows,)] = connection.execute(f"select count(*) from published.{table}").fetchall()
    return int(rows)


def _comment(connection: duckdb.DuckDBPyConnection, what: str, comment: str | None) -> None:
    if comment:
        connection.execute(f"comment on {what} is {_quoted(comment)}")


def _quoted(text: object) -> str:
    """Return a SQL literal, for the statements that take no parameters."""
    return "'" + str(text).replace("'", "''") + "'"


def _clear(home: Home) -> None:
    """Remove what an unfinished publish left behind."""
    for leftover in home.serving.glob(".kpi.duckdb.draft*"):
        leftover.unlink()
    shutil.rmtree(home.serving / ".parquet.draft", ignore_errors=True)


def _keep_build(home: Home, build_id: str) -> None:
    """Keep tonight's build under its id, as a second name: the next night writes a new file."""
    home.published_builds.mkdir(parents=True, exist_ok=True)
    kept = home.published_builds / f"{build_id}.duckdb"
    durable.fault_point()
    kept.hardlink_to(home.build_file)
    durable.sync_folder(home.published_builds)


def _forget_old_nights(home: Home) -> None:
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        # A night that was cut short may have kept a build that nobody ever had.
        kept = connection.execute(
            f"select build_id from {MANIFEST_TABLE} order by published_at desc limit {BUILDS_KEPT}"
        ).fetchall()
    for build in home.published_builds.glob("*.duckdb"):
        if (build.stem,) not in kept:
            build.unlink()
    builds = sorted(path for path in (home.serving / "parquet").iterdir() if path.is_dir())
    for build in builds[:-NIGHTS_KEPT]:
        durable.remove_folder(build)
