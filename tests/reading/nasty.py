"""Shops at random in which everything goes wrong that the terms have a word for; seeded.

A shop is made of canonical records. How they come to stand in files is said in drops.py.
"""

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import compress, pairwise, product
from typing import Any
from zoneinfo import ZoneInfo

from .records import BEGINS, KEYS
from .shop import SETTINGS, Holiday, Hours, Policy, Rate, Record, Shop, TopicRule

REPORTING_ZONES = (
    "Asia/Seoul",
    "America/New_York",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kolkata",
    "UTC",
)
SOURCE_ZONES = ("Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
TICKET_DAYS = 75

WEEKS = (
    [("09:00", "18:00")],
    [("09:00", "12:00"), ("13:00", "17:30")],
    [("22:00", "06:00")],
    [("22:00", "30:00"), ("09:15", "10:00")],
    [("00:00", "24:00")],
    [("01:30", "02:30")],
)
"""Hours of a day."""

SPANS = tuple(timedelta(hours=hours) for hours in (1, 24, 72, 7 * 24, 14 * 24))
"""What the terms count in, or nearly so."""

FIGURED = [entity for entity in BEGINS if entity != "customers"]
"""The streams that figures need."""

OPEN_STATES = ("new", "open", "pending", "on_hold", "snoozed")
CLOSED_STATES = ("solved", "closed")
CHANNELS = ("email", "email", "chat", "sms", "phone", "Email ", "kakaotalk", "pigeon")
SCHEDULES = ("support", "nights", "lapsed")
AGENTS = ("kim", "lee", "ghost", "fired", "robo")
"""`robo` is a bot (or another is), `fired` was one until its record went, `ghost` has none."""


TEXTS = {"tickets": "subject", "messages": "body"}
WRITTEN = (
    *[None] * 12,
    "",
    "환불 문의드립니다",
    unicodedata.normalize("NFD", "부분환불은 언제 되나요"),
    "배송이  언제 오나요?",
    "Where is my DELIVERY?",
    "post-delivery, predelivery",
    "predelivery",
    "I complained (twice)",
)
TOPIC_RULES = (
    TopicRule(topic="refund", field="subject", pattern="환불", language="ko", priority=5),
    TopicRule(topic="complaint", field="tag", pattern="complaint", priority=10),
    TopicRule(topic="complaint", field="subject", pattern="complain", priority=20),
    TopicRule(topic="refund", field="body", pattern="환불", priority=20),
    TopicRule(topic="delivery", field="body", pattern="배송이 언제", priority=8),
    TopicRule(topic="delivery", field="subject", pattern="delivery", language="en", priority=30),
    TopicRule(topic="product", field="body", pattern="delivery", priority=40),
    TopicRule(topic="coupon", field="subject", pattern="배송이 언제", priority=40),
)

Walk = tuple[str, str, int]
"""Source, stream, and the number of the load."""


@dataclass(frozen=True)
class SourcePlan:
    """How a source writes its instants: naive ones in its zone, or with an offset."""

    name: str
    timezone: str
    is_naive: bool


@dataclass(frozen=True)
class NastyShop:
    """A shop, with what else its shop file and its files say.

    Attributes:
        behind: Through when the streams are complete that could not be loaded to as_of.
    """

    seed: int
    shop: Shop
    sources: Sequence[SourcePlan]
    keeps_personal_data: bool
    behind: Mapping[tuple[str, str], datetime]

    def as_landed(self, walks: Mapping[Walk, datetime]) -> "NastyShop":
        """Return the shop with what only its landing knows: when each walk extracted."""
        records = {
            entity: [
                {**each, "extracted_at": walks[each["source"], entity, each["load"]]}
                for each in of_entity
            ]
            for entity, of_entity in self.shop.records.items()
        }
        through = {(source, stream): at for (source, stream, _), at in sorted(walks.items())}
        shop = replace(self.shop, records=records, complete_through={**through, **self.behind})
        return replace(self, shop=shop)


def nasty_shop(seed: int, tickets: int = 60) -> NastyShop:
    """Return the shop of a seed, the same every time."""
    return _Maker(seed).make(tickets)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311
        # Of its own, so that a text more changes nothing else.
        self.pen = random.Random(f"texts of {seed}")  # noqa: S311
        # Some shops are far ahead of the clock by which its records are extracted.
        self.is_ahead = seed % 25 == 9
        self.zone = ZoneInfo(self.dice.choice(REPORTING_ZONES))
        self.as_of = self._an_as_of()
        self.settings = dict(SETTINGS)
        if self._chance(0.3):
            self.settings |= {"unanswered_days": 3, "active_days": 90, "rateable_n": 4}
            self.settings |= {"person_link_cap": 3, "short_abandon_seconds": 25}
            self.settings |= {"answered_within_target_seconds": 30, "cart_hours": 48, "fcr_days": 5}
            self.settings |= {"repeat_days": 6, "reopen_days": 8}
        self.founded_at = self._founded_at()
        self.currency = self._one_of("KRW", "EUR")
        self.used: list[datetime] = []
        self.records: dict[str, list[Record]] = {entity: [] for entity in KEYS}
        names = self.dice.choice((["desk"], ["desk", "store"], ["desk", "store", "acd"]))
        self.sources = [
            SourcePlan(name, self.dice.choice(SOURCE_ZONES), self._chance(0.5)) for name in names
        ]

    def make(self, tickets: int) -> NastyShop:
        for source in self.sources:
            self._agents(source.name)
            self._customers(source.name)
        self._family()
        for number in range(tickets):
            # The same id from two sources is two tickets.
            source = self.sources[number % len(self.sources)].name
            self._ticket(source, str(number // len(self.sources)))
        for source in self.sources:
            self._merge(source.name)
            self._lone_contacts_and_surveys(source.name)
            self._trade(source.name)
            self._visits(source.name)
            self._costs(source.name)
            self._forum(source.name)
            self._gestures_and_shifts(source.name)
        self._spoil()
        joins = []
        if self._chance(0.5):
            joins = [((self.sources[0].name, "1"), (self.sources[-1].name, "9"))]
        missing = self._one_of(*FIGURED[1:]) if self.seed % 5 == 4 else None
        shop = Shop(
            records={
                entity: [] if entity == missing else self._versions(entity) for entity in KEYS
            },
            as_of=self.as_of,
            reporting_timezone=str(self.zone),
            settings=self.settings,
            person_joins=joins,
            currency=self.currency,
            exchange_rates=self._exchange_rates(),
            schedules=[*self._schedule("support"), *self._schedule("nights"), *self._lapsed()],
            holidays=self._holidays(),
            topic_rules=TOPIC_RULES,
            business_schedule=self._one_of(*SCHEDULES, "support", "nights"),
            policies=list(self._policies()),
        )
        return NastyShop(self.seed, shop, self.sources, self._chance(0.5), self._behind(shop))

    def _behind(self, shop: Shop) -> Mapping[tuple[str, str], datetime]:
        brought = sorted(
            {(record["source"], entity) for entity in FIGURED for record in shop.records[entity]}
        )
        if not self._chance(0.3):
            return {}
        through = self.as_of - timedelta(days=self.dice.randrange(1, 40))
        return {self.dice.choice(brought): self._one_of(through, self._local_midnight(through))}

    # ---- chance and time

    def _chance(self, share: float) -> bool:
        return self.dice.random() < share

    def _one_of(self, *choices: Any) -> Any:
        return self.dice.choice(choices)

    def _an_as_of(self) -> datetime:
        year = 2090 if self.is_ahead else 2025
        day = datetime(year, 2, 10, tzinfo=UTC) + timedelta(days=self.dice.randrange(290))
        kind = self.dice.randrange(4)
        if kind == 0:
            return self._local_midnight(day)
        if kind == 1:
            return self._local_midnight(day.replace(day=1))
        seconds = self.dice.randrange(86_400)
        return day + timedelta(seconds=seconds, microseconds=0 if kind == 2 else 123_456)

    def _local_midnight(self, instant: datetime) -> datetime:
        local = instant.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)

    def _founded_at(self) -> datetime:
        """Return when trade begins: often such that a month starts just when history is enough."""
        if self._chance(0.3):
            return self.as_of - timedelta(days=800)
        month = self.as_of - timedelta(days=self.dice.randrange(300))
        return self._month_start(month) - timedelta(days=self.settings["active_days"])

    def _month_start(self, instant: datetime) -> datetime:
        return self._local_midnight(instant.astimezone(self.zone).replace(day=1))

    def near(self, instant: datetime, longest: timedelta = timedelta(days=3)) -> datetime:
        """Return an instant some time after another: often the same, a boundary, or as_of."""
        roll = self.dice.random()
        if roll < 0.08:
            found = instant
        elif roll < 0.11 and self.used:
            found = self._just_after(self.dice.choice(self.used))
        elif roll < 0.13:
            found = self._local_midnight(instant + timedelta(days=1))
        elif roll < 0.14:
            found = self.as_of
        elif roll < 0.6:
            found = instant + timedelta(seconds=self.dice.randrange(1, 7200))
        else:
            found = instant + longest * self.dice.random()
        if self._chance(0.8):
            found = found.replace(microsecond=0)
        self.used.append(found)
        return found

    def _some_time(self, days: int) -> datetime:
        roll = self.dice.random()
        if roll < 0.03:
            return self.as_of + timedelta(seconds=self.dice.randrange(1, 200_000))
        if roll < 0.06:
            unanswered = timedelta(days=self.settings["unanswered_days"])
            return self.as_of - self._one_of(timedelta(0), unanswered, *SPANS)
        seconds = self.dice.randrange(days * 86_400)
        instant = (self.as_of - timedelta(seconds=seconds)).replace(microsecond=0)
        if roll < 0.12:
            return self._local_midnight(instant)
        if roll < 0.25 and self.used:
            return self._just_after(self.dice.choice(self.used))
        if roll < 0.3:
            return self._at_a_clock_change(instant)
        return instant

    def _just_after(self, instant: datetime) -> datetime:
        """Return an instant, or one that lies a span after it, or nearly so."""
        span = self._one_of(timedelta(0), timedelta(0), *SPANS)
        return instant + span + timedelta(seconds=self._one_of(-1, 0, 0, 1))

    def _time_of_trade(self) -> datetime:
        """Return an instant since the foundation: often one at which somebody is just active."""
        span = self.as_of - self.founded_at
        instant = (self.founded_at + span * self.dice.random()).replace(microsecond=0)
        roll = self.dice.random()
        if roll < 0.1:
            return max(self._month_start(instant), self.founded_at)
        if roll < 0.2:
            expires = self._month_start(instant + timedelta(days=self.settings["active_days"]))
            return max(expires - timedelta(days=self.settings["active_days"]), self.founded_at)
        return self._one_of(instant, instant, instant, instant, self._some_time(5))

    def _at_a_clock_change(self, instant: datetime) -> datetime:
        """Return an instant in the hours around a change of clocks of some source's zone."""
        zone = ZoneInfo(self.dice.choice(self.sources).timezone)
        for day in range(TICKET_DAYS):
            before = instant - timedelta(days=day)
            if before.astimezone(zone).utcoffset() != instant.astimezone(zone).utcoffset():
                for half_hour in range(50):
                    found = before + timedelta(minutes=30 * half_hour)
                    if found.astimezone(zone).utcoffset() != before.astimezone(zone).utcoffset():
                        return found + timedelta(minutes=self.dice.randrange(-90, 90))
        return instant

    def _next_id(self, entity: str, source: str) -> str:
        """Return an id that other sources have too; as text, ids are in no order of time."""
        known = sum(record["source"] == source for record in self.records[entity])
        return str(7919 * (known + 1) % 10_007)

    # ---- people

    def _agents(self, source: str) -> None:
        is_like_others = source == "desk" or self._chance(0.5)
        roles = (None, "bot") if is_like_others else ("Bot ", "lead")
        for agent_id, role in zip(("kim", "lee", "robo"), ("agent", *roles), strict=True):
            self._add("agents", source=source, agent_id=agent_id, role=role)
        self._add("agents", source=source, agent_id="fired", role="bot", is_away=True)

    def _customers(self, source: str) -> None:
        for number in range(15):
            self._add(
                "customers",
                source=source,
                customer_id=str(number),
                created_at=self._time_of_trade() if self._chance(0.7) else None,
                email=self._one_of(
                    None, "", f"p{number}@x.kr", f" P{number % 7}@X.kr", "office@x.kr", "p1@x.kr"
                ),
                phone=self._one_of(None, None, None, f"010-{number}", f"(01) 0{number % 9}", "n/a"),
                name="Kim",
                is_vip=self._one_of(True, False, None, None),
                external_ids=self._one_of(
                    None, None, [], [f"x{number % 11}"], ["x1", f"y{number}"]
                ),
            )

    def _family(self) -> None:
        """Add customers each of whom shares something with the next one alone."""
        for number in range(self.dice.randrange(40)):
            shared = {(n % 3): str(n) for n in (number - 1, number)}
            self._add(
                "customers",
                source=self.dice.choice(self.sources).name,
                customer_id=str(100 + number),
                email=f"family{shared[0]}@x.kr" if 0 in shared else None,
                phone=f"02-{shared[1]}" if 1 in shared else None,
                external_ids=[f"family {shared[2]}"] if 2 in shared else None,
                is_vip=number == 0,
            )

    def _customer_id(self) -> str | None:
        family = str(100 + self.dice.randrange(45))
        regular = ["1"] * 6
        return self._one_of(None, family, family, *regular, *(str(each) for each in range(18)))

    def _buyer_id(self) -> str | None:
        return self._one_of(self._customer_id(), str(self.dice.randrange(60)))

    # ---- tickets

    def _ticket(self, source: str, ticket_id: str) -> None:
        created_at = self._some_time(TICKET_DAYS)
        opened_by = self._one_of("customer", "customer", "customer", "agent", "automation")
        ticket = self._add(
            "tickets",
            source=source,
            ticket_id=ticket_id,
            created_at=created_at,
            status="new",
            channel=self._one_of(*CHANNELS),
            opened_by=opened_by,
            customer_id=self._customer_id(),
            assignee_id=self._one_of(None, *AGENTS),
            team_id=self._one_of(None, "red", "blue"),
            topic=self._one_of(None, "", "  ", "delivery", "refund", "complaint"),
            tags=self._one_of(None, [], ["VIP "], ["proactive", "complaint"], [" Test"]),
            priority=self._one_of(None, "normal", "URGENT", "meh"),
            closed_at=None,
            closed_by=None,
            is_spam=self._one_of(None, False, False, self._chance(0.15)),
            is_test=self._one_of(None, False, False, self._chance(0.15)),
            merged_into_ticket_id=None,
            order_id=None,
            brand=self._one_of(None, "lamp", "shade"),
            language=self._one_of(None, "ko", "en"),
        )
        _Story(self, ticket).tell(self.dice.randrange(15))
        if self._chance(0.1):
            ticket["status"] = self._one_of(*OPEN_STATES, *CLOSED_STATES)
        if self._chance(0.15):
            ticket["closed_at"] = self._one_of(None, self.near(created_at), created_at)
        if self._chance(0.1):
            ticket["closed_by"] = self._one_of(None, "agent", "automation", "customer", "merge")

    def _merge(self, source: str) -> None:
        tickets = [each for each in self.records["tickets"] if each["source"] == source]
        for ticket in tickets:
            if self._chance(0.12):
                ticket["merged_into_ticket_id"] = self._one_of(
                    self.dice.choice(tickets)["ticket_id"],
                    self.dice.choice(tickets)["ticket_id"],
                    self.dice.choice(tickets)["ticket_id"],
                    ticket["ticket_id"] if self._chance(0.2) else "none such",
                )
        chain = self.dice.sample(tickets, self._one_of(0, 0, len(tickets) // 3))
        for ticket, target in pairwise(chain):
            ticket["merged_into_ticket_id"] = target["ticket_id"]
        if chain and self._chance(0.7):
            chain[-1]["merged_into_ticket_id"] = self._one_of(None, chain[0]["ticket_id"])

    def contact(self, source: str, at: datetime, ticket_id: str | None) -> None:
        outcome = self._one_of(
            "answered", "answered", "answered", "abandoned", "abandoned", "voicemail", "callback"
        )
        self._contact(source, at, ticket_id, outcome)

    def _contact(
        self, source: str, at: datetime, ticket_id: str | None, outcome: str, **known: Any
    ) -> None:
        answered_at = self.near(at, timedelta(hours=2)).replace(microsecond=0)
        ended_at = self.near(answered_at, timedelta(hours=2)).replace(microsecond=0)
        columns = {
            "contact_id": self._next_id("live_contacts", source),
            "kind": self._one_of("call", "chat", "chat"),
            "started_at": at,
            "channel": self._one_of(None, None, "phone", "video", "pigeon"),
            "ticket_id": ticket_id,
            "customer_id": self._customer_id(),
            "agent_id": self._one_of(None, *AGENTS),
            "ivr_seconds": self._one_of(None, 5),
            "queue_seconds": self._one_of(None, 0, 9, 10, 11, 20, 21, 24, 25, 30, 31, 60, 61, 300),
            "answered_at": answered_at if outcome == "answered" else None,
            "ended_at": self._one_of(None, ended_at, self.near(at).replace(microsecond=0)),
            "talk_seconds": self._one_of(None, 0, 60),
            "hold_seconds": self._one_of(None, 7),
            "wrap_up_seconds": self._one_of(None, 30),
            "transfers": self._one_of(None, 0, 1, 2),
            "outcome": outcome,
        }
        self._add("live_contacts", source=source, **{**columns, **known})
        self.used += [at, ended_at]

    def session(self, source: str, at: datetime, ticket_id: str | None) -> None:
        self._add(
            "self_service_sessions",
            source=source,
            session_id=self._next_id("self_service_sessions", source),
            started_at=at,
            ended_at=self._one_of(None, self.near(at)),
            tool=self._one_of("chatbot", "Chatbot ", "faq", "order_tracking", "oracle"),
            topic=self._one_of(None, "", "delivery"),
            customer_id=self._customer_id(),
            outcome=self._one_of("resolved", "resolved", "escalated", "Escalated ", "abandoned"),
            ticket_id=ticket_id,
        )
        self.used.append(at)

    def review(self, source: str, at: datetime, ticket_id: str) -> None:
        self._add(
            "quality_reviews",
            source=source,
            review_id=self._next_id("quality_reviews", source),
            ticket_id=ticket_id,
            agent_id=self._one_of(None, *AGENTS),
            reviewed_at=at,
            points=Decimal(self._one_of(0, 7, "8.5", 10)),
            points_possible=Decimal(self._one_of(10, 10, "12.5", 0)),
        )

    def survey(self, source: str, at: datetime, ticket_id: str | None) -> None:
        kind = self._one_of("csat", "csat", "nps", "ces")
        contacts = [each for each in self.records["live_contacts"] if each["source"] == source]
        responses = [
            each["responded_at"]
            for each in self.records["surveys"]
            if (each["source"], each["ticket_id"]) == (source, ticket_id)
        ]
        has_contact = bool(contacts) and self._chance(0.2)
        scores = {"csat": (1, 2, 2, 3, 4, 5), "nps": (0, 6, 7, 8, 9, 10), "ces": (1, 4, 7)}
        self._add(
            "surveys",
            source=source,
            survey_id=self._next_id("surveys", source),
            kind=kind,
            sent_at=at,
            responded_at=self._one_of(None, self.near(at), self.near(at), *responses[-1:]),
            score=self._one_of(None, *map(Decimal, scores[kind])),
            comment="see you",
            ticket_id=ticket_id,
            contact_id=self.dice.choice(contacts)["contact_id"] if has_contact else None,
            agent_id=self._one_of(None, None, None, *AGENTS),
            customer_id=self._one_of(None, self._customer_id()),
            channel=self._one_of(None, None, "email", "pigeon"),
        )

    def _lone_contacts_and_surveys(self, source: str) -> None:
        for _ in range(8):
            stranger = self._one_of(None, "none such")
            self.contact(source, self._some_time(TICKET_DAYS), stranger)
            self.survey(source, self._some_time(TICKET_DAYS), stranger)
            self.survey(source, self._some_time(TICKET_DAYS), None)
            self.session(source, self._some_time(TICKET_DAYS), stranger)
        self.review(source, self._some_time(TICKET_DAYS), "none such")
        busy = self._some_time(TICKET_DAYS)
        for _ in range(8):
            at = self.near(busy, timedelta(hours=3)).replace(microsecond=0)
            ended_at = at + timedelta(minutes=self.dice.randrange(90))
            agent_id = self._one_of("kim", "kim", "robo", None)
            chat = {"kind": "chat", "answered_at": at, "ended_at": ended_at, "agent_id": agent_id}
            self._contact(source, at, None, "answered", **chat)

    def message(self, source: str, at: datetime, ticket_id: str, sender: str, **more: Any) -> None:
        self._add(
            "messages",
            source=source,
            message_id=self._next_id("messages", source),
            ticket_id=ticket_id if self._chance(0.98) else "none such",
            sent_at=at,
            sender=sender,
            channel=self._one_of(None, None, *CHANNELS),
            is_public=not self._chance(0.06),
            is_failed=self._one_of(None, False, self._chance(0.15)),
            macro_id=self._one_of(None, "greeting"),
            **more,
        )

    def event(self, source: str, at: datetime, ticket_id: str, kind: str, **more: Any) -> None:
        if self._chance(0.06):
            at += timedelta(seconds=self.dice.randrange(-90_000, 90_000))
        self._add(
            "ticket_events",
            source=source,
            event_id=self._next_id("ticket_events", source),
            ticket_id=ticket_id,
            at=at,
            kind=kind,
            **more,
        )

    # ---- trade

    def _trade(self, source: str) -> None:
        for number in range(60):
            total = Decimal(self._one_of(0, 100, "12.50"))
            promised_at = self._some_time(60)
            self._add(
                "orders",
                source=source,
                order_id=str(number),
                customer_id=self._buyer_id(),
                created_at=self._time_of_trade() if number else self.founded_at,
                currency=self._currency(),
                total=total,
                refunded=self._one_of(None, None, Decimal(0), total, Decimal("12.49")),
                cancelled_at=self._some_time(30) if self._chance(0.1) else None,
                promised_at=self._one_of(None, promised_at),
                delivered_at=self._one_of(None, promised_at, self.near(promised_at)),
                is_test=self._one_of(None, False, self._chance(0.2)),
            )
        for number in range(self._one_of(0, 12)):
            started_at = self._time_of_trade()
            self._add(
                "subscriptions",
                source=source,
                subscription_id=str(number),
                customer_id=self._buyer_id() or "17",
                started_at=started_at,
                ended_at=self._one_of(
                    None, max(started_at, self._time_of_trade()), started_at + timedelta(days=9)
                ),
            )

    def _currency(self) -> str:
        return self._one_of(self.currency, self.currency, "USD", "JPY")

    def _exchange_rates(self) -> list[Rate]:
        """Return rates that change now and then, with two digits, so that no product rounds."""
        rates = []
        for currency in ("USD", "JPY"):
            for on in {date(2020, 1, 1), *(self._a_date(120) for _ in range(3))}:
                for to, factor in ((self.currency, 1), ("GBP", 7)):
                    rate = factor * Decimal(self._one_of("0.25", "1.5", "2", "1300.01"))
                    rates.append(Rate(on_date=on, currency=currency, to_currency=to, rate=rate))
        return rates

    def _schedule(self, schedule_id: str) -> list[Hours]:
        """Return a week of open hours, and often another from some day on."""
        zone = self._one_of(None, *SOURCE_ZONES, *REPORTING_ZONES)
        changes_on = self._one_of(None, self._a_date(TICKET_DAYS))
        spans = [(None, None)]
        if changes_on is not None:
            spans = [(None, changes_on - timedelta(days=1)), (changes_on, None)]
        schedule = []
        for valid_from, valid_until in spans:
            hours = self._one_of(*WEEKS)
            for weekday in range(1, self._one_of(5, 6, 7) + 1):
                for opens_at, closes_at in hours:
                    line = Hours(
                        schedule_id=schedule_id,
                        timezone=zone,
                        weekday=weekday,
                        opens_at=opens_at,
                        closes_at=closes_at,
                        valid_from=valid_from,
                        valid_until=valid_until,
                    )
                    schedule.append(line)
        return schedule

    def _lapsed(self) -> list[Hours]:
        """Return a schedule that nobody wrote down for all days."""
        since, until = sorted((self._a_date(TICKET_DAYS), self._a_date(TICKET_DAYS)))
        return [
            replace(hours, schedule_id="lapsed", valid_from=since, valid_until=until)
            for hours in self._schedule("support")
            if hours.valid_from is None
        ]

    def _holidays(self) -> list[Holiday]:
        holidays = {}
        for _ in range(6):
            schedule_id, on = self._one_of("support", "nights"), self._a_date(TICKET_DAYS)
            hours = self._one_of((None, None), ("10:00", "13:30"), ("20:00", "04:00"))
            holidays[schedule_id, on] = Holiday(
                schedule_id=schedule_id, on_date=on, opens_at=hours[0], closes_at=hours[1]
            )
        return list(holidays.values())

    def _policies(self) -> Iterator[Policy]:
        """Yield policies that name channel, priority and group, some of them or nothing."""
        for clock in ("first_reply", "next_reply", "resolution"):
            for names in product((False, True), repeat=3):
                if self._chance(0.3):
                    continue
                words = (
                    ("channel", self._one_of("email", "chat")),
                    ("priority", self._one_of("urgent", "normal")),
                    ("customer_group", self._one_of("vip", "standard")),
                )
                said = dict(compress(words, names))
                changes_on = self._one_of(None, self._a_date(TICKET_DAYS))
                spans = [(None, None)]
                if changes_on is not None:
                    spans = [(None, changes_on - timedelta(days=1)), (changes_on, None)]
                for valid_from, valid_until in spans:
                    kind = self._one_of("calendar", "business")
                    is_business = kind == "business"
                    yield Policy(
                        policy_id=" ".join(map(str, (clock, *said, valid_from))),
                        clock=clock,
                        target_seconds=self._one_of(60, 3600, 7200, 86_400, 604_800),
                        clock_kind=kind,
                        schedule_id=self._one_of(None, *SCHEDULES) if is_business else None,
                        valid_from=valid_from,
                        valid_until=valid_until,
                        **said,
                    )

    def _a_date(self, days: int) -> date:
        return self._some_time(days).astimezone(self.zone).date()

    def _visits(self, source: str) -> None:
        for _ in range(40):
            self._add(
                "web_visits",
                source=source,
                visit_id=self._next_id("web_visits", source),
                started_at=self._some_time(20),
                visitor_id=self._one_of(None, "ann", "ann", "bob"),
                traffic_source=self._one_of(None, "", "direct", "(direct)", "search"),
                medium=self._one_of(None, "none", "(none)", "cpc"),
                campaign=self._one_of(None, None, None, "spring"),
                page_views=self._one_of(0, 1, 7),
                filled_cart=self._chance(0.5),
                order_id=self._one_of(None, None, "1"),
                is_bot=self._one_of(None, False, self._chance(0.3)),
            )
            self.used.append(self.records["web_visits"][-1]["started_at"])

    def _costs(self, source: str) -> None:
        """Add costs, in some months and for some channels; some are nothing."""
        for _ in range(12):
            self._add(
                "marketing_costs",
                source=source,
                cost_id=self._next_id("marketing_costs", source),
                date=self._a_date(self._one_of(30, 200)),
                campaign=self._one_of("spring", "autumn"),
                amount=Decimal(self._one_of(0, 1000, "33.33")),
                currency=self._currency(),
                attributed_revenue=self._one_of(None, Decimal(0), Decimal("1500.50")),
            )
        for _ in range(self._one_of(3, 12)):
            on = self._a_date(90)
            self._add(
                "support_costs",
                source=source,
                cost_id=self._next_id("support_costs", source),
                month=self._one_of(on, on.replace(day=1), on.replace(day=1)),
                channel=self._one_of(
                    "email", "Phone ", "chat", "self_service", "shared", "Shared", "pigeon"
                ),
                category=self._one_of("payroll", "Software", "cake"),
                amount=Decimal(self._one_of(0, 1000, "33.33")),
                currency=self._currency(),
            )

    def _forum(self, source: str) -> None:
        for _ in range(12):
            asked_at = self._some_time(TICKET_DAYS)
            thread_id = self._next_id("forum_threads", source)
            self._add(
                "forum_threads",
                source=source,
                thread_id=thread_id,
                created_at=asked_at,
                author_id=self._one_of(None, "ann", "bob"),
                is_question=self._one_of(None, False, True, True, True),
                topic=self._one_of(None, "delivery"),
                views=self._one_of(None, 3),
                solved_at=self._one_of(None, self.near(asked_at)),
            )
            for _ in range(self.dice.randrange(4)):
                week = asked_at + timedelta(days=7)
                self._add(
                    "forum_posts",
                    source=source,
                    post_id=self._next_id("forum_posts", source),
                    thread_id=thread_id if self._chance(0.95) else "none such",
                    created_at=self._one_of(
                        asked_at,
                        week,
                        week + timedelta(seconds=1),
                        asked_at - timedelta(seconds=1),
                        self.near(asked_at),
                    ),
                    author_kind=self._one_of("staff", "power_user", "Customer"),
                    author_id=self._one_of(None, "ann", "bob"),
                    is_solution=self._one_of(None, True),
                )

    def _gestures_and_shifts(self, source: str) -> None:
        for _ in range(8):
            made_at = self._some_time(TICKET_DAYS)
            self._add(
                "gestures",
                source=source,
                gesture_id=self._next_id("gestures", source),
                made_at=made_at,
                customer_id=self._customer_id() or "17",
                kind=self._one_of("gift", "Note ", "dance"),
                agent_id=self._one_of(None, *AGENTS),
            )
            self._add(
                "agent_shifts",
                source=source,
                shift_id=self._next_id("agent_shifts", source),
                agent_id=self._one_of(*AGENTS),
                started_at=made_at,
                ended_at=self.near(made_at),
                channel=self._one_of(None, "chat", "pigeon"),
            )

    def _spoil(self) -> None:
        """Put a few records among the others that belong in quarantine."""
        self.dice.choice(self.records["tickets"])["status"] = "weird"
        self.dice.choice(self.records["messages"])["sender"] = "parrot"
        self.dice.choice(self.records["surveys"]).update(kind="csat", score=Decimal(7))
        self.dice.choice(self.records["surveys"]).update(kind="ces", score=Decimal(0))
        self.dice.choice(self.records["self_service_sessions"])["outcome"] = "lost"
        self.dice.choice(self.records["forum_posts"])["author_kind"] = "alien"

    # ---- versions

    def _add(self, entity: str, *, is_away: bool = False, **columns: Any) -> Record:
        record = {**columns, "deleted": True} if is_away else columns
        self.records[entity].append(record)
        return record

    def _versions(self, entity: str) -> list[Record]:
        """Return every version of every record, as a source with its own clock would read them."""
        versions: dict[tuple[Any, ...], Record] = {}
        for record in self.records[entity]:
            for version in self._versions_of(entity, record):
                told = self._as_told(version)
                # No two versions of a record are of one load and of one date; seen from behind,
                # all dates ahead are one.
                dated = told["updated_at"]
                dated = (dated and self.is_ahead) or dated
                key = told["source"], told[KEYS[entity]], dated, told["load"]
                versions.setdefault(key, told)
        return [self._written(entity, version) for version in versions.values()]

    def _written(self, entity: str, version: Record) -> Record:
        column = TEXTS.get(entity)
        if column is None or BEGINS[entity] not in version:
            return version
        return {**version, column: self.pen.choice(WRITTEN)}

    def _versions_of(self, entity: str, record: Record) -> list[Record]:
        begins = record.get(BEGINS.get(entity, ""), None)
        if not isinstance(begins, datetime):
            begins = self.as_of - timedelta(days=9)
        updated_at = self._one_of(None, self._between(begins, self.as_of), begins)
        load = self._one_of(1, 2)
        last = {**record, "updated_at": updated_at, "load": load}
        versions = [last]
        if self._chance(0.15):
            # An older one; undated ones are older than all others.
            older_at = updated_at and self._one_of(None, updated_at - timedelta(days=1), updated_at)
            is_tie = older_at == updated_at
            older = self._one_of({}, {"deleted": True}, self._changed(entity, record))
            if not (is_tie and load == 1):
                versions.append({**last, **older, "updated_at": older_at, "load": 1})
        if self._chance(0.08):
            # One that as_of does not know yet.
            later = self._one_of({"deleted": True}, self._changed(entity, record))
            updated_at = self.as_of + timedelta(seconds=self._one_of(1, 86_400, 10**8))
            versions.append({**last, **later, "updated_at": updated_at, "load": 2})
        if self._chance(0.04) and "deleted" not in record:
            versions.append(self._deletion(entity, last))
        if len(versions) == 1 and self._chance(0.15):
            # The same again; it is unchanged.
            versions.append({**last, "load": 2})
        return versions

    def _deletion(self, entity: str, last: Record) -> Record:
        """Return a deletion; one without a date loses against a dated record."""
        updated_at = last["updated_at"] and self._one_of(
            None, self._between(last["updated_at"], self.as_of) + timedelta(microseconds=1)
        )
        marked = {**last, "deleted": True, "updated_at": updated_at, "load": 2}
        if self._chance(0.5):
            return marked
        kept = ("source", KEYS[entity], "deleted", "updated_at", "load")
        return {column: marked[column] for column in kept}

    def _changed(self, entity: str, record: Record) -> Record:
        """Return some columns as another version has them."""
        other = self.dice.choice(self.records[entity])
        columns = [name for name in record if name not in ("source", KEYS[entity], "deleted")]
        return {name: other.get(name) for name in self.dice.sample(columns, min(3, len(columns)))}

    def _between(self, since: datetime, until: datetime) -> datetime:
        return since + max(until - since, timedelta(0)) * self.dice.random()

    def _as_told(self, record: Record) -> Record:
        """Return a record as it can be read back: a naive instant has lost which hour it meant."""
        source = next(each for each in self.sources if each.name == record["source"])
        if not source.is_naive:
            return dict(record)
        zone = ZoneInfo(source.timezone)

        def told(value: Any) -> Any:
            if not isinstance(value, datetime):
                return value
            return value.astimezone(zone).replace(fold=0).astimezone(UTC)

        return {column: told(value) for column, value in record.items()}


class _Story:
    """What happens to one ticket, step by step."""

    def __init__(self, maker: _Maker, ticket: Record) -> None:
        self.maker = maker
        self.dice = maker.dice
        self.ticket = ticket
        self.source, self.ticket_id = ticket["source"], ticket["ticket_id"]
        self.at = ticket["created_at"]

    def tell(self, steps: int) -> None:
        step: Callable[[], Callable[[], Any] | None] | None = None
        if self.dice.random() < 0.85:
            self._first_word()
        for _ in range(steps):
            if step is None or self.dice.random() < 0.7:
                self.at = self.maker.near(self.at)
            step = (step or self._any_step())()

    def _any_step(self) -> Callable[[], Any]:
        return self.dice.choices(
            [
                self._customer_writes,
                self._person_writes,
                self._bot_answers,
                self._bot_takes_care,
                self._automation_writes,
                self._is_closed,
                self._is_opened_again,
                self._waits,
                self._is_handed_over,
                self._survey,
                self._call,
                self._session,
                self._review,
            ],
            [6, 5, 3, 3, 2, 4, 2, 1, 3, 2, 2, 1, 1],
        )[0]

    def _first_word(self) -> None:
        opened_by = self.ticket["opened_by"]
        agent = {"agent_id": "kim"} if opened_by == "agent" else {}
        self.maker.message(self.source, self.at, self.ticket_id, opened_by, **agent)

    def _customer_writes(self) -> Any:
        self.maker.message(self.source, self.at, self.ticket_id, "customer")
        if self.ticket["status"] in CLOSED_STATES:
            return self.dice.choice((self._is_opened_again, self._person_writes, None))
        return None

    def _person_writes(self) -> Any:
        agent_id = self.dice.choice((None, *AGENTS))
        self.maker.message(self.source, self.at, self.ticket_id, "agent", agent_id=agent_id)
        return self._is_closed if self.dice.random() < 0.3 else None

    def _bot_answers(self) -> Any:
        sender, agent_id = self.dice.choice((("automation", None), ("agent", "robo")))
        purpose = self.dice.choice(("answer", "Answer", "acknowledgement", None))
        self.maker.message(
            self.source, self.at, self.ticket_id, sender, agent_id=agent_id, purpose=purpose
        )
        return self._automation_closes if self.dice.random() < 0.6 else None

    def _bot_takes_care(self) -> None:
        """Let a bot answer and close, and the customer come back; most of it, at least."""
        scene = (
            self._customer_writes,
            self._bot_answers,
            self._automation_closes,
            self._customer_writes,
            self._person_writes,
        )
        for step in scene:
            if self.dice.random() < 0.9:
                step()
            if self.dice.random() < 0.7:
                self.at = self.maker.near(self.at)

    def _automation_closes(self) -> Any:
        self._status(self.dice.choice(CLOSED_STATES), "automation")
        return self._customer_writes if self.dice.random() < 0.7 else None

    def _automation_writes(self) -> None:
        purpose = self.dice.choice((None, "answer", "acknowledgement", "survey", "other"))
        self.maker.message(self.source, self.at, self.ticket_id, "automation", purpose=purpose)

    def _is_closed(self) -> Any:
        actor = self.dice.choice(("agent", "agent", "customer", "automation", None))
        self._status(self.dice.choice(CLOSED_STATES), actor)
        return self._is_opened_again if self.dice.random() < 0.4 else None

    def _is_opened_again(self) -> Any:
        to_value = self.dice.choices(("open", "Open ", "reopened", None), (12, 2, 1, 1))[0]
        self._status(to_value, self.dice.choice(("customer", "customer", None, "agent")))
        return self.dice.choice((self._is_closed, self._person_writes, None))

    def _waits(self) -> Any:
        self._status(self.dice.choice(("pending", "on_hold", "snoozed")), "agent")
        return self._automation_closes if self.dice.random() < 0.5 else None

    def _status(self, to_value: str | None, actor: str | None) -> None:
        from_value = self.ticket["status"]
        self.ticket["status"] = to_value if to_value in (*OPEN_STATES, *CLOSED_STATES) else "open"
        if to_value in CLOSED_STATES:
            self.ticket |= {"closed_at": self.at, "closed_by": actor}
        elif self.dice.random() < 0.7:
            self.ticket |= {"closed_at": None, "closed_by": None}
        if self.dice.random() < 0.08:
            return
        roll = self.dice.random()
        if roll < 0.12:
            from_value = None
        elif roll < 0.18:
            from_value = self.dice.choice((*OPEN_STATES, *CLOSED_STATES))
        self.maker.event(
            self.source,
            self.at,
            self.ticket_id,
            "status",
            from_value=from_value,
            to_value=to_value,
            actor=actor,
        )

    def _is_handed_over(self) -> Any:
        kind, column, values = self.dice.choice(
            (
                ("assignee", "assignee_id", (None, *AGENTS)),
                ("team", "team_id", (None, "red", "blue")),
                ("priority", "priority", (None, "low", "normal", "urgent")),
            )
        )
        from_value = self.ticket[column] if self.dice.random() < 0.7 else None
        self.ticket[column] = self.dice.choice(values)
        self.maker.event(
            self.source,
            self.at,
            self.ticket_id,
            kind,
            from_value=from_value,
            to_value=self.ticket[column],
            actor=self.dice.choice(("agent", "automation", None)),
        )
        return self._is_handed_over if self.dice.random() < 0.5 else None

    def _survey(self) -> None:
        self.maker.survey(self.source, self.at, self.ticket_id)

    def _call(self) -> None:
        self.maker.contact(self.source, self.at, self.ticket_id)

    def _session(self) -> None:
        self.maker.session(self.source, self.at, self.ticket_id)

    def _review(self) -> None:
        self.maker.review(self.source, self.at, self.ticket_id)
