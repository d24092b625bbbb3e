"""A small shop with a bit of everything that a KPI hangs on, landed and built for real."""

import json
import os
import random
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from guarded_desk import go_on

from dagster_project.home import Home
from dagster_project.landing.land import land_stream
from dagster_project.landing.zone import LandingZone
from dagster_project.night import Plan
from dagster_project.shop import Shop

AS_OF = datetime(2026, 3, 10, 3, tzinfo=UTC)
TIMEZONE = "Asia/Seoul"
TICKETS = 260
CUSTOMERS = 80
A_MINUTE_AGO = time.time() - 60
MONTHS_WITHOUT_COSTS = {
    ("2025-12", "self_service"),
    ("2025-12", "email"),
    ("2025-12", "shared"),
    ("2026-01", "chat"),
    ("2026-03", "phone"),
}

Record = dict[str, Any]


def build_shop(root: Path) -> Plan:
    """Land the shop below `root` and build its marts; return the plan that knows where they lie."""
    write_drops(root / "drops")
    write_rates(root / "own_seeds")
    (root / "shop.yml").write_text(
        f"name: Guarded\nreporting_timezone: {TIMEZONE}\ncurrency: KRW\npii: keep\n"
        f"as_of: {AS_OF.isoformat()}\n"
        "seeds: own_seeds\n"
        "sources:\n  - {name: drops, kind: files, folder: drops, timezone: UTC}\n",
        encoding="utf-8",
    )
    plan = Plan.prepare(Home(root / "var"), Shop.load(root / "shop.yml", {}))
    zone = LandingZone(plan.home.lake)
    for source, stream in plan.streams:
        landed = land_stream(source, stream, zone, plan.shop.privacy)
        assert landed.load.outcome == "committed", landed.load.reason
    plan.transform.build(plan.manifest, as_of=AS_OF)
    return plan


def write_rates(folder: Path) -> None:
    """Write the rates of the dollar; without them the figures in money would be withheld."""
    folder.mkdir()
    (folder / "exchange_rates.csv").write_text(
        "on_date,currency,to_currency,rate\n2024-01-01,USD,KRW,1300\n2026-01-15,USD,KRW,1400\n",
        encoding="utf-8",
    )


def write_drops(folder: Path) -> None:
    """Write one file of each entity, the same every time."""
    dice = random.Random(20260310)  # noqa: S311
    for entity, records in _entities(dice).items():
        path = folder / entity / "all.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        # A file that changed just now is taken for one that still grows.
        os.utime(path, (A_MINUTE_AGO, A_MINUTE_AGO))


def _entities(dice: random.Random) -> Mapping[str, list[Record]]:
    tickets: list[Record] = []
    told: dict[str, list[Record]] = {
        name: [] for name in ("messages", "ticket_events", "surveys", "live_contacts")
    }
    for number in range(TICKETS):
        _ticket(dice, f"{number:04}", tickets, told)
    _complain(tickets)
    _name_orders(tickets)
    # With dice of their own, so that what they add changes nothing that is there.
    more = random.Random(20260311)  # noqa: S311
    told["live_contacts"] += [_call_or_chat(more, number) for number in range(300)]
    surveys = [_survey(more, number) for number in range(360)]
    for survey in surveys[::3]:
        _thank(survey, tickets, told["messages"])
    told["surveys"] += surveys
    threads, posts = _forum(more)
    go_on(random.Random(20260316), AS_OF, tickets, told)  # noqa: S311
    return {
        "tickets": tickets,
        **told,
        "quality_reviews": [_review(more, number) for number in range(200)],
        "forum_threads": threads,
        "forum_posts": posts,
        "agents": [
            {"agent_id": "mina", "team_id": "red", "role": "agent"},
            {"agent_id": "joon", "team_id": "blue", "role": "agent"},
            {"agent_id": "robo", "role": "bot"},
        ],
        "customers": [
            {"customer_id": f"c{n}", "email": f"c{n}@example.com", "is_vip": n % 9 == 0}
            for n in range(CUSTOMERS)
        ],
        "self_service_sessions": _sessions(random.Random(20260311), tickets),  # noqa: S311
        "orders": [*_orders(dice), *_deliveries(random.Random(20260312))],  # noqa: S311
        "subscriptions": [
            {
                "subscription_id": f"s{n}",
                "customer_id": f"c{n}",
                "started_at": _text(datetime(2025, 2, 1, tzinfo=UTC) + timedelta(days=9 * n)),
                "ended_at": _text(datetime(2025, 12, 1, tzinfo=UTC) + timedelta(days=9 * n))
                if n % 2
                else None,
            }
            for n in range(8)
        ]
        + [
            {
                "subscription_id": "tried",
                "customer_id": "brief",
                "started_at": "2026-01-10T00:00:00Z",
                "ended_at": "2026-01-20T00:00:00Z",
            }
        ],
        "web_visits": _visits(random.Random(20260313)),  # noqa: S311
        "marketing_costs": _marketing(random.Random(20260314)),  # noqa: S311
        "support_costs": _running_costs(random.Random(20260315)),  # noqa: S311
        "gestures": [
            {
                "gesture_id": f"g{n}",
                "made_at": _text(datetime(2025, 5, 3, 16, tzinfo=UTC) + timedelta(days=4 * n)),
                "customer_id": f"c{n}",
                "kind": ["note", "gift", "cake"][n % 3],
            }
            for n in range(70)
        ],
        "agent_shifts": [
            {
                "shift_id": f"sh{n}",
                "agent_id": ["mina", "joon"][n % 2],
                "started_at": _text(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=n)),
                "ended_at": _text(datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(days=n)),
                "channel": ["phone", None][n % 2],
            }
            for n in range(10)
        ],
    }


