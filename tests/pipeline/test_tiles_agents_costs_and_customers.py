"""Tiles, agents, costs and customers of the small shop, counted again from its facts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import sqrt
from statistics import median

import duckdb
import pytest
from records import CUT, ZONE, Record, local, month_of, records

from expectations.guards import FIGURES_OF_KPIS, SHOWN_ELSEWHERE

HOUR = 3600
TWO_WEEKS = timedelta(days=14)


def end_of(month: date) -> datetime:
    """Return the instant (UTC) at which a month of the reporting zone is over."""
    after = (month + timedelta(days=32)).replace(day=1)
    at = datetime(after.year, after.month, 1, tzinfo=ZONE)
    return at.astimezone(UTC).replace(tzinfo=None)


def about_row(expected: Record) -> Record:
    """Return the row with its quotients and roots as they may be off by a rounding."""
    return {
        name: pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
        for name, value in expected.items()
    }


def channels_of(row: Record) -> set[str]:
    return {"all", row["channel"]} - {"unmapped"}


def test_tickets_lie_in_the_bands_of_their_first_response(
    tonight: duckdb.DuckDBPyConnection,
) -> None:
    bounds = {"under 1 h": 1, "4 h": 4, "12 h": 12, "24 h": 24, "48 h": 48, "longer": 10**9}
    tickets: dict[tuple[date, str], dict[str, int]] = {}
    for ticket in records(tonight, "facts.fct_tickets", is_customer_initiated=True):
        seconds = ticket["first_response_seconds"]
        helped = ticket["touches"] or ticket["is_self_service_resolved"]
        if ticket["first_customer_message_at"] is None or (seconds is None and helped):
            continue
        band = "unanswered"
        if seconds is not None:
            band = next(name for name, hours in bounds.items() if seconds < hours * HOUR)
        for channel in channels_of(ticket):
            of_month = tickets.setdefault(
                (month_of(ticket["created_at"]), channel), dict.fromkeys([*bounds, "unanswered"], 0)
            )
            of_month[band] += 1

    told = {
        (row["period_start"], row["channel"], row["band"]): (
            row["tickets"],
            row["share"],
            row["is_mature"],
        )
        for row in records(tonight, "marts.response_bands")
    }
    assert told == {
        (month, channel, band): (n, n / sum(bands.values()), end_of(month) + TWO_WEEKS <= CUT)
        for (month, channel), bands in tickets.items()
        for band, n in bands.items()
    }
    assert all(sum(bands[band] for bands in tickets.values()) for band in [*bounds, "unanswered"])


def test_a_mature_month_has_as_many_unanswered_tickets_as_the_kpi_says(
    tonight: duckdb.DuckDBPyConnection,
) -> None:
    unanswered = {
        (row["period_start"], row["channel"]): row["numerator"]
        for row in records(
            tonight, "marts.kpi_values", kpi_id="unanswered_rate", period_grain="month"
        )
        if row["slice"] == "all"
    }
    rows = records(tonight, "marts.response_bands", band="unanswered", is_mature=True)
    assert [row["tickets"] for row in rows] == [
        unanswered[row["period_start"], row["channel"]] for row in rows
    ]
    assert rows


def test_a_tile_shows_the_newest_mature_week_and_month_beside_the_ones_before(
    tonight: duckdb.DuckDBPyConnection,
) -> None:
    followed: dict[tuple[str, str, str], dict[str, list[Record]]] = defaultdict(
        lambda: {"week": [], "month": []}
    )
    for row in records(tonight, "marts.kpi_values", slice="all"):
        tile = followed[row["kpi_id"], row["channel"], row["statistic"]]
        if row["period_grain"] in tile:
            tile[row["period_grain"]].append(row)

    tiles = records(tonight, "marts.kpi_latest")
    assert {(row["kpi_id"], row["channel"], row["statistic"]) for row in tiles} == set(followed)
    assert len(tiles) == len(followed)
    for tile in tiles:
        for grain, rows in followed[tile["kpi_id"], tile["channel"], tile["statistic"]].items():
            rows.sort(key=lambda row: row["period_start"])
            newest = max((n for n, row in enumerate(rows) if row["is_mature"]), default=None)
            now = rows[newest] if newest is not None else {}
            before = rows[newest - 1] if newest else {}
            assert tile[f"{grain}_start"] == now.get("period_start"), tile
            assert tile[f"{grain}_value"] == now.get("value"), tile
            assert tile[f"{grain}_n"] == now.get("n"), tile
            assert tile[f"{grain}_before_value"] == before.get("value"), tile
            assert tile[f"{grain}_before_n"] == before.get("n"), tile
            assert tile[f"{grain}_trend"] == trend(tile, now, before), tile


def trend(tile: Record, now: Record, before: Record) -> str | None:
    if now.get("value") is None or before.get("value") is None:
        return None
    if tile["statistic"] != "count" and min(now["n"], before["n"]) < 10:
        return None
    grown = now["value"] - before["value"]
    if grown == 0:
        return "same"
    if tile["better"] == "neutral":
        return None
    return "better" if (grown > 0) == (tile["better"] == "higher") else "worse"


class Work:
    """What an agent did in a month."""

    def __init__(self) -> None:
        self.tickets: list[Record] = []
        self.replies: list[int] = []
        self.scores: list[float] = []
        self.points: list[tuple[float, float]] = []
        self.transfers = 0
        self.chats: list[Record] = []


def test_an_agents_month_is_what_its_records_say(tonight: duckdb.DuckDBPyConnection) -> None:
    work = work_of_agents(tonight)

    rows = {
        (row["period_start"], row["agent_id"]): row
        for row in records(tonight, "marts.agent_performance")
    }
    assert set(rows) == {key for key in work if key[1] != "robo"}
    for key, row in rows.items():
        did = work[key]
        first = [ticket["first_response_seconds"] for ticket in did.tickets]
        first = [seconds for seconds in first if seconds is not None]
        satisfied = sum(score >= 4 for score in did.scores)
        expected = {
            "tickets": len(did.tickets),
            "first_responses": len(first),
            "replies": len(did.replies),
            "median_first_response_seconds": median(first) if first else None,
            "median_reply_seconds": median(did.replies) if did.replies else None,
            "one_touch": percent(
                sum(ticket["is_one_touch"] for ticket in did.tickets), len(did.tickets)
            ),
            "csat_answers": len(did.scores),
            "csat_score": percent(satisfied, len(did.scores)),
            "csat_low": interval(satisfied, len(did.scores), -1),
            "csat_high": interval(satisfied, len(did.scores), 1),
            "quality_reviews": len(did.points),
            "quality_score": percent(
                sum(given for given, _ in did.points), sum(possible for _, possible in did.points)
            ),
            "transfers": did.transfers,
            "chats_at_once": at_once(did.chats),
            "is_rateable": min(len(did.tickets), len(first), len(did.replies)) >= 10,
            "is_csat_rateable": len(did.scores) >= 10,
            "is_mature": end_of(key[0]) + TWO_WEEKS <= CUT,
        }
        assert {name: row[name] for name in expected} == about_row(expected), key
    assert any(row["is_rateable"] for row in rows.values())
    assert sum(row["transfers"] for row in rows.values()) > 10


def work_of_agents(tonight: duckdb.DuckDBPyConnection) -> dict[tuple[date, str], Work]:
    work: dict[tuple[date, str], Work] = defaultdict(Work)
    tickets = {row["ticket_id"]: row for row in records(tonight, "facts.fct_tickets")}
    for ticket in tickets.values():
        if ticket["is_customer_initiated"] and ticket["assignee_id"]:
            work[month_of(ticket["created_at"]), ticket["assignee_id"]].tickets.append(ticket)
    for message in records(tonight, "facts.fct_messages"):
        is_response = message["response_seconds"] is not None
        if is_response and message["agent_id"] and tickets[message["ticket_id"]]["is_inbound"]:
            of_month = work[month_of(message["sent_at"]), message["agent_id"]]
            of_month.replies.append(message["response_seconds"])
    for answer in records(tonight, "facts.fct_survey_responses", kind="csat", is_latest=True):
        if answer["agent_id"]:
            work[month_of(answer["responded_at"]), answer["agent_id"]].scores.append(
                answer["score"]
            )
    for review in records(tonight, "facts.fct_quality_reviews", exclusion_reason=None):
        if review["agent_id"]:
            of_month = work[month_of(review["reviewed_at"]), review["agent_id"]]
            of_month.points.append((float(review["points"]), float(review["points_possible"])))
    for agent_id, at in passed_on(tonight, tickets):
        work[month_of(at), agent_id].transfers += 1
    for contact in records(
        tonight, "facts.fct_live_contacts", is_answered=True, exclusion_reason=None
    ):
        if not contact["agent_id"]:
            continue
        if contact["transfers"]:
            of_month = work[month_of(contact["started_at"]), contact["agent_id"]]
            of_month.transfers += contact["transfers"]
        has_both_ends = contact["answered_at"] and contact["ended_at"]
        if contact["kind"] == "chat" and has_both_ends and contact["agent_id"] != "robo":
            work[month_of(contact["started_at"]), contact["agent_id"]].chats.append(contact)
    return work


def passed_on(
    tonight: duckdb.DuckDBPyConnection, tickets: dict[str, Record]
) -> Iterator[tuple[str, datetime]]:
    """Return who passed a ticket on to whom, and when."""
    events: dict[str, list[Record]] = defaultdict(list)
    for event in records(tonight, "entities.ticket_events", kind="assignee"):
        if event["ticket_id"] in tickets and not tickets[event["ticket_id"]]["exclusion_reason"]:
            events[event["ticket_id"]].append(event)
    for of_ticket in events.values():
        of_ticket.sort(key=lambda event: (event["at"], event["event_id"]))
        holder = of_ticket[0]["from_value"]
        for event in of_ticket:
            if holder == "robo":
                holder = None
            to = event["to_value"]
            if to not in (None, "robo"):
                if holder not in (None, to):
                    yield holder, event["at"]
                holder = to


def at_once(chats: list[Record]) -> float | None:
    """Return the seconds of chats over the seconds with any of the chats of their day."""
    days: dict[date, list[Record]] = defaultdict(list)
    for chat in chats:
        days[local(chat["started_at"]).date()].append(chat)
    second = timedelta(seconds=1)
    of_chats = sum((chat["ended_at"] - chat["answered_at"]) // second for chat in chats)
    busy = 0
    for of_day in days.values():
        begin = min(chat["answered_at"] for chat in of_day)
        busy += len(
            {
                number
                for chat in of_day
                for number in range(
                    (chat["answered_at"] - begin) // second, (chat["ended_at"] - begin) // second
                )
            }
        )
    return of_chats / busy if busy else None


def percent(numerator: float, denominator: float) -> float | None:
    return 100 * numerator / denominator if denominator else None


def interval(hits: int, n: int, side: int) -> float | None:
    """Return an end of Wilson's interval, in per cent, from the two roots that define it."""
    if not n:
        return None
    # (p - share)^2 = 1.96^2 p (1 - p) / n
    share, square = hits / n, 1.96**2 / n
    a, b, c = 1 + square, -(2 * share + square), share**2
    return 100 * (-b + side * sqrt(max(b * b - 4 * a * c, 0))) / (2 * a)


