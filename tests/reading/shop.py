"""What the reading is given: every version of every record of a shop, and how the shop is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Record = dict[str, Any]
"""The columns of an entity, with `source`.

`updated_at`, `deleted`, `extracted_at` and `load` may be there; `load` counts the loads of a stream
from 1. Instants are aware, lists are lists, money and scores are Decimals; a column that is left
out is unknown.
"""

SETTINGS: Mapping[str, int] = {
    "short_abandon_seconds": 10,
    "answered_within_target_seconds": 20,
    "cart_hours": 72,
    "fcr_days": 7,
    "repeat_days": 7,
    "reopen_days": 7,
    "unanswered_days": 14,
    "active_days": 365,
    "rateable_n": 10,
    "person_link_cap": 20,
}

CHANNELS = frozenset(
    (
        *("email", "chat", "phone", "sms", "whatsapp", "social", "web_form", "marketplace"),
        *("in_person", "forum", "kakaotalk", "video", "other", "self_service"),
    )
)


WAIT_TARGETS: Mapping[str, int] = {"chat": 20, "phone": 20, "video": 20}
"""Seconds, by channel."""

TOOLS = frozenset(("faq", "help_center", "chatbot", "order_tracking", "order_management", "other"))
COST_CATEGORIES = frozenset(("payroll", "software", "outsourcing", "telephony", "other"))
GESTURE_KINDS = frozenset(("note", "gift", "video", "anniversary", "other"))


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What one unit of a currency was worth in another, from a date on."""

    on_date: date
    currency: str
    to_currency: str
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Open hours of one weekday, 1 to 7 from Monday on, by the clock of a zone.

    Attributes:
        timezone: None is the reporting zone.
        closes_at: Where it is not later than `opens_at`, or past 24:00, it is of the next day.
        valid_from, valid_until: The first and the last day on which it holds.
    """

    schedule_id: str
    timezone: str | None
    weekday: int
    opens_at: str
    closes_at: str
    valid_from: date | None = None
    valid_until: date | None = None

    def holds_on(self, on: date) -> bool:
        has_begun = self.valid_from is None or self.valid_from <= on
        return has_begun and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A date with hours of its own, or none."""

    schedule_id: str
    on_date: date
    opens_at: str | None = None
    closes_at: str | None = None
    name: str = "a day like no other"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How soon a clock has to stop; what is None holds for all.

    Attributes:
        customer_group: `vip` or `standard`.
        schedule_id: The hours by which business time is counted; None is the shop's schedule.
        valid_from, valid_until: The first and the last day on which clocks start under it.
    """

    policy_id: str
    clock: str
    target_seconds: int
    clock_kind: str = "calendar"
    channel: str | None = None
    priority: str | None = None
    customer_group: str | None = None
    schedule_id: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class TopicRule:
    """What a ticket is about that has this tag, or these words in what its customer wrote.

    Attributes:
        field: `tag`, `subject` or `body`.
        language: Of the ticket; None holds for all.
    """

    topic: str
    field: str
    pattern: str
    language: str | None = None
    priority: int


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One shop.

    Attributes:
        records: For each entity every version of every record, in no particular order.
        topic_rules: Of those that hold that of the lowest priority names a ticket without a topic.
        wait_targets: The longest wait in seconds, of the channels that have one of their own.
        complete_through: How far each (source, stream) is loaded; the others are in full.
        person_joins: Pairs of (source, customer_id) that the shop declares to be one person.
    """

    records: Mapping[str, Sequence[Record]]
    as_of: datetime
    reporting_timezone: str = "Asia/Seoul"
    currency: str = "KRW"
    settings: Mapping[str, int] = field(default_factory=lambda: dict(SETTINGS))
    channels: frozenset[str] = CHANNELS
    topic_rules: Sequence[TopicRule] = (
        TopicRule(topic="complaint", field="tag", pattern="complaint", priority=10),
        TopicRule(topic="refund", field="tag", pattern="refund", priority=20),
    )
    wait_targets: Mapping[str, int] = field(default_factory=lambda: dict(WAIT_TARGETS))
    exchange_rates: Sequence[Rate] = ()
    schedules: Sequence[Hours] = ()
    holidays: Sequence[Holiday] = ()
    business_schedule: str = "support"
    policies: Sequence[Policy] = ()
    complete_through: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    person_joins: Sequence[tuple[tuple[str, str], tuple[str, str]]] = ()
