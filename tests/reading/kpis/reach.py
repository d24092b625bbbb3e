"""Reach: where and when customers find us, and how we work."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ..desk import Contact, Desk
from ..interactions import inbound_tickets, live_contacts, real_time_requests
from ..kpi_values import Figure, Kpi, Observation, cut
from ..periods import Period
from ..tickets import Happened, whole_seconds
from ..trade import active_persons, day_of, is_in
from .common import BY_MONTH, TICKET_STREAMS, about
from .customers import per_order


def active_channels(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    used = {
        *(
            message.channel
            for message in desk.human_messages()
            if is_in(period, happened, message.record["sent_at"])
        ),
        *(
            contact.channel
            for contact in live_contacts(desk)
            if contact.is_answered and is_in(period, happened, contact.at)
        ),
    } - {None, "unmapped"}
    return Figure(n=len(used), about=" ".join(sorted(each for each in used if each)))


def live_coverage(desk: Desk) -> Iterator[Observation]:
    """Yield each clock hour in which somebody asked for an answer now."""
    zone = ZoneInfo(desk.shop.reporting_timezone)
    until = cut(LIVE_COVERAGE, desk)
    hours: dict[datetime, list[tuple[datetime, bool]]] = {}
    for request in real_time_requests(desk):
        if request.at <= until:
            shown = request.at.astimezone(zone).replace(tzinfo=None)
            hour = shown.replace(minute=0, second=0, microsecond=0)
            hours.setdefault(hour, []).append((request.at, request.is_served))
    for hour, requests in hours.items():
        yield Observation(
            at=min(at for at, _ in requests),
            channel=None,
            numerator=int(any(is_served for _, is_served in requests)),
            about=hour.isoformat(),
        )


def proactive_contact_rate(desk: Desk) -> Iterator[Observation]:
    for ticket in desk.counted_tickets():
        if ticket.record["opened_by"] != "customer" and "proactive" in ticket.record["tags"]:
            yield Observation(
                at=ticket.record["created_at"],
                channel=None,
                numerator=1,
                denominator=0,
                about=about(ticket),
            )
    yield from per_order(desk)


def delight_rate(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    made = [
        gesture
        for gesture in desk.records["gestures"]
        if is_in(period, happened, gesture["made_at"])
    ]
    return Figure(numerator=len(made), denominator=len(active_persons(desk, happened.until)))


def macro_usage_rate(desk: Desk) -> Iterator[Observation]:
    for message in desk.human_messages():
        yield Observation(
            at=message.record["sent_at"],
            channel=message.channel,
            numerator=int(message.record["macro_id"] is not None),
            about=f"{message.record['source']}/{message.record['message_id']}",
        )


def chat_concurrency(desk: Desk) -> Iterator[Observation]:
    """Yield each day of each agent: seconds of chats, over seconds with any chat of that day."""
    until = cut(CHAT_CONCURRENCY, desk)
    days: dict[tuple[str, str, date], list[Contact]] = {}
    for contact in live_contacts(desk):
        record = contact.record
        agent = record["source"], record["agent_id"]
        is_chat = record["kind"] == "chat" and contact.is_answered
        if not is_chat or record["agent_id"] is None or agent in desk.bots or contact.at > until:
            continue
        if record["answered_at"] is None or record["ended_at"] is None:
            continue
        if record["answered_at"] < record["ended_at"]:
            days.setdefault((*agent, day_of(desk, contact.at)), []).append(contact)
    for day, chats in days.items():
        spans = sorted((each.record["answered_at"], each.record["ended_at"]) for each in chats)
        busy, reached = timedelta(0), datetime.min.replace(tzinfo=UTC)
        for answered_at, ended_at in spans:
            busy += max(ended_at - max(answered_at, reached), timedelta(0))
            reached = max(reached, ended_at)
        yield Observation(
            at=min(each.at for each in chats),
            channel=None,
            numerator=sum(whole_seconds(*span) for span in spans),
            denominator=busy // timedelta(seconds=1),
            about=f"{day[1]} on {day[2]}",
        )


def channels_per_customer(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    by_ticket = {
        (desk.person_of(ticket), ticket.channel)
        for ticket in inbound_tickets(desk)
        if is_in(period, happened, ticket.record["created_at"])
    }
    by_contact = {
        (contact.person, contact.channel)
        for contact in live_contacts(desk)
        if is_in(period, happened, contact.at)
    }
    seen = {pair for pair in by_ticket | by_contact if pair[0] is not None}
    pairs = [pair for pair in seen if pair[1] not in (None, "unmapped")]
    return Figure(numerator=len(pairs), denominator=len({person for person, _ in seen}))


def channel_switch_rate(desk: Desk) -> Iterator[Observation]:
    tickets = [each for each in inbound_tickets(desk) if desk.person_of(each) is not None]
    days = timedelta(days=desk.shop.settings["repeat_days"])
    for ticket in tickets:
        since = ticket.record["created_at"]
        has_switched = any(
            desk.person_of(earlier) == desk.person_of(ticket)
            and since - days <= earlier.record["created_at"] < since
            and _is_same_topic(earlier.record["topic"], ticket.record["topic"])
            and _is_another_channel(earlier.channel, ticket.channel)
            for earlier in tickets
        )
        yield Observation(at=since, channel=None, numerator=int(has_switched), about=about(ticket))


def _is_same_topic(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _is_another_channel(one: str | None, other: str | None) -> bool:
    """Say whether two channels are two: a word that is in no channel may be any of them."""
    return one != other and "unmapped" not in (one, other)


LIVE_COVERAGE = Kpi(
    id="live_coverage",
    unit="percent",
    needs=("tickets", "messages", "live_contacts"),
    by_channel=False,
    observe=live_coverage,
)
CHAT_CONCURRENCY = Kpi(
    id="chat_concurrency",
    unit="chats",
    needs=("live_contacts",),
    by_channel=False,
    observe=chat_concurrency,
)

KPIS = [
    Kpi(
        id="active_channels",
        unit="channels",
        needs=("tickets", "messages", "live_contacts"),
        by_channel=False,
        statistics=("count",),
        at_end=active_channels,
    ),
    LIVE_COVERAGE,
    Kpi(
        id="proactive_contact_rate",
        unit="per_100_orders",
        needs=("tickets", "orders"),
        by_channel=False,
        observe=proactive_contact_rate,
    ),
    Kpi(
        id="delight_rate",
        unit="per_1000_customers",
        needs=("gestures", "orders", "subscriptions"),
        grains=BY_MONTH,
        by_channel=False,
        at_end=delight_rate,
    ),
    Kpi(
        id="macro_usage_rate",
        unit="percent",
        needs=TICKET_STREAMS,
        observe=macro_usage_rate,
    ),
    CHAT_CONCURRENCY,
    Kpi(
        id="channels_per_customer",
        unit="channels",
        needs=("tickets", "messages", "live_contacts"),
        grains=BY_MONTH,
        by_channel=False,
        at_end=channels_per_customer,
    ),
    Kpi(
        id="channel_switch_rate",
        unit="percent",
        needs=("tickets", "messages"),
        by_channel=False,
        observe=channel_switch_rate,
    ),
]