def test_a_channels_month_costs_what_was_booked_and_its_part_of_what_is_shared(
    tonight: duckdb.DuckDBPyConnection,
) -> None:
    human = {row["channel"] for row in records(tonight, "facts.dim_channels", is_human=True)}
    booked: dict[tuple[date, str], list[Fraction]] = defaultdict(list)
    for cost in records(tonight, "facts.fct_support_costs"):
        booked[month_of(cost["begins_at"]), cost["channel"]].append(
            Fraction(cost["amount_reporting"])
        )
    handled = handled_contacts(tonight)

    rows = {
        (row["period_start"], row["channel"]): row
        for row in records(tonight, "marts.channel_costs")
    }
    months = {month for month, _ in [*booked, *handled]}
    assert set(rows) == {(month, "all") for month in months} | {
        key for key in [*booked, *handled] if key[1] not in ("shared", "unmapped")
    }
    for (month, channel), row in rows.items():
        by_people = sum(n for (on, by), n in handled.items() if on == month and by in human)
        shared = sum(booked.get((month, "shared"), []))
        if channel == "all":
            n = sum(n for (on, _), n in handled.items() if on == month)
            own = [cost for (on, _), costs in booked.items() if on == month for cost in costs]
            total, part = sum(own), shared
            own_alone = total - shared
        else:
            n = handled.get((month, channel), 0)
            own = booked.get((month, channel), [])
            part = shared * n / by_people if channel in human and by_people else Fraction(0)
            own_alone = sum(own, Fraction(0))
            total = own_alone + part
        expected = {
            "own_amount": float(own_alone) if own else None,
            "shared_amount": float(part),
            "amount": float(total) if own or part else None,
            "handled": n,
            "cost_per_contact": float(total / n) if own and n else None,
            "is_partial": not own or end_of(month) > CUT,
        }
        told = {name: row[name] for name in expected}
        for name in ("own_amount", "shared_amount", "amount"):
            told[name] = None if told[name] is None else float(told[name])
        assert told == about_row(expected), (month, channel)
    assert {row["is_partial"] for row in rows.values()} == {True, False}


