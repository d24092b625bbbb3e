"""What the reading is given: every version of every record of a shop, and how the shop is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]
"""The columns of an entity, with `source`.

`updated_at`, `deleted`, `extracted_at` and `load` may be there; `load` counts the loads of a stream
from 1. Instants are aware, lists are lists, money and scores are Decimals; a column that is left
out is unknown.
"""

SETTINGS: Mapping[str, int] = {
    "short_abandon_seconds": 10,
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


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One shop.

    Attributes:
        records: For each entity every version of every record, in no particular order.
        topic_rules: Pairs of tag and topic; the first that holds names a ticket without a topic.
        complete_through: How far each (source, stream) is loaded; the others are in full.
        person_joins: Pairs of (source, customer_id) that the shop declares to be one person.
    """

    records: Mapping[str, Sequence[Record]]
    as_of: datetime
    reporting_timezone: str = "Asia/Seoul"
    currency: str = "KRW"
    settings: Mapping[str, int] = field(default_factory=lambda: dict(SETTINGS))
    channels: frozenset[str] = CHANNELS
    topic_rules: Sequence[tuple[str, str]] = (("complaint", "complaint"), ("refund", "refund"))
    complete_through: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    person_joins: Sequence[tuple[tuple[str, str], tuple[str, str]]] = ()
