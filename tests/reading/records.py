"""Terms: Records and time. Which version of each record is there at as_of, and what it says."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

from .periods import first_instant
from .shop import COST_CATEGORIES, GESTURE_KINDS, TOOLS, Record, Shop, TopicRule

KEYS = {
    "tickets": "ticket_id",
    "messages": "message_id",
    "ticket_events": "event_id",
    "live_contacts": "contact_id",
    "self_service_sessions": "session_id",
    "surveys": "survey_id",
    "quality_reviews": "review_id",
    "customers": "customer_id",
    "agents": "agent_id",
    "orders": "order_id",
    "subscriptions": "subscription_id",
    "web_visits": "visit_id",
    "marketing_costs": "cost_id",
    "support_costs": "cost_id",
    "forum_threads": "thread_id",
    "forum_posts": "post_id",
    "gestures": "gesture_id",
    "agent_shifts": "shift_id",
}

BEGINS = {
    "tickets": "created_at",
    "messages": "sent_at",
    "ticket_events": "at",
    "live_contacts": "started_at",
    "self_service_sessions": "started_at",
    "surveys": "sent_at",
    "quality_reviews": "reviewed_at",
    "customers": "created_at",
    "orders": "created_at",
    "subscriptions": "started_at",
    "web_visits": "started_at",
    "marketing_costs": "date",
    "support_costs": "month",
    "forum_threads": "created_at",
    "forum_posts": "created_at",
    "gestures": "made_at",
    "agent_shifts": "started_at",
}
"""When a record was created, sent or started; a date is its first instant."""

CLOSED_LISTS = {
    "tickets": {
        "status": "new open pending on_hold snoozed solved closed",
        "opened_by": "customer agent automation",
        "closed_by": "agent automation customer merge",
    },
    "messages": {
        "sender": "customer agent automation",
        "purpose": "answer acknowledgement survey other",
    },
    "ticket_events": {
        "kind": "status assignee team topic priority merge",
        "actor": "customer agent automation",
    },
    "live_contacts": {"kind": "call chat", "outcome": "answered abandoned voicemail callback"},
    "self_service_sessions": {"outcome": "resolved escalated abandoned"},
    "surveys": {"kind": "csat nps ces"},
    "forum_posts": {"author_kind": "staff power_user customer"},
    "agents": {"role": "agent lead bot"},
}
"""Words that figures hang on: a record with another one is in quarantine."""

SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}

PRIORITIES = ("low", "normal", "high", "urgent")

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def records_at_as_of(shop: Shop) -> dict[str, list[Record]]:
    """Return for each entity the records that are there; a deleted ticket is, marked as such."""
    there = {}
    for entity in KEYS:
        there[entity] = [
            _said(shop, entity, version)
            for version in _newest_versions(shop, entity)
            if _is_there(shop, entity, version)
        ]
    written = defaultdict(list)
    for message in there["messages"]:
        is_sent = message["is_public"] and message["is_failed"] is not True
        if message["sender"] == "customer" and is_sent:
            written[message["source"], message["ticket_id"]].append(message["body"])
    for ticket in there["tickets"]:
        bodies = written[ticket["source"], ticket["ticket_id"]]
        rules = [rule for rule in shop.topic_rules if _holds(rule, ticket, bodies)]
        if ticket["topic"] is None and rules:
            ticket["topic"] = min(rules, key=lambda rule: (rule.priority, rule.topic)).topic
    return there


def _holds(rule: TopicRule, ticket: Record, bodies: list[str | None]) -> bool:
    if rule.language not in (None, _word(ticket["language"])):
        return False
    if rule.field == "tag":
        return rule.pattern in ticket["tags"]
    texts = bodies if rule.field == "body" else [ticket["subject"]]
    return any(_has_words(text, rule.pattern) for text in texts if text is not None)


def _has_words(text: str, words: str) -> bool:
    """English words begin where a word begins; Korean ones may stand within one."""
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    begins = (found.start() for found in re.finditer(re.escape(words), plain))
    return any(
        not words[0].isascii() or not re.match("[a-z0-9_]", plain[start - 1 : start])
        for start in begins
    )


def _newest_versions(shop: Shop, entity: str) -> list[Record]:
    versions = defaultdict(list)
    for record in shop.records.get(entity, []):
        if not _is_quarantined(entity, record) and _dated(record) <= shop.as_of:
            versions[record["source"], record[KEYS[entity]]].append(record)
    return [_newest(of_one_key) for of_one_key in versions.values()]


def _newest(versions: list[Record]) -> Record:
    """Return the newest version; a ticket deleted by its key alone still is what it was before."""
    oldest_first = sorted(versions, key=lambda record: (_dated(record), record.get("load", 1)))
    newest = oldest_first[-1]
    whole = [each for each in oldest_first if each.get("created_at") is not None]
    if newest.get("deleted") and whole:
        return whole[-1] | newest
    return newest


def _dated(record: Record) -> datetime:
    """Unknown is oldest; one dated after its own extraction counts as extracted then."""
    updated_at = record.get("updated_at")
    extracted_at = record.get("extracted_at")
    if updated_at is None:
        return LONG_AGO
    if extracted_at is not None and updated_at > extracted_at:
        return extracted_at
    return updated_at


def _is_quarantined(entity: str, record: Record) -> bool:
    for column, words in CLOSED_LISTS.get(entity, {}).items():
        word = _word(record.get(column))
        if word is not None and word not in words.split():
            return True
    if entity == "surveys" and record.get("score") is not None:
        low, high = SCALES[_word(record["kind"])]
        return not low <= record["score"] <= high
    return False


def _is_there(shop: Shop, entity: str, record: Record) -> bool:
    if record.get("deleted") and entity != "tickets":
        return False
    begins = begins_at(shop, entity, record)
    return begins is None or begins <= shop.as_of


def begins_at(shop: Shop, entity: str, record: Record) -> datetime | None:
    begins = record.get(BEGINS[entity]) if entity in BEGINS else None
    if begins is None or isinstance(begins, datetime):
        return begins
    return first_instant(begins, shop.reporting_timezone)


def _said(shop: Shop, entity: str, record: Record) -> Record:
    """Return what a record says: what is later than as_of or empty is unknown."""
    said: Record = defaultdict(lambda: None)
    for column, value in record.items():
        if isinstance(value, str) and not value.strip():
            continue
        if isinstance(value, datetime) and value > shop.as_of:
            continue
        said[column] = value
    for column in CLOSED_LISTS.get(entity, {}):
        said[column] = _word(said[column])
    if entity == "ticket_events" and said["kind"] in ("status", "priority"):
        said["from_value"] = _word(said["from_value"])
        said["to_value"] = _word(said["to_value"])
    for column, words in _invented_words(shop, entity).items():
        word = _word(said[column])
        said[column] = word if word is None or word in words else "unmapped"
    if entity == "surveys" and said["responded_at"] is None:
        said["score"] = None
    if entity == "tickets":
        said["tags"] = [_word(tag) for tag in said["tags"] or [] if _word(tag) is not None]
    return said


def _invented_words(shop: Shop, entity: str) -> dict[str, Collection[str]]:
    """Return the columns whose words shops invent, each with those that are known."""
    known: dict[str, dict[str, Collection[str]]] = {
        "tickets": {"channel": shop.channels, "priority": PRIORITIES},
        "messages": {"channel": shop.channels},
        "live_contacts": {"channel": shop.channels},
        "self_service_sessions": {"tool": TOOLS},
        "surveys": {"channel": shop.channels},
        "support_costs": {"channel": {*shop.channels, "shared"}, "category": COST_CATEGORIES},
        "gestures": {"kind": GESTURE_KINDS},
        "agent_shifts": {"channel": shop.channels},
    }
    return known.get(entity, {})


def _word(value: str | None) -> str | None:
    return value.strip().lower() or None if value is not None else None
