"""File drops: what their records become, from landed JSON to the entities."""

from datetime import date, datetime
from decimal import Decimal

from hand_lake import HandLake


def test_an_order_keeps_its_money_to_the_last_digit(lake: HandLake) -> None:
    lake.drop(
        "orders",
        {
            "order_id": "O1",
            "customer_id": "C1",
            "created_at": "2026-03-01T01:02:03.000004Z",
            "currency": "krw",
            "total": "12345678901234.5678",
            "refunded": "0.1",
            "promised_at": "2026-03-20T00:00:00.000000Z",
            "is_test": False,
            "updated_at": "2026-03-02T00:00:00.000000Z",
        },
    )
    lake.build("orders")
    assert lake.rows(
        "select currency, total, refunded, created_at, promised_at, is_test from entities.orders"
    ) == [
        (
            "KRW",
            Decimal("12345678901234.5678"),
            Decimal("0.1000"),
            datetime(2026, 3, 1, 1, 2, 3, 4),
            None,
            False,
        )
    ]


def test_the_same_id_from_two_sources_is_two_records(lake: HandLake) -> None:
    contact = {
        "contact_id": "1",
        "kind": "call",
        "started_at": "2026-03-01T00:00:00.000000Z",
        "outcome": "answered",
    }
    lake.drop("live_contacts", contact, source="acd")
    lake.drop("live_contacts", {**contact, "outcome": "abandoned"}, source="branch")
    lake.build("live_contacts")
    assert lake.rows(
        "select source, contact_id, outcome, channel from entities.live_contacts order by source"
    ) == [("acd", "1", "answered", None), ("branch", "1", "abandoned", None)]


def test_a_deleted_record_is_gone_and_a_deleted_ticket_stays_marked(lake: HandLake) -> None:
    lake.drop(
        "subscriptions",
        subscription := {
            "subscription_id": "S1",
            "customer_id": "C1",
            "started_at": "2026-03-01T00:00:00.000000Z",
        },
    )
    lake.drop("subscriptions", {**subscription, "deleted": True}, deleted=["S1"])
    lake.drop(
        "tickets",
        {
            "ticket_id": "T1",
            "created_at": "2026-03-01T00:00:00.000000Z",
            "status": "open",
            "opened_by": "customer",
            "channel": "email",
        },
    )
    lake.drop("tickets", {"ticket_id": "T1", "deleted": True}, deleted=["T1"])
    lake.build("subscriptions", "tickets")
    assert lake.rows("select * from entities.subscriptions") == []
    assert lake.rows("select ticket_id, status, is_deleted from scratch.entities.tickets") == [
        ("T1", "open", True)
    ]


def test_customers_of_a_helpdesk_and_a_shop_are_one_person_by_a_shared_address(
    lake: HandLake,
) -> None:
    lake.gorgias(
        "customers",
        {
            "id": 70,
            "email": "email:v1:aa",
            "channels": [{"type": "phone", "address": "phone:v1:bb"}],
            "created_datetime": "2026-03-01T00:00:00",
            "updated_datetime": "2026-03-01T00:00:00",
        },
    )
    lake.drop(
        "customers",
        {"customer_id": "C1", "phone": "phone:v1:bb"},
        {"customer_id": "C2", "email": "email:v1:cc"},
    )
    lake.drop(
        "orders",
        {
            "order_id": "O1",
            "customer_id": "C3",
            "created_at": "2026-03-01T00:00:00.000000Z",
            "currency": "KRW",
            "total": "1",
        },
    )
    lake.build("int_customers__person")
    persons = dict(
        lake.rows("select source || customer_id, person_id from entities.int_customers__person")
    )
    assert persons["desk70"] == persons["dropsC1"]
    assert len({persons["desk70"], persons["dropsC2"], persons["dropsC3"]}) == 3


def test_a_visit_keeps_both_the_system_that_told_of_it_and_where_it_came_from(
    lake: HandLake,
) -> None:
    lake.drop(
        "web_visits",
        {
            "visit_id": "V1",
            "started_at": "2026-03-01T00:00:00.000000Z",
            "source": "newsletter",
            "page_views": 3,
            "filled_cart": True,
        },
        source="analytics",
    )
    lake.build("web_visits")
    assert lake.rows("select source, visit_source, page_views from entities.web_visits") == [
        ("analytics", "newsletter", 3)
    ]


def test_costs_of_a_day_and_of_a_month_keep_their_dates(lake: HandLake) -> None:
    cost = {"cost_id": "1", "amount": "0.1", "currency": "krw"}
    lake.drop("marketing_costs", {**cost, "date": "2026-03-02", "campaign": "spring"})
    lake.drop(
        "support_costs",
        {**cost, "month": "2026-02-01", "channel": "Shared", "category": "payroll"},
    )
    lake.build("marketing_costs", "support_costs")
    assert lake.rows("select date, currency, amount from entities.marketing_costs") == [
        (date(2026, 3, 2), "KRW", Decimal("0.1000"))
    ]
    assert lake.rows("select month, channel, category from entities.support_costs") == [
        (date(2026, 2, 1), "shared", "payroll")
    ]
