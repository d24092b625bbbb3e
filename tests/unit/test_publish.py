"""What readers get, and that they never get half of it."""

import json
import multiprocessing
import resource
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import power_cuts
import pytest

from dagster_project.home import Home
from dagster_project.publish import NIGHTS_KEPT, Published, PublishError, Verdict, publish

AS_OF = datetime(2026, 11, 20, 15, tzinfo=UTC)


def build(home: Home, *, tickets: int) -> None:
    """Write a small build: one fact, one mart, and a staging table that readers must not see."""
    home.warehouse.mkdir(parents=True, exist_ok=True)
    home.build_file.unlink(missing_ok=True)
    with duckdb.connect(home.build_file) as connection:
        connection.execute(
            """
            create schema staging;
            create table staging.stg_gorgias__messages as select 'a word' as body;
            create schema facts;
            create table facts.fct_tickets (
                ticket_id varchar not null, created_at timestamp, amount decimal(18, 4)
            );
            comment on table facts.fct_tickets is 'Grain: one row per ticket, the shop''s own';
            comment on column facts.fct_tickets.ticket_id is 'As the helpdesk has it.';
            create schema marts;
            create table marts.kpi_values ("value" double);
            insert into marts.kpi_values values (36.6);
            """
        )
        connection.execute(
            """
            insert into facts.fct_tickets
            select cast(number as varchar), timestamp '2026-11-20 15:00:00.000001', 1.5
            from range(?) as numbers (number)
            """,
            [tickets],
        )


def published(
    home: Home, *, tickets: int = 3, as_of: datetime = AS_OF, revisions: pd.DataFrame | None = None
) -> Published:
    build(home, tickets=tickets)
    return publish(
        home,
        as_of=as_of,
        code_version="0.1.0+abc",
        spec_fingerprint="def",
        kpi_fingerprints={},
        verdict=Verdict(run=63, failed=1, waivers=["csat_score, bounds: Kim until 2026-12-01: x"]),
        revisions=revisions,
    )


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_readers_get_the_facts_and_the_marts_and_nothing_else(home: Home) -> None:
    published(home)
    assert rows(home, "select schema_name, table_name from duckdb_tables() order by all") == [
        ("facts", "fct_tickets"),
        ("marts", "kpi_revisions"),
        ("marts", "kpi_values"),
        ("marts", "publish_manifest"),
    ]
    assert rows(home, "from facts.fct_tickets where ticket_id = '2'") == [
        ("2", datetime(2026, 11, 20, 15, 0, 0, 1), 1.5)
    ]


def test_types_nulls_and_comments_go_along(home: Home) -> None:
    published(home)
    assert rows(
        home,
        """
        select column_name, data_type, is_nullable, comment
        from duckdb_columns()
        where table_name = 'fct_tickets'
        """,
    ) == [
        ("ticket_id", "VARCHAR", False, "As the helpdesk has it."),
        ("created_at", "TIMESTAMP", True, None),
        ("amount", "DECIMAL(18,4)", True, None),
    ]
    assert rows(home, "select comment from duckdb_tables() where table_name = 'fct_tickets'") == [
        ("Grain: one row per ticket, the shop's own",)
    ]


def test_drivers_of_duckdb_1_4_can_read_the_file(home: Home) -> None:
    published(home)
    [(tags,)] = rows(home, "select tags from duckdb_databases() where path like '%kpi.duckdb'")
    assert tags["storage_version"] == "v1.4.0+"


def test_the_manifest_says_what_was_published_and_keeps_the_builds_before(home: Home) -> None:
    first, second = published(home, tickets=3), published(home, tickets=4)
    said = rows(
        home,
        """
        select build_id, as_of, published_at, rows_by_table, guards_run, guards_failed, waivers
        from marts.publish_manifest
        order by build_id
        """,
    )
    assert [row[0] for row in said] == [first.build_id, second.build_id]
    _, as_of, published_at, rows_by_table, guards_run, guards_failed, waivers = said[1]
    assert as_of == datetime(2026, 11, 20, 15)
    assert published_at == second.published_at.replace(tzinfo=None)
    assert json.loads(rows_by_table) == {
        "facts.fct_tickets": 4,
        "marts.kpi_values": 1,
        "marts.kpi_revisions": 0,
    }
    assert (guards_run, guards_failed) == (63, 1)
    assert json.loads(waivers) == ["csat_score, bounds: Kim until 2026-12-01: x"]


def test_settled_figures_that_moved_stay_on_record_and_young_ones_for_a_night(home: Home) -> None:
    moved = pd.DataFrame(
        {
            "kpi_id": ["csat_score", "backlog"],
            "period_grain": "month",
            "period_start": pd.Timestamp("2026-10-01"),
            "channel": "all",
            "statistic": ["value", "count"],
            "was": [80.0, None],
            "is": [84.0, 3.0],
            "was_n": [10, 0],
            "n": [12, 3],
            "was_mature": [True, False],
            "cause": "late data",
            "unit": "not published",
        }
    )
    first = published(home, revisions=moved)
    told = """
        select build_id, kpi_id, period_start, was, "is", was_n, n, was_mature, cause
        from marts.kpi_revisions
        order by kpi_id
    """
    october = date(2026, 10, 1)
    csat = (first.build_id, "csat_score", october, 80.0, 84.0, 10, 12, True, "late data")
    backlog = (first.build_id, "backlog", october, None, 3.0, 0, 3, False, "late data")
    assert rows(home, told) == [backlog, csat]
    published(home)
    assert rows(home, told) == [csat]