def _ticket(
    dice: random.Random, ticket_id: str, tickets: list[Record], told: dict[str, list[Record]]
) -> None:
    created = datetime(2025, 11, 3, tzinfo=UTC) + timedelta(
        seconds=dice.randrange(int((AS_OF - datetime(2025, 11, 4, tzinfo=UTC)).total_seconds()))
    )
    opened_by = dice.choices(["customer", "agent", "automation"], [8, 1, 1])[0]
    channel = dice.choices(["email", "chat", "phone", "pigeon"], [5, 3, 1, 1])[0]
    ticket: Record = {
        "ticket_id": ticket_id,
        "created_at": _text(created),
        "status": "open",
        "channel": channel,
        "opened_by": opened_by,
        "customer_id": f"c{dice.randrange(CUSTOMERS)}",
        "assignee_id": dice.choice(["mina", "joon", None]),
        "team_id": dice.choice(["red", "blue", None]),
        "topic": dice.choice(["delivery", "returns", None]),
        "is_spam": dice.random() < 0.04,
        "is_test": dice.random() < 0.03,
    }
    at = created
    if dice.random() < 0.9:
        at = _talk(dice, ticket_id, opened_by, at, told["messages"])
    if dice.random() < 0.2:
        told["live_contacts"].append(
            {
                "contact_id": f"call-{ticket_id}",
                "kind": "call",
                "started_at": _text(created),
                "ticket_id": ticket_id,
                "queue_seconds": dice.randrange(120),
                "outcome": dice.choice(["answered", "abandoned"]),
            }
        )
    _close(dice, ticket, at, told)
    tickets.append(ticket)


def _talk(
    dice: random.Random, ticket_id: str, opened_by: str, at: datetime, messages: list[Record]
) -> datetime:
    """Write a ticket's messages and return the instant of the last one."""

    def say(sender: str, after: timedelta, **more: Any) -> None:
        nonlocal at
        at += after
        messages.append(
            {
                "message_id": f"{ticket_id}-{len(messages)}",
                "ticket_id": ticket_id,
                "sent_at": _text(at),
                "sender": sender,
                "is_public": True,
                **more,
            }
        )

    if opened_by != "customer":
        say("agent" if opened_by == "agent" else "automation", timedelta(0))
    if opened_by == "customer" or dice.random() < 0.5:
        say("customer", timedelta(seconds=dice.randrange(1, 90)))
        if dice.random() < 0.4:
            say("automation", timedelta(seconds=3), purpose=dice.choice(["answer", "other"]))
    for _ in range(dice.choice([0, 1, 1, 2, 3])):
        if dice.random() < 0.3:
            say("agent", timedelta(seconds=20), agent_id="robo")
        say(
            "agent",
            timedelta(seconds=dice.randrange(60, 200_000)),
            agent_id=dice.choice(["mina", "joon"]),
            is_public=dice.random() < 0.95,
        )
        if dice.random() < 0.5:
            say("customer", timedelta(seconds=dice.randrange(60, 100_000)))
    return at


