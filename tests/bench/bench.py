"""How long the models take over a million tickets, beside a script that works out four figures.

A program of its own (`make bench`): it draws the demo shop at the size that is asked for, puts its
records where the typed copies of its loads lie, and builds everything after them: first over what
the helpdesk has (the rest of the shop has a few records then), which is what the script has too,
then over the whole shop. What it prints is one run on one machine; the ratio of the two times says
more than either, and where others work on the machine too, that of the CPU seconds.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.demo import public_tables, service_tables, tables
from dagster_project.demo.generator import generate
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.seen import Seen
from dagster_project.home import Home
from dagster_project.landing.land import land_stream
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Plan
from dagster_project.shop import Shop
from dagster_project.sources.entities import entities
from dagster_project.transform import _let_go_of_the_file

TICKETS = 1_000_000
LANDED_ROWS = 200
AS_OF = FIRST_NIGHT


def all_surveys(seen: Seen) -> pa.Table:
    """Return the surveys of the helpdesk and those of the file drops."""
    return together(tables.surveys(seen), service_tables.surveys(seen))


def all_customers(seen: Seen) -> pa.Table:
    """Return those whom the helpdesk knows and those who have an account."""
    return together(tables.desk_customers(seen), tables.customers(seen))


def together(*parts: pa.Table) -> pa.Table:
    """Return the rows of all tables, null where one lacks a column."""
    return pa.concat_tables(parts, promote_options="permissive")


TABLES: Mapping[str, Callable[[Seen], pa.Table]] = {
    "tickets": tables.tickets,
    "messages": tables.messages,
    "ticket_events": tables.ticket_events,
    "surveys": all_surveys,
    "agents": tables.agents,
    "customers": all_customers,
    "orders": tables.orders,
    "subscriptions": tables.subscriptions,
    "live_contacts": tables.live_contacts,
    "self_service_sessions": service_tables.self_service_sessions,
    "quality_reviews": service_tables.quality_reviews,
    "gestures": service_tables.gestures,
    "agent_shifts": service_tables.agent_shifts,
    "support_costs": service_tables.support_costs,
    "web_visits": public_tables.web_visits,
    "marketing_costs": public_tables.marketing_costs,
    "forum_threads": public_tables.forum_threads,
    "forum_posts": public_tables.forum_posts,
}

OF_THE_HELPDESK: Mapping[str, Callable[[Seen], pa.Table]] = {
    "tickets": tables.tickets,
    "messages": tables.messages,
    "ticket_events": tables.ticket_events,
    "surveys": tables.surveys,
    "agents": tables.agents,
    "customers": tables.desk_customers,
}
"""What a helpdesk brings by itself."""

SHOP = """\
name: Bench
reporting_timezone: Asia/Seoul
currency: KRW
pii: keep
as_of: {as_of}
sources:
  - {{name: drops, kind: files, folder: drops, timezone: UTC}}
"""

BY_HAND = Path(__file__).with_name("by_hand.sql")


def main() -> None:
    """Draw, put, build and tell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickets", type=int, default=TICKETS, help="in the shop's first year")
    tickets = arguments.parse_args().tickets
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with told(f"draw a shop with {tickets:,} tickets"):
            seen = Seen(generate(tickets=tickets), AS_OF)
            records = {entity: table_of(seen) for entity, table_of in TABLES.items()}
            desk = {entity: table_of(seen) for entity, table_of in OF_THE_HELPDESK.items()}
        show(records)
        with told(f"land {LANDED_ROWS} records of each entity and build"):
            plan = land(root, records)
            plan.transform.build(plan.manifest, as_of=AS_OF)
        with told("put those of the helpdesk where their typed copies lie"):
            put(plan, desk)
        show(desk)
        with told("facts, KPIs and marts, by the models") as models:
            results = build(plan, without=("test", "unit_test"))
        slowest(results)
        with told("four figures, by a script written by hand") as by_hand:
            work_by_hand(plan)
        print(
            f"ratio {models.seconds / by_hand.seconds:.1f}, of CPU {models.cpu / by_hand.cpu:.1f}"
        )
        with told("put those of the whole shop there"):
            put(plan, records)
        with told("everything of the whole shop, data tests included"):
            results = build(plan, without=("unit_test",))
        slowest(results)


def show(records: Mapping[str, pa.Table]) -> None:
    """Print how many records there are of each entity."""
    for entity, table in records.items():
        print(f"    {entity:<22}{table.num_rows:>12,}")