def handled_contacts(tonight: duckdb.DuckDBPyConnection) -> dict[tuple[date, str], int]:
    """Return how many contacts each channel handled in each month."""
    handled: dict[tuple[date, str], int] = defaultdict(int)
    contacts = records(tonight, "facts.fct_live_contacts", is_answered=True, exclusion_reason=None)
    for contact in contacts:
        handled[month_of(contact["started_at"]), contact["channel"]] += 1
    named = {contact["ticket_id"] for contact in contacts}
    for ticket in records(tonight, "facts.fct_tickets", is_human_handled=True):
        if ticket["ticket_id"] not in named:
            handled[month_of(ticket["created_at"]), ticket["channel"]] += 1
    for session in records(
        tonight, "facts.fct_self_service_sessions", is_ticket=False, exclusion_reason=None
    ):
        handled[month_of(session["started_at"]), "self_service"] += 1
    return handled


def test_a_contact_costs_what_the_kpi_says(tonight: duckdb.DuckDBPyConnection) -> None:
    kpi = {
        (row["period_start"], row["channel"]): row["value"]
        for row in records(
            tonight, "marts.kpi_values", kpi_id="cost_per_contact", period_grain="month"
        )
    }
    for row in records(tonight, "marts.channel_costs"):
        assert row["cost_per_contact"] == kpi[row["period_start"], row["channel"]], row


