"""Terms: Customers, orders, visits, costs. Who buys, who is active, what was spent."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from .desk import Desk
from .periods import Period
from .persons import Customer
from .shop import Record
from .tickets import Happened

MONEY = Decimal("0.0001")


def in_reporting_currency(desk: Desk, amount: Decimal, currency: str, on: date) -> Decimal:
    """Return what an amount is worth by the newest rate of its day."""
    shop = desk.shop
    if currency == shop.currency:
        return amount
    rates = [
        rate
        for rate in shop.exchange_rates
        if (rate.currency, rate.to_currency) == (currency, shop.currency) and rate.on_date <= on
    ]
    newest = max(rates, key=lambda rate: rate.on_date)
    return (amount * newest.rate).quantize(MONEY, ROUND_HALF_UP)


def day_of(desk: Desk, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(desk.shop.reporting_timezone)).date()


# ---- orders


def orders(desk: Desk) -> list[Record]:
    return [order for order in desk.records["orders"] if not order["is_test"]]


def is_qualifying(order: Record) -> bool:
    refunded = order["refunded"] or 0
    is_refunded_in_full = refunded > 0 and refunded >= order["total"]
    is_void = order["is_test"] or order["cancelled_at"] is not None or is_refunded_in_full
    return not is_void and order["customer_id"] is not None


def qualifying_orders(desk: Desk) -> list[Record]:
    return [order for order in desk.records["orders"] if is_qualifying(order)]


def revenue(desk: Desk, order: Record) -> Decimal:
    def reported(amount: Decimal) -> Decimal:
        on = day_of(desk, order["created_at"])
        return in_reporting_currency(desk, amount, order["currency"], on)

    return reported(order["total"]) - reported(order["refunded"] or Decimal(0))


# ---- who is a customer


def active_persons(desk: Desk, at: datetime) -> set[Customer | None]:
    """Return who is active at an instant, T in the terms."""
    span = timedelta(days=desk.shop.settings["active_days"])
    by_order = {
        desk.persons.of(order)
        for order in qualifying_orders(desk)
        if at - span <= order["created_at"] < at
    }
    by_subscription = {
        desk.persons.of(each)
        for each in desk.records["subscriptions"]
        if each["started_at"] < at and (each["ended_at"] is None or each["ended_at"] >= at)
    }
    return by_order | by_subscription


def new_persons(desk: Desk, period: Period, happened: Happened) -> set[Customer | None]:
    """Return whose first qualifying order or subscription is of a period."""
    began: dict[Customer | None, datetime] = {}
    for records, column in (
        (qualifying_orders(desk), "created_at"),
        (desk.records["subscriptions"], "started_at"),
    ):
        for record in records:
            person = desk.persons.of(record)
            began[person] = min(began.get(person, record[column]), record[column])
    return {person for person, at in began.items() if is_in(period, happened, at)}


def is_in(period: Period, happened: Happened, at: datetime) -> bool:
    return period.start <= at < period.end and happened.includes(at)


def has_enough_history(desk: Desk, period: Period) -> bool:
    began = [order["created_at"] for order in qualifying_orders(desk)]
    began = began or [each["started_at"] for each in desk.records["subscriptions"]]
    span = timedelta(days=desk.shop.settings["active_days"])
    return bool(began) and period.start >= min(began) + span


# ---- visits


def visits(desk: Desk) -> list[Record]:
    return [visit for visit in desk.records["web_visits"] if not visit["is_bot"]]


def is_direct(visit: Record) -> bool:
    def says(column: str, *words: str) -> bool:
        return visit[column] is None or visit[column].strip().lower() in words

    return (
        says("traffic_source", "direct", "(direct)")
        and says("medium", "none", "(none)")
        and says("campaign")
    )


def is_cart_visit(desk: Desk, visit: Record) -> bool:
    hours = timedelta(hours=desk.shop.settings["cart_hours"])
    return bool(visit["filled_cart"]) and visit["started_at"] <= desk.shop.as_of - hours


def is_abandoned_cart(desk: Desk, visit: Record) -> bool:
    if visit["order_id"] is not None:
        return False
    hours = timedelta(hours=desk.shop.settings["cart_hours"])
    return not any(
        visit["visitor_id"] is not None
        and (later["source"], later["visitor_id"]) == (visit["source"], visit["visitor_id"])
        and visit["started_at"] < later["started_at"] <= visit["started_at"] + hours
        and later["order_id"] is not None
        for later in visits(desk)
    )


# ---- costs


def cost(desk: Desk, record: Record, column: str = "amount", on: str = "month") -> Decimal:
    """Return a column of a cost record in the reporting currency."""
    return in_reporting_currency(desk, record[column], record["currency"], record[on])