def test_a_build_goes_on_from_one_that_kept_less(home: Home) -> None:
    published(home)
    with duckdb.connect(home.kpi_file) as connection:
        connection.execute(
            "drop table marts.kpi_revisions;"
            "alter table marts.publish_manifest drop column kpi_fingerprints"
        )
    published(home)
    assert len(rows(home, "from marts.publish_manifest")) == 2


def test_the_same_tables_lie_beside_it_as_parquet_and_latest_names_them(home: Home) -> None:
    done = published(home)
    latest = (home.serving / "parquet" / "LATEST").read_text().strip()
    assert done.parquet == home.serving / "parquet" / latest
    files = sorted(str(path.relative_to(done.parquet)) for path in done.parquet.rglob("*.parquet"))
    assert files == [
        "facts/fct_tickets.parquet",
        "marts/kpi_revisions.parquet",
        "marts/kpi_values.parquet",
        "marts/publish_manifest.parquet",
    ]
    assert duckdb.sql(f"from '{done.parquet}/facts/fct_tickets.parquet'").fetchall() == rows(
        home, "from facts.fct_tickets"
    )


def test_the_last_35_nights_are_kept_as_parquet(home: Home) -> None:
    for night in range(1, NIGHTS_KEPT + 3):
        (home.serving / "parquet" / f"202501{night:02}T000000000000Z").mkdir(parents=True)
    done = published(home)
    kept = sorted(path.name for path in (home.serving / "parquet").iterdir() if path.is_dir())
    assert len(kept) == 35
    assert kept[0] == "20250104T000000000000Z"
    assert kept[-1] == done.build_id


def test_the_two_newest_published_builds_are_kept_whole(home: Home) -> None:
    published(home)
    before = published(home)
    (home.published_builds / f"{before.build_id}-cut-short.duckdb").touch()
    newest = published(home, tickets=4)
    kept = sorted(path.stem for path in home.published_builds.iterdir())
    assert kept == [before.build_id, newest.build_id]
    with duckdb.connect(home.published_builds / f"{before.build_id}.duckdb") as connection:
        assert connection.execute("select count(*) from facts.fct_tickets").fetchall() == [(3,)]


def test_a_reader_that_has_the_file_open_keeps_its_build(home: Home) -> None:
    published(home, tickets=3)
    with duckdb.connect(home.kpi_file, read_only=True) as connection:
        published(home, tickets=4)
        assert connection.execute("select count(*) from facts.fct_tickets").fetchall() == [(3,)]
    assert rows(home, "select count(*) from facts.fct_tickets") == [(4,)]


def read_until_told(
    kpi_file: str, stop: multiprocessing.Event, said: multiprocessing.Queue
) -> None:
    """Open, count, compare with what the manifest says, close; report the first disagreement."""
    reads = 0
    while not stop.is_set() or reads == 0:
        try:
            with duckdb.connect(kpi_file, read_only=True) as connection:
                [(tickets,)] = connection.execute(
                    "select count(*) from facts.fct_tickets"
                ).fetchall()
                [(promised,)] = connection.execute(
                    "select max_by(rows_by_table, build_id) from marts.publish_manifest"
                ).fetchall()
        except duckdb.Error as error:
            said.put(f"error: {error}")
            return
        if json.loads(promised)["facts.fct_tickets"] != tickets:
            said.put(f"torn: {promised}, but {tickets} tickets")
            return
        reads += 1
    said.put(f"fine: {reads > 0}")


def test_readers_in_the_middle_of_publishes_see_one_whole_build_or_another(home: Home) -> None:
    published(home, tickets=1)
    context = multiprocessing.get_context("spawn")
    stop, said = context.Event(), context.Queue()
    reader = context.Process(target=read_until_told, args=(str(home.kpi_file), stop, said))
    reader.start()
    try:
        for night in range(20):
            published(home, tickets=1_000 + night)
    finally:
        stop.set()
    assert said.get(timeout=60) == "fine: True"
    reader.join()


def publish_with_small_files_only(home: Home) -> None:
    """Let no file of this process grow past 64 KiB, as on a disk that is nearly full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    build(home, tickets=200_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    try:
        publish(
            home,
            as_of=AS_OF,
            code_version="0.1.0+abc",
            spec_fingerprint="def",
            kpi_fingerprints={},
            verdict=Verdict(run=0, failed=0),
        )
    except PublishError as error:
        sys.exit(str(error))


def test_a_full_disk_leaves_readers_what_they_had(home: Home) -> None:
    published(home)
    before = home.kpi_file.read_bytes()
    outcome = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from dagster_project.home import Home;"
            "from test_publish import publish_with_small_files_only;"
            "publish_with_small_files_only(Home(Path(sys.argv[1])))",
            str(home.root),
        ],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert "could not be written" in outcome.stderr
    assert "MB free there" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert home.kpi_file.read_bytes() == before
    assert sorted(path.name for path in home.serving.iterdir()) == ["kpi.duckdb", "parquet"]


def publish_four_tickets(home: Home) -> None:
    published(home, tickets=4)


def test_a_power_cut_at_any_step_leaves_the_old_build_or_the_new(home: Home) -> None:
    published(home, tickets=3)
    runs = 0
    for _ in power_cuts.cut_short(publish_four_tickets, home):
        runs += 1
        [(tickets,)] = rows(home, "select count(*) from facts.fct_tickets")
        [(promised,)] = rows(
            home, "select max_by(rows_by_table, build_id) from marts.publish_manifest"
        )
        assert json.loads(promised)["facts.fct_tickets"] == tickets
    assert tickets == 4
    assert runs > 5