def test_the_types_of_service_stand_side_by_side(tonight: duckdb.DuckDBPyConnection) -> None:
    types = ("self_service", "live", "community")
    begun: dict[tuple[date, str], list[str]] = defaultdict(list)
    for interaction in records(tonight, "facts.fct_interactions"):
        key = month_of(interaction["started_at"]), interaction["service_type"]
        begun[key].append(interaction["outcome"])
    scores: dict[tuple[date, str], list[float]] = defaultdict(list)
    for answer in records(tonight, "facts.fct_survey_responses", kind="csat", is_latest=True):
        about = answer["channel"] not in (None, "unmapped") or answer["ticket_id"]
        if about or answer["contact_id"]:
            # Nobody in this shop scores sessions or the forum.
            scores[month_of(answer["responded_at"]), "live"].append(answer["score"])
    costs = {
        (row["period_start"], row["channel"]): row
        for row in records(tonight, "marts.channel_costs")
    }
    human = [row["channel"] for row in records(tonight, "facts.dim_channels", is_human=True)]

    rows = records(tonight, "marts.service_types")
    months = {row["period_start"] for row in rows}
    assert {(row["period_start"], row["service_type"]) for row in rows} == {
        (month, service_type) for month in months for service_type in types
    }
    assert {month for month, _ in begun} <= months
    for row in rows:
        month, service_type = row["period_start"], row["service_type"]
        outcomes = begun.get((month, service_type), [])
        of_type = {"live": human, "self_service": ["self_service"], "community": []}[service_type]
        booked = [costs[month, channel] for channel in of_type if (month, channel) in costs]
        cost = None
        if any(each["own_amount"] is not None for each in booked):
            cost = float(sum(each["amount"] or 0 for each in booked))
        of_month = scores.get((month, service_type), [])
        expected = {
            "interactions": len(outcomes),
            "resolved": outcomes.count("resolved"),
            "answered": outcomes.count("resolved") + outcomes.count("answered"),
            "cost": cost,
            "cost_per_interaction": cost / len(outcomes) if cost is not None and outcomes else None,
            "csat_answers": len(of_month),
            "csat_score": percent(sum(score >= 4 for score in of_month), len(of_month)),
            "is_complete": end_of(month) <= CUT,
        }
        told = {name: row[name] for name in expected}
        told["cost"] = None if told["cost"] is None else float(told["cost"])
        assert told == about_row(expected), (month, service_type)
    assert sum(row["cost"] is not None for row in rows) > 5


