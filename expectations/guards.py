"""Judges tonight's marts before anybody reads them: which rule is broken, and what comes of it.

The rules of a KPI are in rules.py, those of the records as a whole in conservation.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from expectations.catalogue import RULES, DefinitionError, KpiDefinition, Rule, Severity
from expectations.periods import local_instant

if TYPE_CHECKING:
    from expectations.published import Published
    from expectations.suites import Breach

CONSERVATION = "conservation"
"""Stands for the KPI in a result and in a waiver of a rule that is about no single KPI."""

FIGURES_OF_KPIS: Mapping[str, Sequence[str]] = {
    "marts.kpi_values": ("numerator", "denominator", "value"),
    "marts.kpi_latest": (
        *(
            f"{grain}_{figure}"
            for grain in ("week", "month")
            for figure in ("value", "before_value", "change", "change_percent", "trend")
        ),
        "goal_status",
    ),
}
"""The marts with a row for each KPI, and what of a row is withheld with it."""

SHOWN_ELSEWHERE: Mapping[str, Mapping[str, Sequence[str]]] = {
    "first_response_time": {"marts.agent_performance": ["median_first_response_seconds"]},
    "reply_time": {"marts.agent_performance": ["median_reply_seconds"]},
    "average_resolution_time": {"marts.ticket_topics": ["median_resolution_seconds"]},
    "one_touch_resolution_rate": {
        "marts.agent_performance": ["one_touch"],
        "marts.ticket_topics": ["one_touch_share"],
    },
    "csat_score": {
        "marts.agent_performance": ["csat_score", "csat_low", "csat_high"],
        "marts.service_types": ["csat_score"],
        "marts.ticket_topics": ["csat_score"],
    },
    "internal_quality_score": {"marts.agent_performance": ["quality_score"]},
    "chat_concurrency": {"marts.agent_performance": ["chats_at_once"]},
    "cost_per_contact": {"marts.channel_costs": ["cost_per_contact"]},
}
"""Columns of other marts that are figures of a KPI, and are withheld with it."""

DIMENSIONS_OF_KPIS = {
    "first_response_time": "response",
    "average_wait_time": "response",
    "average_resolution_time": "resolution",
    "average_resolution_time_business": "resolution",
    "abandonment_rate": "resolution",
    "csat_mean": "quality",
    "internal_quality_score": "quality",
    "active_channels": "channels",
    "live_coverage": "channels",
    "self_service_rate": "self_service",
    "macro_usage_rate": "proactivity",
}
"""What of marts.service_levels hangs on a KPI."""

PARTS_OF_THE_WHOLE = ("response", "resolution", "quality", "channels")

HISTORY = "history"
"""The rule that holds a KPI's figures against those that were published before."""

_ROWS_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A rule that is not held against a KPI for a while, as seeds/guard_waivers.csv says.

    Attributes:
        until: The last day on which it counts, in the reporting time zone.
    """

    kpi_id: str
    rule: str
    until: date
    who: str
    why: str


@dataclass(frozen=True, kw_only=True)
class GuardResult:
    """What one rule says about one KPI.

    Attributes:
        observed: How many rows break the rule.
        message: The KPI, the rule, and the rows that break it; empty where it holds.
        waived_by: Who lets it pass, until when and why.
    """

    kpi_id: str
    rule: str
    severity: Severity
    passed: bool
    observed: int = 0
    message: str = ""
    waived_by: str | None = None

    @property
    def counts(self) -> bool:
        """Whether the rule is broken and nobody lets that pass."""
        return not self.passed and self.waived_by is None


@dataclass(frozen=True)
class GuardReport:
    """What all rules say about tonight's marts."""

    results: Sequence[GuardResult]

    @property
    def blocked(self) -> bool:
        """Whether nothing may be published."""
        return any(result.counts and result.severity == "block" for result in self.results)

    @property
    def withheld(self) -> dict[str, str]:
        """The reason why a KPI goes out without its figures, for each such KPI."""
        reasons: dict[str, list[str]] = {}
        for result in self.results:
            if result.counts and result.severity == "withhold":
                reasons.setdefault(result.kpi_id, []).append(result.message)
        return {kpi_id: "; ".join(messages) for kpi_id, messages in reasons.items()}

    @property
    def failures(self) -> list[GuardResult]:
        """The broken rules, waived ones included."""
        return [result for result in self.results if not result.passed]