def _close(
    dice: random.Random, ticket: Record, at: datetime, told: dict[str, list[Record]]
) -> None:
    """Close most tickets, open some again, and ask for an answer to the survey."""
    if dice.random() < 0.15:
        return
    closer = dice.choice(["agent", "agent", "automation", "customer"])
    at += timedelta(seconds=dice.randrange(30, 900_000))
    if dice.random() < 0.15:
        ticket |= {"status": "closed", "closed_at": _text(at), "closed_by": closer}
        return
    changes = [("open", "closed", closer)]
    if dice.random() < 0.3:
        changes += [("closed", "open", "customer")]
        if dice.random() < 0.7:
            changes += [("open", "solved", "agent")]
    for number, (was, is_, actor) in enumerate(changes):
        event = {
            "event_id": f"{ticket['ticket_id']}-e{number}",
            "ticket_id": ticket["ticket_id"],
            "at": _text(at),
            "kind": "status",
            "from_value": was,
            "to_value": is_,
            "actor": actor,
        }
        told["ticket_events"].append(event)
        if at <= AS_OF:
            ticket["status"] = is_
        sent = at
        at += timedelta(seconds=dice.randrange(3600, 500_000))
    for number in range(dice.choice([0, 1, 1, 2])):
        kind = dice.choice(["csat", "csat", "nps"])
        told["surveys"].append(
            {
                "survey_id": f"{ticket['ticket_id']}-s{number}",
                "kind": kind,
                "ticket_id": ticket["ticket_id"],
                "sent_at": _text(sent),
                "responded_at": _text(sent + timedelta(days=dice.randrange(0, 20), hours=number)),
                "score": dice.randint(1, 5),
            }
            if dice.random() < 0.8
            else {
                "survey_id": f"{ticket['ticket_id']}-s{number}",
                "kind": kind,
                "ticket_id": ticket["ticket_id"],
                "sent_at": _text(sent),
            }
        )


def _sessions(dice: random.Random, tickets: list[Record]) -> list[Record]:
    """Write sessions with and without a known customer; some became a ticket that we have."""
    first = datetime(2025, 11, 3, tzinfo=UTC)
    span = int((AS_OF - first).total_seconds())
    sessions = []
    spam = next(ticket["ticket_id"] for ticket in tickets if ticket["is_spam"])
    for number in range(160):
        outcome = dice.choices(["resolved", "escalated", "abandoned"], [5, 3, 2])[0]
        started = first + timedelta(seconds=dice.randrange(span))
        sessions.append(
            {
                "session_id": f"v{number:03}",
                "started_at": _text(started),
                "ended_at": _text(started + timedelta(minutes=number % 40)) if number % 4 else None,
                "tool": dice.choice(["chatbot", "chatbot", "faq", "oracle"]),
                "topic": dice.choice(["delivery", None]),
                "customer_id": dice.choice([None, f"c{dice.randrange(CUSTOMERS)}"]),
                "outcome": outcome,
                "ticket_id": dice.choice([None, dice.choice(tickets)["ticket_id"], spam, "nowhere"])
                if outcome == "escalated"
                else None,
            }
        )
    return sessions


def _complain(tickets: list[Record]) -> None:
    for ticket in tickets[::11]:
        ticket["topic"] = "complaint"
    for ticket in tickets[::7]:
        ticket["tags"] = ["vip", "Complaint "]


def _name_orders(tickets: list[Record]) -> None:
    """Let tickets name orders of the last winter, many of which came late."""
    for number, ticket in enumerate(tickets[::5]):
        ticket["order_id"] = f"once{60 + number % 30}"


def _call_or_chat(dice: random.Random, number: int) -> Record:
    """Return a contact with or without a ticket; agents chat with several customers at once."""
    kind = dice.choice(["call", "chat", "chat"])
    outcome = dice.choice(
        ["answered", "answered", "answered", "abandoned", "voicemail", "callback"]
    )
    queued = dice.choice([None, 0, 9, 10, 20, 21, 59, 60, 61, 200])
    started = _busy_hour(dice)
    answered = started + timedelta(seconds=queued or 5)
    ended = answered + timedelta(seconds=dice.randrange(30, 1500))
    return {
        "contact_id": f"contact-{number}",
        "kind": kind,
        "started_at": _text(started),
        "channel": dice.choice([None, None, "video", "pigeon"]),
        # What hangs on spam is out, what names an unknown ticket stands alone.
        "ticket_id": dice.choice([None, None, None, None, f"{number % TICKETS:04}", "nowhere"]),
        "customer_id": dice.choice([None, f"c{dice.randrange(CUSTOMERS)}"]),
        "agent_id": dice.choice(["mina", "mina", "joon", "robo", None]),
        "queue_seconds": queued,
        "outcome": outcome,
        "answered_at": _text(answered) if outcome == "answered" else None,
        "ended_at": _text(ended) if dice.random() < 0.8 else None,
        "talk_seconds": dice.choice([None, 60, 250]),
        "hold_seconds": dice.choice([None, 0, 40]),
        "wrap_up_seconds": dice.choice([None, 30]),
        "transfers": dice.choice([None, 0, 1]),
    }