def test_a_cohort_is_followed_month_by_month(tonight: duckdb.DuckDBPyConnection) -> None:
    year = timedelta(days=365)
    bought: dict[str, list[Record]] = defaultdict(list)
    for order in records(tonight, "facts.fct_orders", is_qualifying=True):
        bought[order["person_id"]].append(order)
    held: dict[str, list[Record]] = defaultdict(list)
    for subscription in records(tonight, "facts.fct_subscriptions"):
        if subscription["person_id"]:
            held[subscription["person_id"]].append(subscription)
    cohorts: dict[date, list[str]] = defaultdict(list)
    for person in {*bought, *held}:
        first = min(
            [order["created_at"] for order in bought[person]]
            + [subscription["started_at"] for subscription in held[person]]
        )
        cohorts[month_of(first)].append(person)

    def is_active(person: str, at: datetime) -> bool:
        return any(at - year <= order["created_at"] < at for order in bought[person]) or any(
            subscription["started_at"] < at
            and (subscription["ended_at"] is None or subscription["ended_at"] >= at)
            for subscription in held[person]
        )

    expected = {}
    for cohort, persons in cohorts.items():
        month, after = cohort, 0
        while month <= month_of(CUT):
            at = min(end_of(month), CUT)
            orders = [
                order
                for person in persons
                for order in bought[person]
                if month_of(order["created_at"]) == month
            ]
            expected[cohort, after] = (
                len(persons),
                sum(is_active(person, at) for person in persons),
                len({order["person_id"] for order in orders}),
                len(orders),
                sum(
                    order["total_reporting"] - (order["refunded_reporting"] or 0)
                    for order in orders
                ),
                end_of(month) <= CUT,
            )
            month, after = (month + timedelta(days=32)).replace(day=1), after + 1
    columns = ("customers", "active", "buyers", "orders", "revenue", "is_complete")
    rows = records(tonight, "marts.customer_cohorts")
    assert {
        (row["cohort_month"], row["months_after"]): tuple(row[name] for name in columns)
        for row in rows
    } == expected
    assert len(rows) == len(expected)
    assert any(row["has_enough_history"] for row in rows)


