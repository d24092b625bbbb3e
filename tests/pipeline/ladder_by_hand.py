"""The service-level ladder from the document's figures, written out once more in plain Python.

Nothing is read from the seeds or the models: the bounds stand here as the document and
our assumptions give them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

HOUR = 3600
BUSINESS_DAY = 9 * HOUR
"""Seconds: the project's schedule is open from 9 to 18."""

RATEABLE_N = 10

INSTANT = {5: 60, 4: 5 * 60, 3: 10 * 60 + 1, 2: HOUR}
E_MAIL = {5: HOUR, 4: 4 * HOUR, 3: 24 * HOUR + 1, 2: 48 * HOUR}
SOCIAL = {**E_MAIL, 5: 15 * 60}
"""What a median of whole seconds has to stay under, by level."""

RESPONSES = {
    "email": E_MAIL, "web_form": E_MAIL, "marketplace": E_MAIL, "other": E_MAIL,
    "social": SOCIAL, "kakaotalk": SOCIAL,
    "chat": INSTANT, "sms": INSTANT, "whatsapp": INSTANT, "phone": INSTANT, "video": INSTANT,
}  # fmt: skip
SLOW = {5: 4 * HOUR, 4: BUSINESS_DAY // 2, 3: BUSINESS_DAY, 2: 3 * BUSINESS_DAY}
QUICK = {5: 15 * 60, 4: HOUR, 3: 2 * HOUR, 2: 3 * HOUR}
REAL_TIME = {"chat", "sms", "whatsapp", "phone", "video"}
UNBANDED = {"in_person", "forum"}

SPEEDS: list[tuple[str, str, float, int]] = [
    ("response", "email", 3599, 5), ("response", "email", 3600, 4),
    ("response", "email", 14399, 4), ("response", "email", 14400, 3),
    ("response", "email", 86400, 3), ("response", "email", 86401, 2),
    ("response", "email", 172799, 2), ("response", "email", 172800, 1),
    ("response", "social", 899, 5), ("response", "social", 900, 4),
    ("response", "social", 14399, 4), ("response", "social", 14400, 3),
    ("response", "social", 86400, 3), ("response", "social", 86401, 2),
    ("response", "social", 172799, 2), ("response", "social", 172800, 1),
    *[
        ("response", band, seconds, level)
        for band in ("chat", "sms", "whatsapp", "phone")
        for seconds, level in (
            (59, 5), (60, 4), (299, 4), (300, 3), (600, 3), (601, 2), (3599, 2), (3600, 1),
            # What the text leaves open, twenty minutes, is the lower level.
            (1200, 2),
        )
    ],
    ("response", "email", 8 * HOUR, 3),
    ("resolution", "asynchronous", 14399, 5), ("resolution", "asynchronous", 14400, 4),
    ("resolution", "asynchronous", 16199, 4), ("resolution", "asynchronous", 16200, 3),
    ("resolution", "asynchronous", 32399, 3), ("resolution", "asynchronous", 32400, 2),
    ("resolution", "asynchronous", 97199, 2), ("resolution", "asynchronous", 97200, 1),
    ("resolution", "real_time", 899, 5), ("resolution", "real_time", 900, 4),
    ("resolution", "real_time", 3599, 4), ("resolution", "real_time", 3600, 3),
    ("resolution", "real_time", 7199, 3), ("resolution", "real_time", 7200, 2),
    ("resolution", "real_time", 10799, 2), ("resolution", "real_time", 10800, 1),
]  # fmt: skip
"""Dimension, band, median seconds and the level: both sides of every bound."""

ABANDONED: list[tuple[float, int]] = [(29.99, 5), (30, 1)]
"""Percent, and the level of a channel that resolves within minutes."""

ANSWERS: list[tuple[float, float, float | None, int]] = [
    (4.95, 100, None, 5), (4.949, 100, None, 4), (4.95, 100, 90, 5), (4.95, 100, 89.9, 4),
    (4.8, 100, None, 4), (4.79, 100, None, 3), (4.8, 100, 10, 4),
    (4.0, 80, None, 3), (3.99, 80, None, 2), (3.0, 50.1, None, 2), (3.0, 50, None, 1),
]  # fmt: skip
"""Mean CSAT, percent of threes and over, internal quality score, and the level."""

FULL_FAQ = {
    "faq_exists": 1, "faq_is_detailed_or_help_centre": 1, "help_centre": 1,
    "automated_self_service": 1, "order_tracking": 1,
}  # fmt: skip
ALL_SIX = {
    "channels_beside_email": 5, "chat_and_email": 2, "suiting_channels": 100,
    "all_six_channels": 6, "declared_hours": 1, "live_coverage": 95,
}  # fmt: skip
NOTHING_TOLD = {"macros_in_use": 0, "told_ahead": 0, "proactive_on_chat": 0,
                "proactive_in_real_time": 0, "one_to_one_notices": 0}  # fmt: skip
REACHED: list[tuple[str, Mapping[str, float | None], int | None]] = [
    ("channels", ALL_SIX, 5),
    ("channels", {**ALL_SIX, "live_coverage": 94.9}, 4),
    ("channels", {**ALL_SIX, "declared_hours": 0}, 4),
    ("channels", {**ALL_SIX, "declared_hours": None}, 4),
    ("channels", {**ALL_SIX, "all_six_channels": 5}, 4),
    ("channels", {**ALL_SIX, "all_six_channels": 5, "suiting_channels": 99.9}, 3),
    ("channels", {"channels_beside_email": 2, "chat_and_email": 1, "suiting_channels": 50}, 2),
    ("channels", {"channels_beside_email": 1, "chat_and_email": 1, "suiting_channels": 1}, 2),
    ("channels", {"channels_beside_email": 0, "chat_and_email": 1, "suiting_channels": 1,
                  "all_six_channels": 1, "declared_hours": 1, "live_coverage": 99}, 1),
    ("self_service", {**FULL_FAQ, "self_service_rate": 50.1}, 5),
    ("self_service", {**FULL_FAQ, "self_service_rate": 50}, 4),
    ("self_service", {**FULL_FAQ, "self_service_rate": 51, "automated_self_service": None}, 4),
    ("self_service", {**FULL_FAQ, "self_service_rate": 9, "order_tracking": 0}, 3),
    ("self_service", {**dict.fromkeys(FULL_FAQ, 0), "self_service_rate": 9, "faq_exists": 1}, 2),
    ("self_service", {**dict.fromkeys(FULL_FAQ, 0), "self_service_rate": 9}, 1),
    ("self_service", {**dict.fromkeys(FULL_FAQ), "self_service_rate": 9}, None),
    ("proactivity", {**NOTHING_TOLD, "proactive_in_real_time": 1, "one_to_one_notices": 1}, 5),
    ("proactivity", {**NOTHING_TOLD, "proactive_in_real_time": 1, "proactive_on_chat": 1}, 4),
    ("proactivity", {**NOTHING_TOLD, "told_ahead": 1}, 3),
    ("proactivity", {**NOTHING_TOLD, "macros_in_use": 1}, 2),
    ("proactivity", NOTHING_TOLD, 1),
    ("proactivity", {**NOTHING_TOLD, "told_ahead": None}, None),
]  # fmt: skip
"""Dimension, measures and the level, none where what would tell is unknown."""

Figures = Mapping[tuple[date, str, str], tuple[float | None, int, bool]]
"""Value, n and whether it is mature, by month, channel and KPI (of medians the median)."""


@dataclass(frozen=True)
class Ladder:
    """Levels by month, channel and dimension, and of the whole by month."""

    levels: Mapping[tuple[date, str, str], int | None]
    overall: Mapping[date, int | None]


def climb(figures: Figures, channels_used: Mapping[date, set[str]]) -> Ladder:
    """Rate response, resolution and quality of every channel, the shop, and the whole."""
    levels: dict[tuple[date, str, str], int | None] = {}
    overall = {}
    for month in sorted({month for month, _, _ in figures}):
        parts = []
        is_ripe = True
        for dimension, rate in (
            ("response", _response), ("resolution", _resolution), ("quality", _quality)
        ):  # fmt: skip
            weights: list[tuple[int, int]] = []
            dimension_is_ripe = True
            for channel in sorted({name for at, name, _ in figures if at == month} - UNBANDED):
                rated = rate(
                    channel, {k[2]: v for k, v in figures.items() if k[:2] == (month, channel)}
                )
                if rated is None:
                    continue
                level, n, channel_is_ripe = rated
                dimension_is_ripe &= channel_is_ripe
                levels[month, channel, dimension] = level if channel_is_ripe else None
                if levels[month, channel, dimension] is not None:
                    weights.append((level, n))
            of_shop = _of_half(weights) if dimension_is_ripe else None
            levels[month, "all", dimension] = of_shop
            parts.append(of_shop)
            is_ripe &= dimension_is_ripe
        parts.append(_reach(channels_used.get(month, set())))
        overall[month] = min(p for p in parts if p is not None) if is_ripe else None
    return Ladder(levels, overall)


def _under(bounds: Mapping[int, float], value: float) -> int:
    return max((level for level, bound in bounds.items() if value < bound), default=1)


def _response(channel: str, of: Mapping[str, Any]) -> Any:
    answers, waits = of.get("first_response_time"), of.get("average_wait_time")
    if RESPONSES[channel] is INSTANT and channel in ("phone", "video"):
        answers = None
    if channel not in REAL_TIME:
        waits = None
    if waits is not None and (answers is None or waits[1] > answers[1]):
        answers = waits
    if answers is None:
        return None
    value, n, is_ripe = answers
    return (_under(RESPONSES[channel], value) if n >= RATEABLE_N else None), n, is_ripe


def _resolution(channel: str, of: Mapping[str, Any]) -> Any:
    kpi = "average_resolution_time" + ("" if channel in REAL_TIME else "_business")
    value, n, is_ripe = of.get(kpi, (None, 0, True))
    share, calls, calls_are_ripe = of.get("abandonment_rate", (None, 0, True))
    if kpi not in of and "abandonment_rate" not in of:
        return None
    is_ripe = is_ripe and calls_are_ripe
    if calls >= RATEABLE_N and share >= 30:
        return 1, max(n, calls), is_ripe
    bounds = QUICK if channel in REAL_TIME else SLOW
    return (_under(bounds, value) if n >= RATEABLE_N else None), n, is_ripe


def _quality(_: str, of: Mapping[str, Any]) -> Any:
    if "csat_mean" not in of:
        return None
    mean, n, is_ripe = of["csat_mean"]
    reviews = of.get("internal_quality_score", (None,))[0]
    if n < RATEABLE_N:
        return None, n, is_ripe
    if mean >= 4.95 and (reviews is None or reviews >= 90):
        return 5, n, is_ripe
    if mean >= 4:
        return (4 if mean >= 4.8 else 3), n, is_ripe
    return (2 if of["threes_and_over"][0] > 50 else 1), n, is_ripe


def _reach(used: set[str]) -> int:
    """Rate a shop that attests nothing."""
    if used >= {"chat", "email", "phone", "sms", "social", "whatsapp"}:
        return 4
    if used >= {"chat", "email"}:
        return 3
    return 2 if used - {"email"} else 1


def _of_half(weights: Iterable[tuple[int, int]]) -> int | None:
    """Return the level that at least half of what is counted enjoys or better."""
    levels = sorted((level for level, n in weights for _ in range(n)), reverse=True)
    return levels[(len(levels) + 1) // 2 - 1] if levels else None