def _busy_hour(dice: random.Random) -> datetime:
    """Return an instant in one of a few hours, around midnight in the reporting zone."""
    day = dice.choice([0, 0, 1, 30, 31, 61, 89, 90])
    return datetime(2025, 12, 1, 14, 30, tzinfo=UTC) + timedelta(
        days=day, seconds=dice.randrange(3600)
    )


def _survey(dice: random.Random, number: int) -> Record:
    """Return a survey of any kind, often one of several on its ticket."""
    kind, (lowest, highest) = dice.choice([("csat", (1, 5)), ("nps", (0, 10)), ("ces", (1, 7))])
    sent = _some_time(dice)
    responded = sent + timedelta(hours=dice.randrange(1, 900))
    return {
        "survey_id": f"survey-{number}",
        "kind": kind,
        "sent_at": _text(sent),
        "responded_at": _text(responded) if dice.random() < 0.8 else None,
        "score": dice.randint(lowest, highest) if dice.random() < 0.9 else None,
        "ticket_id": f"{dice.randrange(60):04}" if dice.random() < 0.6 else None,
        "customer_id": dice.choice([None, f"c{dice.randrange(CUSTOMERS)}"]),
        "channel": dice.choice([None, "email", "chat", "pigeon"]),
    }


def _thank(survey: Record, tickets: list[Record], messages: list[Record]) -> None:
    """Let automation thank for an answer, in a ticket that no person writes in."""
    if survey["customer_id"] is None or survey["responded_at"] is None:
        return
    thanked = _text(datetime.fromisoformat(survey["responded_at"]) + timedelta(hours=1))
    ticket_id = f"thanks-{survey['survey_id']}"
    tickets.append(
        {
            "ticket_id": ticket_id,
            "opened_by": "automation",
            "created_at": thanked,
            "status": "open",
            "channel": "email",
            "customer_id": survey["customer_id"],
        }
    )
    messages.append(
        {
            "message_id": f"{ticket_id}-0",
            "ticket_id": ticket_id,
            "sent_at": thanked,
            "sender": "automation",
            "is_public": True,
        }
    )


def _review(dice: random.Random, number: int) -> Record:
    return {
        "review_id": f"review-{number}",
        "ticket_id": dice.choice(["nowhere", *[f"{dice.randrange(TICKETS):04}"] * 9]),
        "agent_id": dice.choice(["mina", "joon", "robo", None]),
        "reviewed_at": _text(_some_time(dice)),
        "points": f"{dice.randrange(20) / 2}",
        "points_possible": dice.choice(["10", "20"]),
    }


def _forum(dice: random.Random) -> tuple[list[Record], list[Record]]:
    """Return threads and the posts in them, some of them by whoever began the thread."""
    threads: list[Record] = []
    posts: list[Record] = []
    for number in range(120):
        created = _some_time(dice)
        author = dice.choice(["kim", "lee", None])
        threads.append(
            {
                "thread_id": f"thread-{number}",
                "created_at": _text(created),
                "author_id": author,
                "topic": {0: "delivery", 5: "lamps"}.get(number % 12),
                "is_question": dice.choice([True, True, True, False, None]),
                "views": dice.randrange(500),
                "solved_at": _text(created + timedelta(days=dice.randrange(40)))
                if dice.random() < 0.4
                else None,
            }
        )
        posts += [
            {
                "post_id": f"post-{number}-{place}",
                "thread_id": dice.choice(["nowhere", *[f"thread-{number}"] * 15]),
                "created_at": _text(created + timedelta(hours=dice.randrange(-20, 400))),
                "author_kind": dice.choice(["staff", "power_user", "customer"]),
                "author_id": dice.choice(["kim", "lee", "cho", None]),
                "is_solution": dice.choice([True, False, None]),
            }
            for place in range(dice.choice([0, 1, 1, 2, 4]))
        ]
    return threads, posts


def _some_time(dice: random.Random) -> datetime:
    first = datetime(2025, 11, 3, tzinfo=UTC)
    return first + timedelta(seconds=dice.randrange(int((AS_OF - first).total_seconds())))