def test_the_active_of_all_cohorts_are_the_customers_of_retention(
    tonight: duckdb.DuckDBPyConnection,
) -> None:
    """Whoever is there when a month ends is there when the next begins: its S."""
    starts = {
        row["period_start"]: row["denominator"]
        for row in records(
            tonight, "marts.kpi_values", kpi_id="retention_rate", period_grain="month"
        )
        if row["n"]
    }
    active: dict[date, int] = defaultdict(int)
    for row in records(tonight, "marts.customer_cohorts"):
        month = row["cohort_month"]
        for _ in range(row["months_after"] + 1):
            month = (month + timedelta(days=32)).replace(day=1)
        active[month] += row["active"]
    assert {month: active[month] for month in starts} == starts
    assert len(starts) > 3


def test_a_campaigns_visits_lead_to_orders_and_buyers(tonight: duckdb.DuckDBPyConnection) -> None:
    orders = {row["order_id"]: row for row in records(tonight, "facts.fct_orders")}
    first: dict[str, date] = {}
    for table, began in (("fct_orders", "created_at"), ("fct_subscriptions", "started_at")):
        for row in records(tonight, f"facts.{table}"):
            if row["person_id"] and row.get("is_qualifying", True):
                month = month_of(row[began])
                first[row["person_id"]] = min(month, first.get(row["person_id"], month))
    funnel: dict[tuple[date, str], Record] = defaultdict(
        lambda: (
            {"visits": 0, "pages": 0, "carts": 0, "orders": 0, "revenue": 0, "cost": None}
            | {"new": set(), "returning": set()}
        )
    )
    seen = set()
    visits = records(tonight, "facts.fct_web_visits", exclusion_reason=None)
    for visit in sorted(visits, key=lambda visit: (visit["started_at"], visit["visit_id"])):
        month = month_of(visit["started_at"])
        cell = funnel[month, visit["campaign"] or "none"]
        cell["visits"] += 1
        cell["pages"] += visit["page_views"]
        cell["carts"] += visit["filled_cart"]
        if visit["order_id"] is None or visit["order_id"] in seen:
            continue
        seen.add(visit["order_id"])
        order = orders[visit["order_id"]]
        if order["is_test"]:
            continue
        cell["orders"] += 1
        if order["cancelled_at"] is None:
            cell["revenue"] += order["total_reporting"] - (order["refunded_reporting"] or 0)
        if order["is_qualifying"]:
            kind = "new" if first[order["person_id"]] >= month else "returning"
            cell[kind].add(order["person_id"])
    for cost in records(tonight, "facts.fct_marketing_costs"):
        cell = funnel[month_of(cost["begins_at"]), cost["campaign"]]
        cell["cost"] = (cell["cost"] or 0) + cost["amount_reporting"]

    rows = records(tonight, "marts.cx_funnel")
    assert {
        (row["period_start"], row["campaign"]): {
            name: row[name] for name in ("visits", "pages", "carts", "orders", "revenue", "cost")
        }
        | {"new": row["new_customers"], "returning": row["returning_customers"]}
        for row in rows
    } == {
        key: cell | {"new": len(cell["new"]), "returning": len(cell["returning"])}
        for key, cell in funnel.items()
    }
    assert sum(row["returning_customers"] for row in rows) > 20


def test_what_is_withheld_with_a_kpi_is_there(tonight: duckdb.DuckDBPyConnection) -> None:
    kpis = {row["kpi_id"] for row in records(tonight, "marts.kpi_catalogue")}
    assert set(SHOWN_ELSEWHERE) <= kpis
    for of_marts in (FIGURES_OF_KPIS, *SHOWN_ELSEWHERE.values()):
        for mart, figures in of_marts.items():
            assert set(figures) <= set(records(tonight, mart)[0]), mart