def run_guards(
    connection: duckdb.DuckDBPyConnection,
    definitions: Iterable[KpiDefinition],
    *,
    waivers: Sequence[Waiver],
    as_of: datetime,
    reporting_timezone: str,
) -> GuardReport:
    """Hold the marts of a build to every rule.

    Args:
        connection: An open build; nothing is written to it.
        definitions: The KPIs that the build holds.
        waivers: Rules that are not held against a KPI for a while.
        as_of: The build's cut, with its zone.
        reporting_timezone: Whose calendar the periods follow.

    Raises:
        DefinitionError: Where a definition does not fit the build.
    """
    results = [
        *judge_records(connection),
        *judge_kpis(connection, definitions, as_of=as_of, reporting_timezone=reporting_timezone),
    ]
    today = local_instant(_utc(as_of), reporting_timezone).date()
    return GuardReport([_waived(result, waivers, today) for result in results])


def judge_kpis(
    connection: duckdb.DuckDBPyConnection,
    definitions: Iterable[KpiDefinition],
    *,
    as_of: datetime,
    reporting_timezone: str,
) -> list[GuardResult]:
    """Hold KPIs to their rules, waivers apart. The arguments are those of `run_guards`."""
    from expectations.published import Published

    published = Published.read(
        connection, definitions, as_of=_utc(as_of), timezone=reporting_timezone
    )
    by_rule = [judge_rule(published, rule) for rule in RULES]
    return [result for of_kpi in zip(*by_rule, strict=True) for result in of_kpi]


def judge_rule(published: "Published", rule: Rule) -> list[GuardResult]:
    """Hold the KPIs to one rule, waivers apart."""
    from expectations import rules

    found = rules.broken(published, rule)
    return [
        _judged(kpi.id, rule, getattr(kpi.severities, rule), found.get(kpi.id, []))
        for kpi in published.definitions.values()
    ]


def judge_records(connection: duckdb.DuckDBPyConnection) -> list[GuardResult]:
    """Hold the way from the landing zone to the facts to its balance, waivers apart."""
    from expectations import conservation

    return [
        _judged(CONSERVATION, rule, "block", judge(connection))
        for rule, judge in conservation.RULES.items()
    ]


def judge_history(
    connection: duckdb.DuckDBPyConnection,
    definitions: Iterable[KpiDefinition],
    moved: pd.DataFrame,
    *,
    waivers: Sequence[Waiver],
    as_of: datetime,
    reporting_timezone: str,
) -> list[GuardResult]:
    """Hold the KPIs to how far figures may move that were published before.

    Args:
        connection: An open build; nothing is written to it.
        definitions: The KPIs that the build holds.
        moved: What `history.revisions` returned.
        waivers: Rules that are not held against a KPI for a while.
        as_of: The build's cut, with its zone.
        reporting_timezone: In which a waiver's last day ends.
    """
    from expectations import history

    limits = dict(
        connection.execute(
            "select name, cast(value as double) from seeds.settings where name like 'revision_%'"
        ).fetchall()
    )
    found = history.judge(
        moved,
        warn_percent=limits["revision_warn_percent"],
        block_percent=limits["revision_block_percent"],
        grace_days=limits["revision_grace_days"],
    )
    today = local_instant(_utc(as_of), reporting_timezone).date()
    results = [_judged(kpi.id, HISTORY, *found.get(kpi.id, ("warn", []))) for kpi in definitions]
    return [_waived(result, waivers, today) for result in results]


