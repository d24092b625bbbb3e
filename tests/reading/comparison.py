"""Every row of the reading against every row of a build, and the differences in plain words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb

from . import facts
from .desk import Desk, read_desk
from .kpi_values import Kpi, rows_of
from .kpis import KPIS
from .nasty import NastyShop

Row = Mapping[str, Any]

SHOWN_OF_A_KIND = 3
"""The first differences tell what is wrong; the hundredth tells nothing new."""

KPI_COLUMNS = (
    "numerator",
    "denominator",
    "value",
    "n",
    "n_pending",
    "unit",
    "is_complete",
    "is_mature",
    "is_rateable",
)
KPI_KEY = (
    "kpi_id",
    "period_grain",
    "period_start",
    "channel",
    "slice",
    "slice_value",
    "statistic",
)
COUNTED = "exclusion_reason is null"


@dataclass(frozen=True)
class Fact:
    """A fact, how it is read, which of its rows are, and what tells one from another."""

    read: Callable[[Desk], facts.Rows]
    key: tuple[str, ...]
    rows: str = COUNTED


FACTS = {
    "fct_tickets": Fact(facts.tickets, ("source", "ticket_id"), rows="true"),
    "fct_messages": Fact(facts.messages, ("source", "message_id")),
    "fct_live_contacts": Fact(facts.live_contacts, ("source", "contact_id")),
    "fct_self_service_sessions": Fact(facts.self_service_sessions, ("source", "session_id")),
    "fct_interactions": Fact(
        facts.interactions,
        ("source", "kind", "coalesce(contact_id, session_id, ticket_id)"),
        rows=f"{COUNTED} and kind <> 'thread'",
    ),
    "fct_sla_clocks": Fact(
        facts.sla_clocks,
        # Of two that began in one instant, the first stopped in it too.
        (
            "source",
            "ticket_id",
            "clock",
            "strftime(started_at, '%Y-%m-%d %H:%M:%S.%f')",
            "coalesce(strftime(stopped_at, '%Y-%m-%d %H:%M:%S.%f'), '')",
        ),
    ),
    "fct_survey_responses": Fact(facts.survey_responses, ("source", "survey_id")),
    "fct_quality_reviews": Fact(facts.quality_reviews, ("source", "review_id")),
    "fct_orders": Fact(facts.orders, ("source", "order_id")),
    "fct_subscriptions": Fact(facts.subscriptions, ("source", "subscription_id")),
    "fct_web_visits": Fact(facts.web_visits, ("source", "visit_id")),
    "fct_marketing_costs": Fact(facts.marketing_costs, ("source", "cost_id")),
    "fct_support_costs": Fact(facts.support_costs, ("source", "cost_id")),
    "fct_forum_threads": Fact(facts.forum_threads, ("source", "thread_id")),
    "fct_forum_posts": Fact(facts.forum_posts, ("source", "post_id")),
    "fct_gestures": Fact(facts.gestures, ("source", "gesture_id")),
}


def differences(nasty: NastyShop, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return a line for each of the first differences of each kind."""
    desk = read_desk(nasty.shop)
    built = {row["name"] for row in _rows(connection, "from (show all tables)")}
    defined = {row["kpi_id"] for row in _rows(connection, "from marts.kpi_catalogue")}
    found = [
        *(line for table in FACTS if table in built for line in _of_fact(table, desk, connection)),
        *(line for kpi in KPIS if kpi.id in defined for line in _of_kpi(kpi, desk, connection)),
    ]
    return [f"seed {nasty.seed}: {line}" for line in found]


def _of_fact(table: str, desk: Desk, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    fact = FACTS[table]
    expected = fact.read(desk)
    names = ", ".join(f"{part} as key_{place}" for place, part in enumerate(fact.key))
    got = {
        tuple(row[f"key_{place}"] for place in range(len(fact.key))): row
        for row in _rows(connection, f"select *, {names} from facts.{table} where {fact.rows}")
    }
    persons: dict[str, Any] = {}
    lines = []
    for key in sorted(expected.keys() | got.keys()):
        name = f"{table} {'/'.join(key)}"
        if key not in got:
            lines.append(("no row", f"{name}: is not there"))
        elif key not in expected:
            lines.append(("row", f"{name}: should not be there"))
        else:
            for column, value in expected[key].items():
                found = got[key][column]
                is_same = (
                    _is_same_person(persons, value, found)
                    if column == "person_id"
                    else _is_same(value, found)
                )
                if not is_same:
                    lines.append(
                        (column, f"{name}: {column} should be {_told(value)}, is {_told(found)}")
                    )
    yield from _first_of_each(lines)


def _of_kpi(kpi: Kpi, desk: Desk, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    expected = rows_of(kpi, desk)
    got = {
        tuple(row[column] for column in KPI_KEY): row
        for row in _rows(connection, f"from marts.kpi_values where kpi_id = '{kpi.id}'")
    }
    lines = []
    for key in sorted(expected.keys() | got.keys()):
        name = " ".join(str(part) for part in key)
        about = f"; of {expected[key]['about'] or 'nothing'}" if key in expected else ""
        is_sliced = key[4] != "all"
        if key not in got:
            kind = ("no row", is_sliced)
            lines.append((kind, f"{name}: is not there{about}"))
        elif key not in expected:
            lines.append((("row", is_sliced), f"{name}: should not be there, {_shown(got[key])}"))
        else:
            for column in KPI_COLUMNS:
                value, found = expected[key][column], got[key][column]
                if not _is_same(value, found):
                    told = f"{column} should be {_told(value)}, is {_told(found)}"
                    lines.append(((column, is_sliced), f"{name}: {told}{about}"))
    yield from _first_of_each(lines)


def _first_of_each(lines: list[tuple[Any, str]]) -> Iterator[str]:
    kinds: dict[Any, list[str]] = {}
    for kind, line in lines:
        kinds.setdefault(kind, []).append(line)
    for of_kind in kinds.values():
        yield from of_kind[:SHOWN_OF_A_KIND]
        if len(of_kind) > SHOWN_OF_A_KIND:
            yield f"... and {len(of_kind) - SHOWN_OF_A_KIND} more like that"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _is_same(expected: Any, got: Any) -> bool:
    if isinstance(expected, datetime):
        return isinstance(got, datetime) and got == expected.astimezone(UTC).replace(tzinfo=None)
    if isinstance(expected, int | float | Decimal | Fraction) and isinstance(
        got, int | float | Decimal
    ):
        return abs(float(expected) - float(got)) <= 1e-9 * max(1.0, abs(float(expected)))
    return expected == got


def _is_same_person(persons: dict[Any, Any], expected: Any, got: Any) -> bool:
    """Say whether two names for a person have gone together so far, each with no other."""
    if expected is None or got is None:
        return expected is None and got is None
    ours, theirs = ("ours", expected), ("theirs", got)
    return persons.setdefault(ours, theirs) == theirs and persons.setdefault(theirs, ours) == ours


def _told(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _shown(row: Row) -> str:
    return ", ".join(f"{column} {_told(row[column])}" for column in KPI_COLUMNS[:5])
