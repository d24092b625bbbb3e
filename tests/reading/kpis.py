"""The KPIs, each as the catalogue words it: what is observed, when, and under which channel."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from .desk import Desk
from .kpi_values import Figure, Kpi, Observation
from .periods import Period
from .persons import Customer
from .shop import Record
from .tickets import Happened, Ticket

TICKET_STREAMS = ("tickets", "messages", "ticket_events")
TICKET_SLICES = ("team", "agent", "topic", "brand", "language", "vip")


def slices_of(desk: Desk, ticket: Ticket) -> dict[str, str | None]:
    return {
        "team": ticket.record["team_id"],
        "agent": ticket.record["assignee_id"],
        "topic": ticket.record["topic"],
        "brand": ticket.record["brand"],
        "language": ticket.record["language"],
        "vip": desk.persons.is_vip(desk.person_of(ticket)),
    }


def about(ticket: Ticket) -> str:
    return "/".join(ticket.key)


def of_created(desk: Desk, ticket: Ticket, numerator: int = 0, denominator: int = 1) -> Observation:
    """Return an observation of a ticket under the instant at which it was created."""
    return Observation(
        at=ticket.record["created_at"],
        channel=ticket.channel,
        slices=slices_of(desk, ticket),
        numerator=numerator,
        denominator=denominator,
        about=about(ticket),
    )


def waiting(desk: Desk, ticket: Ticket) -> Observation:
    return Observation(
        at=ticket.record["created_at"],
        channel=ticket.channel,
        slices=slices_of(desk, ticket),
        denominator=0,
        pending=1,
        about=about(ticket),
    )


def first_response_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.first_response is not None:
            yield of_created(desk, ticket, ticket.first_response.seconds)
        if ticket.is_waiting_for_a_first_response:
            yield waiting(desk, ticket)


def average_response_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_inbound and ticket.customer_messages:
            yield of_created(desk, ticket, sum(each.seconds for each in ticket.responses))
        if ticket.is_waiting_for_a_response:
            yield waiting(desk, ticket)


def reply_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        for response in ticket.responses if ticket.is_inbound else []:
            yield Observation(
                at=response.message["sent_at"],
                channel=ticket.channel,
                slices=slices_of(desk, ticket) | {"agent": response.message["agent_id"]},
                numerator=response.seconds,
                about=f"{about(ticket)}:{response.message['message_id']}",
            )


def average_resolution_time(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.resolution_seconds is not None:
            yield Observation(
                at=ticket.closed_at,
                channel=ticket.channel,
                slices=slices_of(desk, ticket),
                numerator=ticket.resolution_seconds,
                about=about(ticket),
            )


def unanswered_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_customer_initiated and ticket.customer_messages:
            yield of_created(desk, ticket, int(ticket.is_unanswered))


def one_touch_resolution_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.is_customer_initiated:
            yield of_created(desk, ticket, int(ticket.is_one_touch))


def csat_score(desk: Desk) -> Iterator[Observation]:
    for survey in desk.latest_answers("csat"):
        unknown = dict.fromkeys(TICKET_SLICES)
        of_ticket = slices_of(desk, survey.ticket) if survey.ticket else unknown
        yield Observation(
            at=survey.record["responded_at"],
            channel=survey.channel,
            slices=of_ticket
            | {"agent": survey.agent_id, "vip": desk.persons.is_vip(survey.person)},
            numerator=int(survey.record["score"] in (4, 5)),
            about=f"{survey.record['source']}/{survey.record['survey_id']}",
        )


def backlog(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    open_then = [
        ticket
        for ticket in desk.counted_tickets()
        if ticket.is_inbound and ticket.was_open(happened) and channel in ("all", ticket.channel)
    ]
    return Figure(n=len(open_then), about=" ".join(about(each) for each in open_then))


def channels_of_the_backlog(desk: Desk) -> list[str | None]:
    """Return the channels of all tickets that were open for some time."""
    return [
        ticket.channel
        for ticket in desk.counted_tickets()
        if ticket.is_inbound and ticket.was_ever_open
    ]


def is_qualifying(order: Record) -> bool:
    refunded = order["refunded"] or 0
    is_refunded_in_full = refunded > 0 and refunded >= order["total"]
    is_void = order["is_test"] or order["cancelled_at"] is not None or is_refunded_in_full
    return not is_void and order["customer_id"] is not None


def qualifying_orders(desk: Desk) -> list[Record]:
    return [order for order in desk.records["orders"] if is_qualifying(order)]


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


def has_enough_history(desk: Desk, period: Period) -> bool:
    began = [order["created_at"] for order in qualifying_orders(desk)]
    began = began or [each["started_at"] for each in desk.records["subscriptions"]]
    span = timedelta(days=desk.shop.settings["active_days"])
    return bool(began) and period.start >= min(began) + span


def retention_rate(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    if not has_enough_history(desk, period):
        return Figure()
    at_start = active_persons(desk, period.start)
    retained = at_start & active_persons(desk, happened.until)
    lost = " ".join("/".join(person) for person in sorted(at_start - retained))
    return Figure(numerator=len(retained), denominator=len(at_start), about=f"lost: {lost}")


DAYS_14 = timedelta(days=14)
DAYS_7 = timedelta(days=7)

KPIS = [
    Kpi(
        id="first_response_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=first_response_time,
    ),
    Kpi(
        id="average_response_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean",),
        matures_after=DAYS_14,
        observe=average_response_time,
    ),
    Kpi(
        id="reply_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        slices=("team", "agent", "topic"),
        observe=reply_time,
    ),
    Kpi(
        id="average_resolution_time",
        unit="seconds",
        needs=TICKET_STREAMS,
        statistics=("mean", "median", "p90"),
        matures_after=DAYS_7,
        slices=TICKET_SLICES,
        observe=average_resolution_time,
    ),
    Kpi(
        id="unanswered_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=unanswered_rate,
    ),
    Kpi(
        id="one_touch_resolution_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        matures_after=DAYS_14,
        slices=TICKET_SLICES,
        observe=one_touch_resolution_rate,
    ),
    Kpi(
        id="csat_score",
        unit="percent",
        needs=("surveys", "tickets"),
        slices=("team", "agent", "topic", "brand", "vip"),
        observe=csat_score,
    ),
    Kpi(
        id="backlog",
        unit="tickets",
        needs=TICKET_STREAMS,
        statistics=("count",),
        seen=channels_of_the_backlog,
        at_end=backlog,
    ),
    Kpi(
        id="retention_rate",
        unit="percent",
        needs=("orders", "subscriptions"),
        grains=("month", "quarter", "year"),
        by_channel=False,
        at_end=retention_rate,
    ),
]
