"""The service-level ladder: what its levels may hang on, and what lines of it may not do together.

What one line may say is said in seeds.py, and what a measure is in dbt_project/.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_project.seed_spans import Numbered, Slips
    from dagster_project.seeds import LevelBand, LevelStep

MEASURES: Mapping[str, tuple[str, ...]] = {
    "response": ("median_response",),
    "resolution": ("median_resolution", "abandonment_rate"),
    "quality": ("mean_csat", "share_of_threes_and_over", "internal_quality_score"),
    "channels": (
        "channels_beside_email", "chat_and_email", "suiting_channels", "all_six_channels",
        "declared_hours", "live_coverage",
    ),
    "self_service": (
        "faq_exists", "faq_is_detailed_or_help_centre", "order_tracking", "help_centre",
        "automated_self_service", "self_service_rate",
    ),
    "proactivity": (
        "macros_in_use", "told_ahead", "proactive_on_chat", "proactive_in_real_time",
        "one_to_one_notices",
    ),
    "delight": ("gestures",),
}  # fmt: skip
"""What the models measure, by dimension."""

CEILINGS = ("median_response", "median_resolution", "abandonment_rate")
"""The measures of which less is better."""

LEVELS = {"delight": (5,)}
"""The levels that a dimension has lines for, where they are not 2 to 5; 1 asks for nothing."""


def level_band_slips(rows: Numbered[LevelBand]) -> Slips:
    """Yield levels that are left out, and those that ask for no more than one below them."""
    by_band: dict[tuple[Any, ...], list[tuple[int, LevelBand]]] = defaultdict(list)
    by_measure: dict[tuple[Any, ...], list[tuple[int, LevelBand]]] = defaultdict(list)
    for line, row in rows:
        by_band[row.dimension, row.band].append((line, row))
        by_measure[row.dimension, row.band, row.measure].append((line, row))
    for (dimension, band), lines in by_band.items():
        there = {row.level for _, row in lines}
        for level in LEVELS.get(dimension, (2, 3, 4, 5)):
            if level not in there:
                told = f"{dimension} of {band}" if band else dimension
                yield lines[-1][0], f"level: {told} has no level {level}; add its line"
    for dimension in MEASURES.keys() - {dimension for dimension, _ in by_band}:
        yield 1, f"dimension: there is no {dimension}; add its levels"
    for lines in by_measure.values():
        lines.sort(key=lambda numbered: numbered[1].level)
        for (first, below), (line, row) in pairwise(lines):
            if row.clock != below.clock:
                yield line, f"clock: another than in line {first}; take one"
            # How long a business day is says the schedule.
            elif row.unit == below.unit and _asks(row) < _asks(below):
                yield line, f"level: {row.level} asks for less than line {first}; exchange the two"
            elif _asks(row) == _asks(below) and row.measure.startswith("median"):
                yield line, f"level: {row.level} asks for what line {first} does; tell them apart"


def level_step_slips(rows: Numbered[LevelStep]) -> Slips:
    """Yield the levels of a dimension from which no step leads on."""
    there = {(row.dimension, row.level) for _, row in rows}
    for dimension in MEASURES:
        for level in LEVELS.get(dimension, (2, 3, 4, 5)):
            if (dimension, level - 1) not in there:
                yield 1, f"level: {dimension} has no step from level {level - 1}; add its line"


def _asks(row: LevelBand) -> tuple[Any, bool]:
    """Return what grows with what is asked for."""
    if row.at_most is not None:
        return -row.at_most, not row.is_inclusive
    return row.at_least, not row.is_inclusive