def withhold(connection: duckdb.DuckDBPyConnection, report: GuardReport) -> None:
    """Take the figures of every withheld KPI out of the marts that show them, and say why there."""
    for kpi_id, reason in report.withheld.items():
        for mart, figures in FIGURES_OF_KPIS.items():
            nothing = "".join(f"{figure} = null, " for figure in figures)
            connection.execute(
                f"update {mart} set {nothing} withheld_reason = ? where kpi_id = ?",
                [reason, kpi_id],
            )
        for mart, figures in SHOWN_ELSEWHERE.get(kpi_id, {}).items():
            nothing = ", ".join(f"{figure} = null" for figure in figures)
            connection.execute(f"update {mart} set {nothing}")
        if kpi_id in DIMENSIONS_OF_KPIS:
            _withhold_levels(connection, DIMENSIONS_OF_KPIS[kpi_id], reason)
        connection.execute(
            """
            update marts.goal_progress
            set
                current = null, n = null, period_start = null, progress_ratio = null,
                status = 'no_data', reason = ?
            where kpi_id = ? and status <> 'refused'
            """,
            [f"withheld: {reason}", kpi_id],
        )
        connection.execute("delete from marts.deviations where kpi_id = ?", [kpi_id])


def _withhold_levels(connection: duckdb.DuckDBPyConnection, dimension: str, reason: str) -> None:
    """Leave a dimension of the ladder unrated, and the whole where it is a part of that."""
    dimensions = [dimension]
    if dimension in PARTS_OF_THE_WHOLE:
        dimensions += ["overall", "delight"]
    connection.execute(
        """
        update marts.service_levels
        set
            level = null, label_en = null, label_ko = null, value = null, next_level_asks = null,
            next_level_needs = null, gap = null, tickets_a_week_it_means = null,
            next_step_en = null, next_step_ko = null, reason = ?
        where list_contains(?, dimension)
        """,
        [f"withheld: {reason}", dimensions],
    )


def read_waivers(
    connection: duckdb.DuckDBPyConnection, definitions: Iterable[KpiDefinition]
) -> list[Waiver]:
    """Return the waivers of a build.

    Raises:
        DefinitionError: Where one names no KPI or rule that exists.
    """
    from expectations import conservation

    known: set[tuple[str, str]] = {(CONSERVATION, rule) for rule in conservation.RULES}
    rules = (*RULES, HISTORY)
    known |= {(definition.id, rule) for definition in definitions for rule in rules}
    rows = connection.execute(
        "select kpi_id, rule, until, who, why from seeds.guard_waivers order by all"
    ).fetchall()
    waivers = [
        Waiver(kpi_id=kpi_id, rule=rule, until=until, who=who, why=why)
        for kpi_id, rule, until, who, why in rows
    ]
    for waiver in waivers:
        if (waiver.kpi_id, waiver.rule) not in known:
            raise DefinitionError(
                f"guard_waivers.csv: {waiver.kpi_id}, {waiver.rule}: there is no such KPI and rule."
                f" Take the line out, or name one of {', '.join(rules)}."
            )
    return waivers


def _judged(kpi_id: str, rule: str, severity: Severity, found: Sequence["Breach"]) -> GuardResult:
    return GuardResult(
        kpi_id=kpi_id,
        rule=rule,
        severity=severity,
        passed=not found,
        observed=sum(len(breach.rows) for breach in found),
        message="; ".join(_in_words(kpi_id, rule, breach) for breach in found),
    )


def _in_words(kpi_id: str, rule: str, breach: "Breach") -> str:
    rows = "; ".join(
        ", ".join(f"{name} {_plain(value)}" for name, value in row.items())
        for row in breach.rows.head(_ROWS_NAMED).to_dict("records")
    )
    count = len(breach.rows)
    first = "" if count <= _ROWS_NAMED else f", the first {_ROWS_NAMED}"
    return f"{kpi_id}, rule {rule}: {breach.says} ({count} row{'s' * (count != 1)}{first}: {rows})"


def _plain(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _waived(result: GuardResult, waivers: Sequence[Waiver], today: date) -> GuardResult:
    if result.passed:
        return result
    for waiver in waivers:
        if (waiver.kpi_id, waiver.rule) == (result.kpi_id, result.rule) and today <= waiver.until:
            return replace(result, waived_by=f"{waiver.who} until {waiver.until}: {waiver.why}")
    return result


def _utc(as_of: datetime) -> pd.Timestamp:
    if as_of.tzinfo is None:
        raise ValueError("as_of has no zone: give it with datetime.UTC")
    return pd.Timestamp(as_of).tz_convert("UTC").tz_localize(None)
