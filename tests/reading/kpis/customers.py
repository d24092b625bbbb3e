"""Customers: who stays, who comes back, what they cost and bring, and what they write about."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..desk import Desk
from ..interactions import requests_with_a_person
from ..kpi_values import Figure, Kpi, Number, Observation
from ..periods import Period, first_instant, period_of
from ..persons import Customer
from ..shop import Record
from ..tickets import Happened
from ..trade import (
    active_persons,
    cost,
    has_enough_history,
    is_abandoned_cart,
    is_cart_visit,
    is_direct,
    is_in,
    new_persons,
    orders,
    qualifying_orders,
    revenue,
    visits,
)
from .common import BY_MONTH, of_interaction

LOYAL_FROM = 3
TRADE = ("orders", "subscriptions")


def named(persons: set[Customer | None]) -> str:
    return " ".join("/".join(person) for person in sorted(each for each in persons if each))


def retention_rate(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    if not has_enough_history(desk, period):
        return Figure()
    at_start = active_persons(desk, period.start)
    retained = at_start & active_persons(desk, happened.until)
    about = f"lost: {named(at_start - retained)}"
    return Figure(numerator=len(retained), denominator=len(at_start), about=about)


def churn_rate(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    if not has_enough_history(desk, period):
        return Figure()
    at_start = active_persons(desk, period.start)
    lost = at_start - active_persons(desk, happened.until)
    return Figure(numerator=len(lost), denominator=len(at_start), about=f"lost: {named(lost)}")


def customer_acquisition_rate(
    desk: Desk, period: Period, happened: Happened, channel: str
) -> Figure:
    if not has_enough_history(desk, period):
        return Figure()
    new = new_persons(desk, period, happened)
    at_start = active_persons(desk, period.start)
    return Figure(numerator=len(new), denominator=len(at_start), about=f"new: {named(new)}")


def customer_acquisition_cost(
    desk: Desk, period: Period, happened: Happened, channel: str
) -> Figure:
    zone = desk.shop.reporting_timezone
    spent, new = Decimal(0), 0
    spending = [
        record
        for record in desk.records["marketing_costs"]
        if is_in(period, happened, first_instant(record["date"], zone))
    ]
    for month in {record["date"].replace(day=1) for record in spending}:
        of_month = period_of(first_instant(month, zone), "month", zone)
        new += len(new_persons(desk, of_month, happened))
    for record in spending:
        spent += cost(desk, record, on="date")
    return Figure(numerator=spent, denominator=new)


def customer_lifetime_value(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    if not has_enough_history(desk, period):
        return Figure()
    at_start = active_persons(desk, period.start)
    at_end = active_persons(desk, happened.until)
    new = new_persons(desk, period, happened)
    returned = at_end - at_start - new
    persons = len(at_start) + len(new) + len(returned)
    lost = len(at_start - at_end)
    brought = sum(
        (
            Fraction(revenue(desk, order))
            for order in qualifying_orders(desk)
            if is_in(period, happened, order["created_at"])
        ),
        Fraction(0),
    )
    # The ten of the text are the setting from which on a figure is rated.
    enough = desk.shop.settings["rateable_n"]
    return Figure(
        numerator=brought / persons if persons else None,
        denominator=Fraction(lost, len(at_start)) if lost >= enough else None,
        n=lost,
    )


def repeat_purchase_rate(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    bought: dict[Customer | None, list[datetime]] = {}
    for order in qualifying_orders(desk):
        if happened.includes(order["created_at"]):
            bought.setdefault(desk.persons.of(order), []).append(order["created_at"])
    buyers = {
        person
        for person, instants in bought.items()
        if any(is_in(period, happened, at) for at in instants)
    }
    came_back = {person for person in buyers if min(bought[person]) < max(bought[person])}
    return Figure(numerator=len(came_back), denominator=len(buyers), about=named(came_back))


def loyal_customers(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    until = happened.until
    since = until - timedelta(days=desk.shop.settings["active_days"])
    bought: dict[Customer | None, int] = {}
    for order in qualifying_orders(desk):
        if since <= order["created_at"] < until:
            person = desk.persons.of(order)
            bought[person] = bought.get(person, 0) + 1
    loyal = {person for person, times in bought.items() if times >= LOYAL_FROM}
    return Figure(n=len(loyal), about=named(loyal))


def per_order(desk: Desk) -> Iterator[Observation]:
    """Yield the orders that a rate for each order is divided by."""
    for order in orders(desk):
        yield Observation(
            at=order["created_at"],
            channel=None,
            about=f"{order['source']}/order {order['order_id']}",
        )


def contact_rate(desk: Desk) -> Iterator[Observation]:
    for each in requests_with_a_person(desk):
        yield of_interaction(each, 1, denominator=0)
    yield from per_order(desk)


def late_delivery_rate(desk: Desk) -> Iterator[Observation]:
    for order in orders(desk):
        promised, delivered = order["promised_at"], order["delivered_at"]
        if promised is None or promised >= desk.shop.as_of or order["cancelled_at"] is not None:
            continue
        yield Observation(
            at=order["created_at"],
            channel=None,
            numerator=int(delivered is None or delivered > promised),
            about=f"{order['source']}/{order['order_id']}",
        )


def of_visit(
    visit: Record,
    numerator: Number = 0,
) -> Observation:
    return Observation(
        at=visit["started_at"],
        channel=None,
        numerator=numerator,
        about=f"{visit['source']}/{visit['visit_id']}",
    )


def conversion_rate(desk: Desk) -> Iterator[Observation]:
    for visit in visits(desk):
        yield of_visit(visit, int(visit["order_id"] is not None))


def cart_abandonment_rate(desk: Desk) -> Iterator[Observation]:
    for visit in visits(desk):
        if is_cart_visit(desk, visit):
            yield of_visit(visit, int(is_abandoned_cart(desk, visit)))


def direct_traffic_share(desk: Desk) -> Iterator[Observation]:
    for visit in visits(desk):
        yield of_visit(visit, int(is_direct(visit)))


def pages_per_visit(desk: Desk) -> Iterator[Observation]:
    for visit in visits(desk):
        yield of_visit(visit, visit["page_views"])


def marketing_roi(desk: Desk) -> Iterator[Observation]:
    for record in desk.records["marketing_costs"]:
        if record["attributed_revenue"] is None:
            continue
        amount = cost(desk, record, on="date")
        brought = cost(desk, record, "attributed_revenue", on="date")
        yield Observation(
            at=first_instant(record["date"], desk.shop.reporting_timezone),
            channel=None,
            slices={"campaign": record["campaign"]},
            numerator=brought - amount,
            denominator=amount,
            about=f"{record['source']}/{record['cost_id']}",
        )


def of_persons(kpi_id: str, **more: Any) -> Kpi:
    """Return a KPI of sets of persons, by month and above."""
    return Kpi(id=kpi_id, grains=BY_MONTH, by_channel=False, **more)


KPIS = [
    of_persons("retention_rate", unit="percent", needs=TRADE, at_end=retention_rate),
    of_persons("churn_rate", unit="percent", needs=TRADE, at_end=churn_rate),
    of_persons(
        "customer_acquisition_rate",
        unit="percent",
        needs=TRADE,
        at_end=customer_acquisition_rate,
    ),
    of_persons(
        "customer_acquisition_cost",
        unit="currency",
        needs=(*TRADE, "marketing_costs"),
        at_end=customer_acquisition_cost,
    ),
    Kpi(
        id="customer_lifetime_value",
        unit="currency",
        needs=TRADE,
        grains=("year",),
        by_channel=False,
        at_end=customer_lifetime_value,
    ),
    Kpi(
        id="repeat_purchase_rate",
        unit="percent",
        needs=TRADE,
        by_channel=False,
        at_end=repeat_purchase_rate,
    ),
    of_persons(
        "loyal_customers",
        unit="customers",
        needs=("orders",),
        statistics=("count",),
        at_end=loyal_customers,
    ),
    Kpi(
        id="contact_rate",
        unit="per_100_orders",
        needs=("tickets", "messages", "live_contacts", "orders"),
        by_channel=False,
        observe=contact_rate,
    ),
    Kpi(
        id="late_delivery_rate",
        unit="percent",
        needs=("orders",),
        by_channel=False,
        observe=late_delivery_rate,
    ),
    Kpi(
        id="conversion_rate",
        unit="percent",
        needs=("web_visits",),
        by_channel=False,
        observe=conversion_rate,
    ),
    Kpi(
        id="cart_abandonment_rate",
        unit="percent",
        needs=("web_visits",),
        matures_after=timedelta(hours=72),
        by_channel=False,
        observe=cart_abandonment_rate,
    ),
    Kpi(
        id="direct_traffic_share",
        unit="percent",
        needs=("web_visits",),
        by_channel=False,
        observe=direct_traffic_share,
    ),
    Kpi(
        id="pages_per_visit",
        unit="pages",
        needs=("web_visits",),
        by_channel=False,
        observe=pages_per_visit,
    ),
    Kpi(
        id="marketing_roi",
        unit="percent",
        needs=("marketing_costs",),
        slices=("campaign",),
        grains=BY_MONTH,
        by_channel=False,
        observe=marketing_roi,
    ),
]