def build(plan: Plan, without: Sequence[str]) -> Sequence[Any]:
    """Build into a fresh file, some kinds of nodes left out; return the result of each node."""
    plan.transform.build_file.unlink()
    try:
        return plan.transform._invoke(
            plan.manifest,
            ["build", *(word for kind in without for word in ("--exclude-resource-type", kind))],
            {**plan.transform.variables, "as_of": AS_OF.strftime("%Y-%m-%d %H:%M:%S")},
            None,
        ).result.results
    finally:
        _let_go_of_the_file()


class Stopwatch:
    """Holds the seconds of a step by the clock and of the processors, once it is over."""

    seconds = 0.0
    cpu = 0.0


@contextmanager
def told(step: str) -> Iterator[Stopwatch]:
    """Run a step and print how long it took."""
    watch, began, worked = Stopwatch(), time.perf_counter(), time.process_time()
    yield watch
    watch.seconds = time.perf_counter() - began
    watch.cpu = time.process_time() - worked
    print(f"{watch.seconds:8.1f} s {watch.cpu:8.1f} CPU s  {step}", flush=True)


def land(root: Path, records: Mapping[str, pa.Table]) -> Plan:
    """Land the first records of each entity in earnest, so that each has a load."""
    (root / "shop.yml").write_text(SHOP.format(as_of=AS_OF.isoformat()), encoding="utf-8")
    an_hour_ago = time.time() - 3600
    for entity, table in records.items():
        path = root / "drops" / entity / "all.jsonl"
        path.parent.mkdir(parents=True)
        rows = table.slice(0, LANDED_ROWS).to_pylist()
        path.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))
        os.utime(path, (an_hour_ago, an_hour_ago))
    plan = Plan.prepare(Home(root / "var"), Shop.load(root / "shop.yml", {}))
    zone = LandingZone(plan.home.lake)
    for source, stream in plan.streams:
        load = land_stream(source, stream, zone, plan.shop.privacy).load
        if load.outcome != "committed":
            raise RuntimeError(load.reason)
    return plan


def put(plan: Plan, records: Mapping[str, pa.Table]) -> None:
    """Write each entity's records over the typed copy of its load."""
    for entity, table in records.items():
        [file] = plan.transform.typed.glob(f"typed_files__{entity}.*.parquet")
        with duckdb.connect() as desk:
            desk.execute("set TimeZone = 'UTC'")
            desk.register("records", table)
            columns = desk.execute(f"describe from '{file}'").fetchall()
            [envelope] = desk.execute(
                f"select source, load_id, extracted_at from '{file}' limit 1"
            ).fetchall()
            key = next(iter(entities()[entity].columns))
            is_deleted = "deleted" if "deleted" in table.column_names else "false"
            told_by = {
                "source": f"'{envelope[0]}'",
                "load_id": f"'{envelope[1]}'",
                "extracted_at": f"timestamp '{envelope[2]}'",
                "record_id": key,
                "operation": f"case when {is_deleted} then 'delete' else 'upsert' end",
            }
            selected = ", ".join(
                f'cast({told_by.get(name) or in_records(name, table)} as {type_}) as "{name}"'
                for name, type_, *_ in columns
            )
            desk.execute(f"copy (select {selected} from records) to '{file}' (format parquet)")


def in_records(name: str, table: pa.Table) -> str:
    """Return the column as SQL names it; null where the shop has none."""
    return f'"{name}"' if name in table.column_names else "null"


def work_by_hand(plan: Plan) -> None:
    """Run the script over the same files."""
    with duckdb.connect() as desk:
        desk.execute("set TimeZone = 'UTC'")
        for entity in ("tickets", "messages", "ticket_events", "agents"):
            [file] = plan.transform.typed.glob(f"typed_files__{entity}.*.parquet")
            desk.execute(f"create view {entity} as from '{file}'")
        desk.execute(BY_HAND.read_text(encoding="utf-8"))


def slowest(results: Sequence[Any]) -> None:
    """Print how many nodes there were, and which of them took longest."""
    print(f"    {len(results)} models, seeds and data tests; the slowest:")
    for result in sorted(results, key=lambda each: -each.execution_time)[:8]:
        print(f"{result.execution_time:8.1f} s  {result.node.name}")


if __name__ == "__main__":
    main()
