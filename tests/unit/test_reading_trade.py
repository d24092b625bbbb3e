"""The independent reading of customers, orders, visits and costs, held to cases by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from reading.shop import Rate, Record
from reading_records import AS_OF, at, contact, order, read, row, session, ticket

YEAR = timedelta(days=365)
FEBRUARY, MARCH = date(2025, 2, 1), date(2025, 3, 1)
FEBRUARY_BEGINS = datetime(2025, 2, 1, tzinfo=UTC)


def parts(found: dict[str, Any]) -> tuple[Any, Any]:
    return found["numerator"], found["denominator"]


def test_who_was_lost_and_who_is_new_in_a_period() -> None:
    long_ago = FEBRUARY_BEGINS - YEAR
    desk = read(
        orders=[
            order("0", "lost", long_ago),
            order("1", "lapsed", long_ago - timedelta(days=30)),
            order("2", "lapsed", FEBRUARY_BEGINS + timedelta(days=2)),
            order("3", "stays", FEBRUARY_BEGINS - timedelta(days=2)),
            order("4", "new", FEBRUARY_BEGINS),
            order("5", "next", FEBRUARY_BEGINS + timedelta(days=28)),
        ],
        subscriptions=[
            {
                "source": "shop",
                "subscription_id": "1",
                "customer_id": "subscriber",
                "started_at": FEBRUARY_BEGINS + timedelta(days=1),
                "ended_at": FEBRUARY_BEGINS + timedelta(days=2),
            }
        ],
    )
    # At the start were lost and stays; lapsed had been before, and came back.
    assert parts(row(desk, "churn_rate", "month", FEBRUARY)) == (1, 2)
    assert parts(row(desk, "retention_rate", "month", FEBRUARY)) == (1, 2)
    assert parts(row(desk, "customer_acquisition_rate", "month", FEBRUARY)) == (2, 2)
    # lapsed began a year and a month before February.
    assert row(desk, "churn_rate", "month", date(2025, 1, 1))["value"] is None


def test_acquisition_costs_count_the_months_that_have_a_cost() -> None:
    def spent(cost_id: str, on: date, amount: int, **columns: Any) -> Record:
        return {
            "source": "ads",
            "cost_id": cost_id,
            "date": on,
            "campaign": "spring",
            "amount": Decimal(amount),
            "currency": "KRW",
            **columns,
        }

    desk = read(
        orders=[
            order("1", "a", at("1-5 9:00")),
            order("2", "b", at("2-5 9:00")),
            order("3", "c", at("3-5 9:00")),
            order("4", "c", at("3-6 9:00")),
            order("5", "d", at("3-6 9:00")),
        ],
        marketing_costs=[
            spent("1", date(2025, 1, 31), 300, attributed_revenue=Decimal(450)),
            spent("2", date(2025, 3, 1), 0),
            spent("3", date(2025, 3, 31), 60, attributed_revenue=Decimal(30), campaign="fair"),
            spent("4", date(2025, 4, 1), 999),
        ],
    )
    # February has no cost, so b is on neither side; April has not begun.
    quarter = date(2025, 1, 1)
    assert parts(row(desk, "customer_acquisition_cost", "quarter", quarter)) == (360, 3)
    february = row(desk, "customer_acquisition_cost", "month", FEBRUARY)
    assert (february["value"], february["n"]) == (None, 0)
    # 150 won with 300, 30 lost with 60; what the second brought is unknown.
    assert row(desk, "marketing_roi", "quarter", quarter)["value"] == pytest.approx(100 / 3)
    fair = row(desk, "marketing_roi", "month", MARCH, "all", "campaign", "fair")
    assert fair["value"] == -50.0


def test_lifetime_value_is_revenue_for_each_person_over_the_share_that_left() -> None:
    begins = datetime(2025, 1, 1, tzinfo=UTC)
    before = begins - YEAR
    left = [order(f"l{n}", f"lost{n}", before + timedelta(days=1)) for n in range(10)]
    desk = read(
        orders=[
            *left,
            order("first", "new", begins - 2 * YEAR),
            order("1", "stays", begins - timedelta(days=2)),
            order("2", "stays", begins + timedelta(days=2), refunded=Decimal(40)),
            order("3", "new", begins + timedelta(days=3), total=Decimal(60)),
        ]
    )
    # 60 + 60 brought in by 11 at the start and 1 who returned, of whom 10 in 11 were lost.
    value = row(desk, "customer_lifetime_value", "year", date(2025, 1, 1))
    assert value["value"] == pytest.approx(10 / (10 / 11))
    assert value["n"] == 10
    fewer = read(orders=[each for each in desk.records["orders"] if each["order_id"] != "l0"])
    assert row(fewer, "customer_lifetime_value", "year", date(2025, 1, 1))["value"] is None


def test_who_came_back_to_buy_and_who_is_loyal() -> None:
    desk = read(
        orders=[
            order("1", "twice", at("2-5 9:00")),
            order("2", "twice", at("3-5 9:00")),
            order("3", "at once", at("3-5 9:00")),
            order("4", "at once", at("3-5 9:00")),
            order("5", "in it", at("3-6 9:00")),
            order("6", "in it", at("3-6 9:01")),
            order("7", "in it", at("3-6 9:02")),
            order("8", "in it", at("3-7 9:00"), is_test=True),
            order("9", "once", at("3-6 9:02")),
            order("10", "once", at("3-7 9:02"), cancelled_at=at("3-8 9:00")),
        ]
    )
    assert parts(row(desk, "repeat_purchase_rate", "month", MARCH)) == (2, 4)
    assert parts(row(desk, "repeat_purchase_rate", "month", FEBRUARY)) == (0, 1)
    assert row(desk, "loyal_customers", "month", MARCH)["value"] == 1.0


def test_an_order_is_late_where_it_came_after_its_promise_or_has_not_come() -> None:
    def promised(order_id: str, until: datetime, delivered: datetime | None) -> Record:
        return order(order_id, "c", at("3-5 9:00"), promised_at=until, delivered_at=delivered)

    desk = read(
        orders=[
            promised("1", at("3-6 9:00"), at("3-6 9:00")),
            promised("2", at("3-6 9:00"), at("3-6 9:01")),
            promised("3", at("3-6 9:00"), None),
            promised("4", AS_OF, None),
            promised("5", at("3-6 9:00"), None) | {"cancelled_at": at("3-6 8:00")},
            promised("6", at("3-6 9:00"), None) | {"is_test": True},
            order("7", "c", at("3-5 9:00")),
        ]
    )
    assert parts(row(desk, "late_delivery_rate", "month", MARCH)) == (2, 3)


def test_a_cart_is_abandoned_where_its_visitor_does_not_buy_within_72_hours() -> None:
    def visit(visit_id: str, started: str, visitor: str | None, **columns: Any) -> Record:
        return {
            "source": "web",
            "visit_id": visit_id,
            "started_at": at(started),
            "visitor_id": visitor,
            "page_views": 3,
            "filled_cart": False,
            **columns,
        }

    filled = {"filled_cart": True}
    desk = read(
        web_visits=[
            visit("1", "3 9:00", "ann", **filled, traffic_source="direct", medium=" "),
            visit("2", "6 9:00", "ann", order_id="1", traffic_source="(direct)", campaign="may"),
            visit("3", "3 9:00", "bob", **filled, traffic_source="search"),
            visit("4", "6 9:01", "bob", **filled, order_id="2", medium="(none)"),
            visit("5", "3 9:00", None, **filled, medium="e-mail"),
            visit("6", "28 12:00", "eve", **filled),
            visit("7", "28 12:01", "fay", **filled),
            visit("8", "3 9:00", "bot", **filled, is_bot=True),
        ]
    )
    # ann came back on the last instant of 72 hours, bob a minute later; fay may still.
    assert parts(row(desk, "cart_abandonment_rate", "month", MARCH)) == (3, 5)
    assert parts(row(desk, "conversion_rate", "month", MARCH)) == (2, 7)
    assert parts(row(desk, "direct_traffic_share", "month", MARCH)) == (4, 7)
    assert parts(row(desk, "pages_per_visit", "month", MARCH)) == (21, 7)


def running_cost(cost_id: str, month: date, channel: str, amount: int, **columns: Any) -> Record:
    return {
        "source": "books",
        "cost_id": cost_id,
        "month": month,
        "channel": channel,
        "category": "payroll",
        "amount": Decimal(amount),
        "currency": "KRW",
        **columns,
    }


def test_shared_costs_go_to_the_channels_of_people_by_what_they_handled() -> None:
    handled = {"assignee_id": "kim"}
    desk = read(
        tickets=[
            *(ticket(str(number), "2-3 9:00", **handled) for number in range(3)),
            ticket("4", "3-3 9:00", **handled),
        ],
        live_contacts=[contact("a", "2-3 9:00"), contact("b", "3-3 9:00")],
        self_service_sessions=[session(each, "2-3 9:00", "abandoned") for each in "abcd"],
        support_costs=[
            running_cost("1", FEBRUARY, "email", 100),
            running_cost("2", FEBRUARY, "shared", 80),
            running_cost("3", date(2025, 2, 14), "self_service", 10),
            running_cost("4", MARCH, "phone", 0),
            running_cost("5", MARCH, "shared", 50, currency="USD"),
        ],
        shop={
            "exchange_rates": [
                Rate(
                    on_date=date(2025, 1, 1),
                    currency="USD",
                    to_currency="KRW",
                    rate=Decimal("1.5"),
                ),
                Rate(on_date=date(2025, 3, 1), currency="USD", to_currency="KRW", rate=Decimal(2)),
                Rate(on_date=date(2025, 3, 2), currency="USD", to_currency="KRW", rate=Decimal(9)),
            ]
        },
    )
    kpi, quarter = "cost_per_contact", date(2025, 1, 1)
    # In February three e-mails bear 60 of the 80, one call 20; in March an e-mail and a call bear
    # 50 each of 50 dollars. E-mail has no cost of its own in March, phone none in February.
    assert parts(row(desk, kpi, "quarter", quarter, "email")) == (160, 3)
    assert parts(row(desk, kpi, "quarter", quarter, "phone")) == (50, 1)
    assert parts(row(desk, kpi, "quarter", quarter, "self_service")) == (10, 4)
    assert parts(row(desk, kpi, "quarter", quarter)) == (290, 10)
    assert row(desk, kpi, "month", date(2025, 3, 1), "email")["value"] is None
    # Self-service has costs in February alone: 45 for each of four, against 2.50.
    ratio = row(desk, "live_to_self_service_cost_ratio", "quarter", quarter)
    assert ratio["value"] == pytest.approx(45 / 2.5)


def test_gestures_stand_against_the_customers_at_the_end() -> None:
    desk = read(
        orders=[order("1", "a", at("3-5 9:00")), order("2", "b", at("3-5 9:00"))],
        gestures=[
            {"source": "desk", "gesture_id": str(n), "customer_id": "a", "made_at": at("3-6 9:00")}
            for n in range(3)
        ],
    )
    assert row(desk, "delight_rate", "month", MARCH)["value"] == 1500.0
