"""The command behind `make close`: a month as it was signed, beside the one that goes on living.

What is frozen lies below `closed/` in the home and is never written again; readers find it in the
schema `closed` of the published file, whose tables are named like those of `marts`.
"""

import getpass
import hashlib
import json
import re
import shutil
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project import durable, lock
from dagster_project.home import Home
from dagster_project.publish import RECORDS, PublishError, republish
from dagster_project.status import Newest, newest_build

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
KPIS_NAMED = 5


class CloseError(Exception):
    """The month cannot be closed; the message says why, and what to do."""


def main() -> int:
    """Close the month that is named; return the exit status."""
    home = Home.from_environment()
    month, signed_by = [*sys.argv[1:], "", ""][:2]
    try:
        lock.hold(home)
        print(close(home, month, signed_by=signed_by or getpass.getuser()))
    except (CloseError, PublishError, lock.HomeLockedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def close(home: Home, month: str, *, signed_by: str) -> str:
    """Freeze a month of the published marts, and return what to say of it.

    A close that was cut short is made good by the next one, or by the next night.

    Raises:
        CloseError: Where the month is not over, not settled, or closed already.
        PublishError: Where the disk refuses.
    """
    first = _first_day(month)
    newest = newest_build(home)
    if newest is None:
        raise CloseError(f"Nothing has been published to {home.serving} yet: run `make nightly`.")
    folder = home.closed / month
    if folder.exists():
        signature = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
        says = f"{month} was closed by {signature['signed_by']} on {signature['signed_at'][:10]}"
        if _is_shown(home, first):
            raise CloseError(f"{says} and stays as it was signed.")
    else:
        _refuse_what_still_moves(home, first, newest)
        _freeze(home, first, newest, folder, signed_by)
        says = f"{month} is closed by {signed_by}, as build {newest.build_id} tells it"
    republish(home)
    return f"{says}: schema closed of {home.kpi_file}, and {folder}"


def _first_day(month: str) -> date:
    match = MONTH.fullmatch(month)
    if match is None:
        raise CloseError(
            f"Which month? {month!r} is none: make close MONTH=2026-10 [BY='Mina Kim']"
        )
    return date(int(match[1]), int(match[2]), 1)


def _is_shown(home: Home, first: date) -> bool:
    """Whether readers have the month as it was signed."""
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        tables = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'closed'"
        ).fetchall()
        if tables == [(0,)]:
            return False
        months = connection.execute("select month from closed.months").fetchall()
    return (first,) in months


def _refuse_what_still_moves(home: Home, first: date, newest: Newest) -> None:
    """Refuse a month of which a KPI is not complete, or not mature."""
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        rows = connection.execute(
            """
            select kpi_id, bool_and(is_complete), bool_and(is_mature), any_value(matures_after)
            from marts.kpi_values
            inner join marts.kpi_catalogue using (kpi_id)
            where period_grain = 'month' and period_start = ?
            group by kpi_id
            order by kpi_id
            """,
            [first],
        ).fetchall()
        late = connection.execute(
            "select source || '.' || stream from marts.data_quality where is_late order by all"
        ).fetchall()
    if not rows:
        raise CloseError(
            f"{first:%Y-%m} holds no figure: it lies before the first record or ahead."
        )
    open_ = [kpi_id for kpi_id, is_complete, _, _ in rows if not is_complete]
    if open_:
        behind = ", ".join(stream for (stream,) in late)
        why = (
            f"its streams stop before its end ({behind}); mend them and run the next night"
            if behind and len(open_) < len(rows)
            else f"it is not over as of {newest.as_of:%Y-%m-%d %H:%M} UTC"
        )
        raise CloseError(f"{first:%Y-%m} cannot be closed: {why}. Open: {_named(open_)}.")
    young = {kpi_id: after for kpi_id, _, is_mature, after in rows if not is_mature}
    if young:
        settled_on = _next_month(first) + max(_span(after) for after in young.values())
        raise CloseError(
            f"{first:%Y-%m} cannot be closed yet: {_named(list(young))} may still move by"
            f" themselves. The night of {settled_on} settles the last of them."
        )


def _named(kpis: list[str]) -> str:
    more = len(kpis) - KPIS_NAMED
    return ", ".join(kpis[:KPIS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _span(matures_after: str) -> timedelta:
    number = int(matures_after[:-1])
    return timedelta(days=number) if matures_after.endswith("d") else timedelta(hours=number)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _freeze(home: Home, first: date, newest: Newest, folder: Path, signed_by: str) -> None:
    """Write the month's rows of every mart that has months, and who signed them."""
    draft = home.closed / f".{folder.name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    digest = hashlib.sha256()
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        for table, has_grain in _monthly_marts(connection):
            target = draft / f"{table}.parquet"
            condition = f"period_start = date '{first}'"
            if has_grain:
                condition += " and period_grain = 'month'"
            quoted = str(target).replace("'", "''")
            connection.execute(
                f"copy (from marts.{table} where {condition} order by all) to '{quoted}'"
                " (format parquet, compression zstd)"
            )
            durable.sync_file(target)
            digest.update(target.read_bytes())
    signature = {
        "month": f"{first}",
        "signed_by": signed_by,
        "signed_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        "build_id": newest.build_id,
        "as_of": f"{newest.as_of:%Y-%m-%d %H:%M:%S}",
        "sha256": digest.hexdigest(),
    }
    durable.write_text(draft / "signature.json", json.dumps(signature, ensure_ascii=False) + "\n")
    durable.move_folder(draft, folder)


def _monthly_marts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
    """Return the marts that have periods, and whether these are of several grains."""
    rows = connection.execute(
        """
        select table_name, bool_or(column_name = 'period_grain')
        from duckdb_columns()
        where schema_name = 'marts' and not list_contains($records, 'marts.' || table_name)
        group by table_name
        having bool_or(column_name = 'period_start')
        order by table_name
        """,
        {"records": list(RECORDS)},
    ).fetchall()
    return [(table, has_grain) for table, has_grain in rows]


if __name__ == "__main__":
    sys.exit(main())
