"""The command behind `make rebuild`: are the published marts what the landing zone says?

It builds from nothing beside the live warehouse, from the same landing zone and as of the same
instant, and compares every published table row for row. What is published is not touched.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project import lock
from dagster_project.chosen_shop import known_shop
from dagster_project.home import Home
from dagster_project.night import FORESEEN, Plan
from dagster_project.publish import PUBLISHED_SCHEMAS, RECORDS
from dagster_project.shop import ShopError
from dagster_project.status import newest_build

ROWS_SHOWN = 3


def main() -> int:
    """Rebuild and compare; return 0 where every table agrees."""
    home = Home.from_environment()
    newest = newest_build(home)
    if newest is None:
        print(f"nothing has been published to {home.serving} yet", file=sys.stderr)
        return 1
    try:
        lock.hold(home)
        with tempfile.TemporaryDirectory(prefix="rebuild-", dir=home.warehouse) as folder:
            plan = from_scratch(Plan.prepare(home, known_shop(home)), Path(folder))
            print(f"rebuilding build {newest.build_id} as of {newest.as_of:%Y-%m-%d %H:%M:%S} UTC")
            build(plan, newest.as_of)
            differences = list(compare(home.kpi_file, plan.transform.build_file))
    except (ShopError, lock.HomeLockedError, *FORESEEN) as error:
        print(error, file=sys.stderr)
        return 1
    for line in differences:
        print(line)
    print("the marts DIFFER from a rebuild" if differences else "the marts agree with a rebuild")
    return 1 if differences else 0


def from_scratch(plan: Plan, folder: Path) -> Plan:
    """Return the plan of a build that shares nothing with the live warehouse but its inputs."""
    # dbt's parse names relations by the file's name.
    build_file, typed = folder / plan.transform.build_file.name, folder / "typed"
    return replace(
        plan,
        transform=replace(
            plan.transform,
            build_file=build_file,
            typed=typed,
            target=folder / "dbt",
            variables={
                **plan.transform.variables,
                "build_file": str(build_file),
                "typed": str(typed),
            },
        ),
    )


def build(plan: Plan, as_of: datetime) -> None:
    """Build, and withhold what the guards withhold."""
    plan.transform.build(plan.manifest, as_of=as_of)
    plan.judge(as_of)


def compare(published: Path, rebuilt: Path) -> Iterator[str]:
    """Yield a line for each published table that is not the same in both files, row for row."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        connection.execute(f"attach '{rebuilt}' as rebuilt (read_only)")
        columns = {side: _columns(connection, side) for side in ("published", "rebuilt")}
        for table in sorted({*columns["published"], *columns["rebuilt"]} - {*RECORDS}):
            if columns["published"].get(table) != columns["rebuilt"].get(table):
                yield f"{table}: its columns differ"
                continue
            for side, other in (("published", "rebuilt"), ("rebuilt", "published")):
                rows = f"from {side}.{table} except all from {other}.{table}"
                [(count,)] = connection.execute(f"select count(*) from ({rows})").fetchall()
                if count:
                    first = connection.execute(f"from ({rows}) order by all limit {ROWS_SHOWN}")
                    yield f"{table}: {count:,} rows are {side} and not {other}, such as"
                    yield from (f"    {row}" for row in first.fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, side: str) -> dict[str, list[tuple[str, str]]]:
    """Return names and types of the columns of each published table."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, type_ in connection.execute(
        """
        select schema_name, table_name, column_name, data_type
        from duckdb_columns()
        where database_name = $side and list_contains($schemas, schema_name)
        order by schema_name, table_name, column_index
        """,
        {"side": side, "schemas": list(PUBLISHED_SCHEMAS)},
    ).fetchall():
        tables.setdefault(f"{schema}.{table}", []).append((column, type_))
    return tables


if __name__ == "__main__":
    sys.exit(main())
