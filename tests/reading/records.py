"""Terms: Records and time. Which version of each record is there at as_of, and what it says."""

from collections import defaultdict
from datetime import UTC, datetime

from .shop import Record, Shop

KEYS = {
    "tickets": "ticket_id",
    "messages": "message_id",
    "ticket_events": "event_id",
    "live_contacts": "contact_id",
    "surveys": "survey_id",
    "customers": "customer_id",
    "agents": "agent_id",
    "orders": "order_id",
    "subscriptions": "subscription_id",
}

BEGINS = {
    "tickets": "created_at",
    "messages": "sent_at",
    "ticket_events": "at",
    "live_contacts": "started_at",
    "surveys": "sent_at",
    "customers": "created_at",
    "orders": "created_at",
    "subscriptions": "started_at",
}
"""When a record was created, sent or started."""

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
    "surveys": {"kind": "csat nps ces"},
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
    return there


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
    begins = record.get(BEGINS[entity]) if entity in BEGINS else None
    return begins is None or begins <= shop.as_of


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
    if entity == "ticket_events" and said["kind"] == "status":
        said["from_value"] = _word(said["from_value"])
        said["to_value"] = _word(said["to_value"])
    if entity in ("tickets", "messages", "live_contacts", "surveys"):
        channel = _word(said["channel"])
        is_known = channel is None or channel in shop.channels
        said["channel"] = channel if is_known else "unmapped"
    if entity == "surveys" and said["responded_at"] is None:
        said["score"] = None
    if entity == "tickets":
        said["tags"] = [_word(tag) for tag in said["tags"] or [] if _word(tag) is not None]
        of_tags = [topic for tag, topic in shop.topic_rules if tag in said["tags"]]
        said["topic"] = said["topic"] or next(iter(of_tags), None)
        priority = _word(said["priority"])
        said["priority"] = priority if priority in (None, *PRIORITIES) else "unmapped"
    return said


def _word(value: str | None) -> str | None:
    return value.strip().lower() or None if value is not None else None