def _orders(dice: random.Random) -> list[Record]:
    first = datetime(2024, 6, 1, tzinfo=UTC)
    span = int((AS_OF - first).total_seconds())
    return [
        {
            "order_id": f"o{n}",
            # A few customers buy often, most of them seldom, so that some lapse and come back.
            "customer_id": f"c{int(CUSTOMERS * dice.random() ** 2)}",
            "created_at": _text(first + timedelta(seconds=dice.randrange(span))),
            "currency": "KRW",
            "total": "100.00",
            "refunded": dice.choice([None, None, None, "20.00", "100.00"]),
            "cancelled_at": _text(AS_OF - timedelta(days=1)) if dice.random() < 0.1 else None,
            "is_test": dice.random() < 0.05,
        }
        for n in range(220)
    ]


def _deliveries(dice: random.Random) -> list[Record]:
    """Write orders of persons who bought only once, a year ago, or in dollars, with a promise."""
    orders = []
    for number in range(90):
        created = datetime(2025, 1, 3, tzinfo=UTC) + timedelta(days=number % 60, hours=number)
        if number >= 60:
            created += timedelta(days=330)
        promised = created + timedelta(days=dice.randrange(2, 10))
        orders.append(
            {
                "order_id": f"once{number}",
                "customer_id": None if number % 20 == 19 else f"once{number % 70}",
                "created_at": _text(created),
                "currency": "USD",
                "total": "12.34",
                "refunded": dice.choice([None, None, "2.34"]),
                "promised_at": dice.choice([None, _text(promised), _text(promised)]),
                "delivered_at": dice.choice(
                    [
                        None,
                        _text(promised),
                        _text(promised + timedelta(hours=dice.randrange(-40, 40))),
                    ]
                ),
                "cancelled_at": _text(created + timedelta(hours=1))
                if dice.random() < 0.1
                else None,
                "is_test": dice.random() < 0.1,
            }
        )
    return [
        *orders,
        *(
            {
                "order_id": f"eager-{day}",
                "customer_id": "eager",
                "created_at": f"2026-02-{day}T03:00:00Z",
                "currency": "USD",
                "total": "12.34",
            }
            for day in ("03", "20")
        ),
    ]


def _visits(dice: random.Random) -> list[Record]:
    """Write visits of people and bots; some fill a cart and come back for it, in time or not."""
    first = datetime(2025, 12, 20, tzinfo=UTC)
    span = int((AS_OF - first).total_seconds())
    return [
        {
            "visit_id": f"w{n}",
            "started_at": _text(first + timedelta(seconds=dice.randrange(span))),
            "visitor_id": dice.choice([None, *(f"v{v}" for v in range(25))]),
            "source": dice.choice([None, "direct", "(direct)", "Direct ", "search", "newsletter"]),
            "medium": dice.choice([None, "none", "(none)", "organic"]),
            "campaign": dice.choice([None, None, None, "spring"]),
            "page_views": dice.randrange(1, 12),
            "filled_cart": dice.random() < 0.5,
            "order_id": f"o{n % 220}" if dice.random() < 0.2 else None,
            "is_bot": dice.choice([None, False, False, True]),
        }
        for n in range(400)
    ]


def _marketing(dice: random.Random) -> list[Record]:
    """Write what campaigns cost and brought, where anybody knows; some of it in dollars."""
    first = date(2025, 6, 25)
    return [
        {
            "cost_id": f"m{n}",
            "date": (first + timedelta(days=3 * n)).isoformat(),
            "campaign": dice.choice(["spring", "brand", "retargeting"]),
            "amount": dice.choice(["100", "250.5", "80.25"]),
            "currency": dice.choice(["KRW", "KRW", "USD"]),
            "attributed_revenue": dice.choice([None, "0", "90", "700.75"]),
        }
        for n in range(86)
        # Nobody kept books in October.
        if (first + timedelta(days=3 * n)).month != 10
    ]


def _running_costs(dice: random.Random) -> list[Record]:
    """Write what support costs from December on; not every channel has costs in every month."""
    return [
        {
            "cost_id": f"{month}-{channel}",
            "month": f"{month}-01",
            "channel": channel,
            "category": dice.choice(["payroll", "software", "coffee"]),
            "amount": f"{dice.randrange(10, 90)}.{dice.randrange(10)}",
            "currency": dice.choice(["KRW", "USD"]),
        }
        | ({"amount": "0"} if (month, channel) == ("2026-02", "chat") else {})
        for month in ("2025-12", "2026-01", "2026-02", "2026-03")
        for channel in ("email", "chat", "phone", "self_service", "shared", "pigeon")
        if (month, channel) not in MONTHS_WITHOUT_COSTS
    ]


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
