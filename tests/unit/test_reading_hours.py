"""The independent reading of business hours and SLA clocks, held to cases by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from reading.hours import business_seconds
from reading.shop import Holiday, Hours, Policy, Shop
from reading.sla import SlaClock, sla_clocks
from reading_records import AS_OF, at, event, message, read, row, ticket

HOUR = 3600


def week(
    opens_at: str, closes_at: str, timezone: str = "UTC", days: int = 5, **columns: Any
) -> list[Hours]:
    return [
        Hours(
            schedule_id="support",
            timezone=timezone,
            weekday=weekday,
            opens_at=opens_at,
            closes_at=closes_at,
            **columns,
        )
        for weekday in range(1, days + 1)
    ]


def opened(
    schedules: Sequence[Hours], since: datetime, until: datetime, *holidays: Holiday
) -> int | None:
    shop = Shop(records={}, as_of=AS_OF, schedules=schedules, holidays=holidays)
    return business_seconds(shop, "support", since, until)


def test_a_weekend_is_no_business_time() -> None:
    # 7 March 2025 is a Friday.
    office = week("09:00", "18:00")
    assert opened(office, at("7 17:00"), at("10 10:00")) == 2 * HOUR
    assert opened(office, at("8 10:00"), at("9 10:00")) == 0
    assert opened(office, at("7 10:00"), at("7 11:00") + timedelta(microseconds=1)) == HOUR


def test_a_holiday_has_hours_of_its_own_or_none() -> None:
    office = week("09:00", "18:00")
    closed = Holiday(schedule_id="support", on_date=date(2025, 3, 10))
    half = Holiday(
        schedule_id="support", on_date=date(2025, 3, 8), opens_at="09:00", closes_at="13:00"
    )
    elsewhere = Holiday(schedule_id="shop", on_date=date(2025, 3, 7))
    span = at("7 17:00"), at("11 10:00")
    assert opened(office, *span, closed, half, elsewhere) == (1 + 4 + 1) * HOUR


def test_a_night_shift_goes_on_past_midnight() -> None:
    for closes_at in ("06:00", "30:00"):
        nights = week("22:00", closes_at)
        # From Friday evening into Saturday, not from Sunday evening.
        assert opened(nights, at("7 20:00"), at("8 20:00")) == 8 * HOUR
        assert opened(nights, at("9 20:00"), at("10 20:00")) == 0


def test_round_the_clock_is_calendar_time_over_a_change_of_clocks_too() -> None:
    # In Berlin clocks skipped an hour on 30 March 2025, and repeated one on 26 October.
    always = week("00:00", "24:00", "Europe/Berlin", days=7)
    for since in (datetime(2025, 3, 29, 12, tzinfo=UTC), datetime(2025, 10, 25, 12, tzinfo=UTC)):
        assert opened(always, since, since + timedelta(days=2)) == 48 * HOUR
    nights = week("00:00", "06:00", "Europe/Berlin", days=7)
    spring = datetime(2025, 3, 29, 12, tzinfo=UTC)
    assert opened(nights, spring, spring + timedelta(days=1)) == 5 * HOUR


def test_each_moment_is_measured_by_the_schedule_in_force_and_no_hour_twice() -> None:
    changed = [
        *week("09:00", "18:00", valid_until=date(2025, 3, 10)),
        *week("10:00", "12:00", valid_from=date(2025, 3, 11)),
    ]
    assert opened(changed, at("10 8:00"), at("12 8:00")) == (9 + 2) * HOUR
    twice = [*week("09:00", "18:00"), *week("12:00", "19:00")]
    assert opened(twice, at("10 8:00"), at("11 8:00")) == 10 * HOUR


def test_nothing_is_known_before_the_first_hours_and_after_the_last() -> None:
    spring = week("09:00", "18:00", valid_from=date(2025, 3, 10), valid_until=date(2025, 3, 14))
    assert opened(spring, at("10 0:00"), at("14 23:59")) == 5 * 9 * HOUR
    assert opened(spring, at("9 23:59"), at("10 12:00")) is None
    assert opened(spring, at("14 12:00"), at("15 0:00")) is None


def test_business_hours_are_kpis_of_their_own() -> None:
    desk = read(
        tickets=[ticket(created="7 17:00", status="solved", closed_at=at("10 12:00"))],
        messages=[
            message("a", "7 17:00", "customer"),
            message("b", "10 10:00", "agent"),
            message("c", "10 10:30", "customer"),
            message("d", "10 11:00", "agent"),
        ],
        shop={"schedules": week("09:00", "18:00")},
    )

    def value(kpi_id: str) -> float:
        return row(desk, kpi_id, "month", date(2025, 3, 1))["value"]

    assert value("first_response_time_business") == 2 * HOUR
    assert value("average_response_time_business") == 2.5 * HOUR
    assert value("average_resolution_time_business") == 4 * HOUR


def clocks(*policies: Policy, **told: Any) -> list[SlaClock]:
    schedules = week("09:00", "18:00")
    return list(sla_clocks(read(shop={"policies": policies, "schedules": schedules}, **told)))


def policy(clock: str, hours: int, **columns: Any) -> Policy:
    name = columns.pop("policy_id", clock)
    return Policy(policy_id=name, clock=clock, target_seconds=hours * HOUR, **columns)


@pytest.mark.parametrize(
    ("answered", "closed", "outcome", "decided"),
    [
        ("31 10:00", None, "met", "31 10:00"),
        ("31 10:01", None, "breached", "31 10:00"),
        (None, None, "breached", "31 10:00"),
        (None, "31 9:30", "breached", "31 9:30"),
        (None, "31 11:00", "breached", "31 10:00"),
    ],
    ids=["in time", "late", "not at all", "closed before it was due", "closed after"],
)
def test_a_first_reply_is_met_in_time_and_breached_when_it_falls_due_or_never_comes(
    answered: str | None, closed: str | None, outcome: str, decided: str
) -> None:
    end = {"status": "solved", "closed_at": at(closed), "closed_by": "agent"} if closed else {}
    (clock,) = clocks(
        policy("first_reply", 1),
        tickets=[ticket(created="31 8:00", **end)],
        messages=[
            message("a", "31 9:00", "customer"),
            *([message("b", answered, "agent")] if answered else []),
        ],
    )
    assert (clock.outcome, clock.decided_at) == (outcome, at(decided))


def test_a_clock_that_is_not_due_yet_is_undecided() -> None:
    due_now, due_later = clocks(
        policy("first_reply", 1),
        tickets=[ticket("1"), ticket("2")],
        messages=[
            message("a", "31 11:00", "customer", "1"),
            message("b", "31 11:01", "customer", "2"),
        ],
    )
    assert (due_now.outcome, due_later.outcome) == ("breached", "running")
    assert due_later.elapsed_seconds == 59 * 60


def test_each_later_reply_has_a_clock_and_an_outbound_ticket_no_first_one() -> None:
    found = clocks(
        policy("first_reply", 1),
        policy("next_reply", 2),
        tickets=[ticket("1"), ticket("2", opened_by="agent")],
        messages=[
            message("a", "3 9:00", "customer", "1"),
            message("b", "3 9:30", "agent", "1"),
            message("c", "3 12:00", "customer", "1"),
            message("d", "3 14:30", "agent", "1"),
            message("e", "3 9:00", "agent", "2"),
            message("f", "3 10:00", "customer", "2"),
            message("g", "3 12:00", "agent", "2"),
        ],
    )
    told = [(each.ticket.key[1], each.clock, each.outcome) for each in found]
    assert told == [
        ("1", "first_reply", "met"),
        ("1", "next_reply", "breached"),
        ("2", "next_reply", "met"),
    ]


def test_a_resolution_waits_while_the_ticket_is_pending_and_keeps_business_hours() -> None:
    (clock,) = clocks(
        policy("resolution", 4, schedule_id="support"),
        tickets=[ticket(created="7 16:00", status="solved", closed_at=at("10 12:30"))],
        ticket_events=[
            event("1", "7 17:00", "open>pending", "agent"),
            event("2", "10 10:00", "pending>open", "customer"),
        ],
    )
    # An hour on Friday before it was pending, two and a half on Monday; due at 13:00.
    assert (clock.outcome, clock.due_at) == ("met", at("10 13:00"))
    assert clock.elapsed_seconds == 3.5 * HOUR


def test_a_changed_priority_sets_new_targets_to_clocks_that_still_run() -> None:
    def changed(event_id: str, ticket_id: str) -> Any:
        return event(
            event_id, "3 10:00", "normal>urgent", "agent", kind="priority", ticket_id=ticket_id
        )

    normal, urgent = (
        policy("first_reply", hours, priority=priority, policy_id=priority)
        for priority, hours in (("normal", 8), ("urgent", 2))
    )
    found = clocks(
        normal,
        urgent,
        policy("first_reply", 1, priority="urgent", valid_from=date(2025, 3, 4)),
        tickets=[ticket("1", priority="urgent"), ticket("2", priority="urgent")],
        messages=[
            message("a", "3 9:00", "customer", "1"),
            message("b", "3 12:00", "agent", "1"),
            message("c", "3 9:00", "customer", "2"),
            message("d", "3 9:59", "agent", "2"),
        ],
        ticket_events=[changed("1", "1"), changed("2", "2")],
    )
    assert [(each.policy.policy_id, each.outcome, each.due_at) for each in found] == [
        ("urgent", "breached", at("3 11:00")),
        ("normal", "met", at("3 17:00")),
    ]


def test_the_policy_with_the_most_to_say_holds() -> None:
    found = clocks(
        policy("first_reply", 8, policy_id="any"),
        policy("first_reply", 4, policy_id="chat", channel="chat"),
        policy("first_reply", 1, policy_id="vip", channel="chat", customer_group="vip"),
        tickets=[
            ticket("1"),
            ticket("2", channel="chat"),
            ticket("3", channel="chat", customer_id="c"),
        ],
        messages=[message(each, "3 9:00", "customer", each) for each in "123"],
        customers=[{"source": "desk", "customer_id": "c", "is_vip": True}],
    )
    assert [each.policy.policy_id for each in found] == ["any", "chat", "vip"]


def test_of_as_many_words_the_channels_weighs_most_and_the_groups_least() -> None:
    def policies(*names: str) -> list[Policy]:
        named = {"channel": "chat", "priority": "urgent", "customer_group": "vip"}
        return [policy("first_reply", 1, policy_id=name, **{name: named[name]}) for name in names]

    for names, holds in (
        (("customer_group", "priority", "channel"), "channel"),
        (("customer_group", "priority"), "priority"),
    ):
        (clock,) = clocks(
            *policies(*names),
            tickets=[ticket(channel="chat", customer_id="c", priority="urgent")],
            messages=[message("a", "3 9:00", "customer")],
            customers=[{"source": "desk", "customer_id": "c", "is_vip": True}],
        )
        assert clock.policy.policy_id == holds


def test_what_a_bot_settled_starts_anew_with_what_the_customer_writes_next() -> None:
    (clock,) = clocks(
        policy("first_reply", 1),
        tickets=[ticket()],
        messages=[
            message("a", "3 9:00", "customer"),
            message("b", "3 9:01", "automation", purpose="answer"),
            message("c", "4 9:00", "customer"),
        ],
        ticket_events=[event("1", "3 9:02", "open>solved", "automation")],
    )
    assert (clock.started_at, clock.due_at) == (at("4 9:00"), at("4 10:00"))


def test_a_closing_gives_up_what_was_asked_before_it_alone() -> None:
    (clock,) = clocks(
        policy("first_reply", 1),
        tickets=[ticket(status="solved", closed_at=at("3 9:30"))],
        messages=[message("a", "3 9:45", "customer")],
    )
    assert (clock.outcome, clock.decided_at, clock.stopped_at) == ("breached", at("3 10:45"), None)


def test_a_ticket_was_before_its_first_event_what_that_found_it_in() -> None:
    (clock,) = clocks(
        policy("resolution", 4),
        tickets=[ticket(created="3 9:00", status="solved", closed_at=at("3 12:00"))],
        ticket_events=[event("1", "3 10:00", "pending>open", "customer")],
    )
    assert (clock.due_at, clock.elapsed_seconds) == (at("3 14:00"), 2 * HOUR)


def test_a_clock_that_runs_into_hours_that_nobody_knows_is_none() -> None:
    found = list(
        sla_clocks(
            read(
                shop={
                    "policies": [policy("first_reply", 8, clock_kind="business")],
                    "schedules": week("09:00", "18:00", valid_until=date(2025, 3, 4)),
                },
                tickets=[ticket("1"), ticket("2"), ticket("3")],
                messages=[
                    message("a", "3 9:00", "customer", "1"),
                    message("b", "3 10:00", "agent", "1"),
                    message("c", "4 17:00", "customer", "2"),
                    message("d", "4 17:01", "agent", "2"),
                    # Read at as_of, long after the last hours.
                    message("e", "3 9:00", "customer", "3"),
                ],
            )
        )
    )
    assert [each.ticket.key[1] for each in found] == ["1"]
