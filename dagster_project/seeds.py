"""The decisions that a shop keeps as tables: what each must look like, and whose goes before whose.

What a row does to a figure is said in dbt_project/, where it is read.
"""

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dagster_project.home import PROJECT_ROOT, Home
from dagster_project.landing.instants import known_zone
from dagster_project.landing.texts import TextRules, expression
from dagster_project.seed_ladder import CEILINGS, MEASURES, level_band_slips, level_step_slips
from dagster_project.seed_spans import (
    MINUTES_OF_A_DAY,
    Span,
    holiday_slips,
    minutes_open,
    schedule_slips,
    sla_target_slips,
)

PROJECT_SEEDS = PROJECT_ROOT / "seeds"

COUNTED = re.compile(r"[1-9][0-9]*")
NAMED_UNITS = ("tag", "schedule")
"""Units of settings that are names; the others count something."""


class SeedError(Exception):
    """Seeds cannot be used. The message names each file, line and remedy."""


def _unknown_where_empty(text: Any) -> Any:
    return None if isinstance(text, str) and not text.strip() else text


def _as_spelt(text: Any) -> Any:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text == "true"


def _as_a_direction(text: Any) -> Any:
    return {"higher": "up", "lower": "down"}.get(text, text)


def _days_in_order(text: str) -> str:
    try:
        days = sorted({date.fromisoformat(day.strip()) for day in text.split(";")})
    except ValueError:
        raise ValueError("write days like 2026-03-31, with ; between them") from None
    return ";".join(map(str, days))


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Word = Annotated[Text, StringConstraints(to_lower=True)]
Name = Annotated[Text, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Currency = Annotated[Text, StringConstraints(pattern=r"^[A-Z]{3}$")]
Flag = Annotated[bool, BeforeValidator(_as_spelt)]
Share = Annotated[Decimal, Field(gt=0, lt=1)]
Unknown = BeforeValidator(_unknown_where_empty)
Zone = Annotated[Text, AfterValidator(known_zone)]
Opening = Annotated[Text, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Figure = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
Days = Annotated[Text, AfterValidator(_days_in_order)]
Closing = Annotated[Text, StringConstraints(pattern=r"^([0-3][0-9]|4[0-7]):[0-5][0-9]$")]
Dimension = Literal[
    "response", "resolution", "quality", "channels", "self_service", "proactivity", "delight"
]


class Row(BaseModel):
    """One row of a seed; its fields are the columns, in their order.

    Attributes:
        key: The columns that no two rows may share.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: ClassVar[tuple[str, ...]]


class Setting(Row):
    """A number or word that a rule hangs on."""

    key = ("name",)
    name: Name
    value: Text
    unit: Text
    changes: Text
    since: date

    @model_validator(mode="after")
    def _counts_what_it_counts(self) -> "Setting":
        if self.unit not in NAMED_UNITS and not COUNTED.fullmatch(self.value):
            raise ValueError(f"value must be a whole number of {self.unit} above 0")
        return self


class Channel(Row):
    """A channel that figures are cut by."""

    key = ("channel",)
    channel: Name
    label_en: Text
    label_ko: Text
    is_real_time: Flag
    is_human: Flag
    response_band: Annotated[Name | None, Unknown]
    resolution_band: Annotated[Literal["asynchronous", "real_time"] | None, Unknown]
    wait_target_seconds: Annotated[PositiveInt | None, Unknown]
    share_target: Annotated[Share | None, Unknown]


class ChannelWord(Row):
    """What a source (or a kind of source) calls a channel; an empty one says that it is none."""

    key = ("source", "vendor_channel")
    source: Name
    vendor_channel: Word
    channel: Annotated[Name | None, Unknown]


class ListedWord(Row):
    """A word of a list that shops may add to."""

    key = ("value",)
    value: Name
    label_en: Text
    label_ko: Text


class Topic(Row):
    """What customers write about."""

    key = ("topic",)
    topic: Name
    label_en: Text
    label_ko: Text
    is_post_purchase: Flag
    department: Annotated[Text | None, Unknown]


class TopicRule(Row):
    """How a ticket gets a topic.

    Attributes:
        pattern: The whole of a tag; of a text the words to be found in it, or a regular expression.
    """

    key = ("topic", "field", "pattern", "language")
    topic: Name
    field: Literal["tag", "subject", "body"]
    pattern: Text
    language: Annotated[Word | None, Unknown]
    priority: NonNegativeInt

    @field_validator("pattern")
    @classmethod
    def _can_be_looked_for(cls, pattern: str, told: ValidationInfo) -> str:
        if told.data.get("field") not in ("subject", "body"):
            return pattern.lower()
        composed = unicodedata.normalize("NFC", pattern)
        expression(composed)
        return composed


class PersonLink(Row):
    """Two customers that are one person, or are not, whatever their addresses say."""

    key = ("source_a", "customer_a", "source_b", "customer_b")
    action: Literal["join", "split"]
    source_a: Name
    customer_a: Text
    source_b: Name
    customer_b: Text
    why: Text

    @model_validator(mode="after")
    def _links_two(self) -> "PersonLink":
        if (self.source_a, self.customer_a) == (self.source_b, self.customer_b):
            raise ValueError("a and b are the same customer; name two, or take the line out")
        return self


class AutomationRule(Row):
    """What a helpdesk's automation rule means by what it writes."""

    key = ("source", "rule_id")
    source: Name
    rule_id: Text
    purpose: Literal["answer", "acknowledgement", "survey", "other"]


class ExchangeRate(Row):
    """What one unit of a currency was worth in another, from a date on."""

    key = ("on_date", "currency", "to_currency")
    on_date: date
    currency: Currency
    to_currency: Currency
    rate: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=8)]

    @model_validator(mode="after")
    def _exchanges(self) -> "ExchangeRate":
        if self.currency == self.to_currency:
            raise ValueError("a currency is worth 1 in itself; take the line out")
        return self


class Schedule(Row):
    """Open hours of a weekday, 1 to 7 from Monday on, by the clocks of a zone.

    Attributes:
        timezone: None is the reporting zone.
        closes_at: Past midnight it is 26:00, or simply 02:00.
        valid_from, valid_until: The first and the last day on which they hold; None is no bound.
    """

    key = ("schedule_id", "weekday", "opens_at", "valid_from")
    schedule_id: Name
    timezone: Annotated[Zone | None, Unknown]
    weekday: Annotated[int, Field(ge=1, le=7)]
    opens_at: Opening
    closes_at: Closing
    valid_from: Annotated[date | None, Unknown]
    valid_until: Annotated[date | None, Unknown]

    @property
    def minutes(self) -> Span:
        """The minutes after midnight between which it is open."""
        return minutes_open(self.opens_at, self.closes_at)

    @model_validator(mode="after")
    def _is_sound(self) -> "Schedule":
        _hold_in_order(self.valid_from, self.valid_until)
        _hold_within_a_day(self.minutes)
        return self


class Holiday(Row):
    """A local date with hours of its own in a schedule, or none: then it is closed."""

    key = ("schedule_id", "on_date", "opens_at")
    schedule_id: Name
    on_date: date
    opens_at: Annotated[Opening | None, Unknown]
    closes_at: Annotated[Closing | None, Unknown]
    name: Text

    @property
    def minutes(self) -> Span | None:
        """The minutes after midnight between which it is open; None where it is closed."""
        if self.opens_at is None or self.closes_at is None:
            return None
        return minutes_open(self.opens_at, self.closes_at)

    @model_validator(mode="after")
    def _is_sound(self) -> "Holiday":
        if (self.opens_at is None) != (self.closes_at is None):
            raise ValueError("give both opens_at and closes_at, or neither for a day off")
        if self.minutes is not None:
            _hold_within_a_day(self.minutes)
        return self


class SlaTarget(Row):
    """How soon an SLA clock has to stop. An empty channel, priority or group is any.

    Attributes:
        schedule_id: For business time; None is the setting `business_schedule`.
        valid_from, valid_until: The first and the last day on which clocks that start are under
            it, in the reporting zone; None is no bound.
    """

    key = ("policy_id", "clock", "channel", "priority", "customer_group", "valid_from")
    policy_id: Text
    clock: Literal["first_reply", "next_reply", "resolution"]
    channel: Annotated[Name | None, Unknown]
    priority: Annotated[Literal["low", "normal", "high", "urgent"] | None, Unknown]
    customer_group: Annotated[Literal["vip", "standard"] | None, Unknown]
    target_seconds: PositiveInt
    clock_kind: Literal["calendar", "business"]
    schedule_id: Annotated[Name | None, Unknown]
    valid_from: Annotated[date | None, Unknown]
    valid_until: Annotated[date | None, Unknown]

    @property
    def scope(self) -> tuple[str | None, ...]:
        """The clocks that it is for."""
        return self.clock, self.channel, self.priority, self.customer_group

    @model_validator(mode="after")
    def _is_sound(self) -> "SlaTarget":
        _hold_in_order(self.valid_from, self.valid_until)
        if self.clock_kind == "calendar" and self.schedule_id is not None:
            raise ValueError("calendar time knows no schedule; take schedule_id out")
        return self


def _hold_in_order(valid_from: date | None, valid_until: date | None) -> None:
    if valid_from and valid_until and valid_until < valid_from:
        raise ValueError("valid_until lies before valid_from; mend one of the two")


def _hold_within_a_day(minutes: Span) -> None:
    if minutes[1] - minutes[0] > MINUTES_OF_A_DAY:
        raise ValueError("closes_at lies over 24 hours after opens_at; split it over two weekdays")


class Goal(Row):
    """What a figure is to come to by when; whether it is SMART is judged in dbt_project/.

    Attributes:
        statistic: Whose value `target` and `baseline` are; none where the goal is a share.
        threshold_seconds, share: So large a share (0.8) within so long; its baseline is in percent.
        checkpoints: Days, with `;` between them.
        stretch: Whether a leap is meant: 75 % and more, or from nothing.
    """

    key = ("goal_id",)
    goal_id: Name
    kpi_id: Text
    channel: Name
    statistic: Annotated[Name | None, Unknown]
    threshold_seconds: Annotated[PositiveInt | None, Unknown]
    share: Annotated[Share | None, Unknown]
    target: Annotated[Figure | None, Unknown]
    direction: Annotated[Literal["up", "down"] | None, Unknown, BeforeValidator(_as_a_direction)]
    baseline: Annotated[Figure | None, Unknown]
    starts_on: Annotated[date | None, Unknown]
    due_on: Annotated[date | None, Unknown]
    checkpoints: Annotated[Days | None, Unknown]
    owner: Annotated[Text | None, Unknown]
    relevance: Annotated[Text | None, Unknown]
    stretch: Annotated[Flag | None, Unknown]


class LevelBand(Row):
    """What a level of the service-level ladder asks of a measure."""

    key = ("dimension", "band", "level", "measure")
    dimension: Dimension
    band: Annotated[Name | None, Unknown]
    level: Annotated[int, Field(ge=2, le=5)]
    measure: Name
    at_least: Annotated[Figure | None, Unknown]
    at_most: Annotated[Figure | None, Unknown]
    is_inclusive: Flag
    unit: Literal[
        "seconds", "business_days", "percent", "score", "channels", "tickets", "messages",
        "gestures", "attested",
    ]  # fmt: skip
    clock: Annotated[Literal["calendar", "business"] | None, Unknown]
    met_where_unknown: Flag
    provenance: Literal["document", "assumption"]
    document: Text

    @model_validator(mode="after")
    def _can_be_measured(self) -> "LevelBand":
        known = MEASURES[self.dimension]
        if self.measure not in known:
            raise ValueError(f"{self.dimension} has no {self.measure}; take {' or '.join(known)}")
        given, other = (
            (self.at_most, self.at_least)
            if self.measure in CEILINGS
            else (self.at_least, self.at_most)
        )
        if given is None or other is not None:
            bound = "at_most" if self.measure in CEILINGS else "at_least"
            raise ValueError(f"{bound}: {self.measure} is bounded by it alone; give one figure")
        if self.measure == "median_response" and self.clock != "calendar":
            raise ValueError("clock: responses are judged by the calendar; write calendar")
        if self.measure == "median_resolution" and self.clock is None:
            raise ValueError("clock: write calendar or business")
        if self.unit == "business_days" and self.clock != "business":
            raise ValueError("clock: business days are business time; write business")
        return self


class LevelStep(Row):
    """What takes a shop from a level of the ladder to the next."""

    key = ("level", "dimension")
    level: Annotated[int, Field(ge=1, le=4)]
    dimension: Dimension
    step_en: Text
    step_ko: Text
    document: Text


class Attestation(Row):
    """What no data can show, and who says so."""

    key = ("fact", "since")
    fact: Literal[
        "faq_exists",
        "faq_is_detailed",
        "help_centre",
        "order_tracking",
        "automated_self_service",
        "declared_hours",
        "told_ahead",
        "one_to_one_notices",
        "suiting_channels",
    ]
    value: Text
    since: date
    until: Annotated[date | None, Unknown]
    by_whom: Text

    @model_validator(mode="after")
    def _says_what_can_be_said(self) -> "Attestation":
        can_be_said = {
            "suiting_channels": None,
            "declared_hours": ("round_the_clock", "part_of_the_day"),
        }.get(self.fact, ("yes", "no"))
        if can_be_said is not None and self.value not in can_be_said:
            raise ValueError(f"value: write {' or '.join(can_be_said)}")
        if self.until is not None and self.until < self.since:
            raise ValueError("until lies before since; mend one of the two")
        return self


class Benchmark(Row):
    """A figure that the documents give, for charts and goals."""

    key = ("what",)
    what: Text
    kpi_id: Name
    channel: Annotated[Name | None, Unknown]
    value: Figure
    value_up_to: Annotated[Figure | None, Unknown]
    unit: Name
    share: Annotated[Share | None, Unknown]
    share_satisfied: Annotated[Share | None, Unknown]
    document: Text
    section: Text


class GuardWaiver(Row):
    """A rule that is not held against a KPI until a date, and who answers for that."""

    key = ("kpi_id", "rule")
    kpi_id: Name
    rule: Text
    until: date
    who: Text
    why: Text


SEEDS: Mapping[str, type[Row]] = {
    "settings": Setting,
    "channels": Channel,
    "channel_map": ChannelWord,
    "session_tools": ListedWord,
    "cost_categories": ListedWord,
    "gesture_kinds": ListedWord,
    "topics": Topic,
    "topic_rules": TopicRule,
    "person_links": PersonLink,
    "automation_rules": AutomationRule,
    "exchange_rates": ExchangeRate,
    "schedules": Schedule,
    "holidays": Holiday,
    "sla_targets": SlaTarget,
    "goals": Goal,
    "guard_waivers": GuardWaiver,
    "level_bands": LevelBand,
    "level_steps": LevelStep,
    "service_attestations": Attestation,
    "benchmarks": Benchmark,
}


REFERENCES = (
    ("channel_map", "channel", "channels"),
    ("topic_rules", "topic", "topics"),
    ("holidays", "schedule_id", "schedules"),
    ("sla_targets", "channel", "channels"),
    ("sla_targets", "schedule_id", "schedules"),
    ("benchmarks", "channel", "channels"),
)
"""Seed, column, and the seed that has what stands in it under the same column."""

TOGETHER = (
    ("schedules", schedule_slips),
    ("holidays", holiday_slips),
    ("sla_targets", sla_target_slips),
    ("level_bands", level_band_slips),
    ("level_steps", level_step_slips),
)
"""Seed, and what finds the rows that cannot stand together."""


def merge_seeds(
    home: Home, shop_seeds: Path | None, *, project_seeds: Path = PROJECT_SEEDS
) -> Path:
    """Check the project's seeds, those of the shop in their place, and write them for dbt.

    Args:
        home: Below it they are written.
        shop_seeds: A folder of CSVs, each of which replaces the project's of that name whole.
        project_seeds: The folder that holds one CSV for each seed.

    Returns:
        The folder that was written, with one CSV for each seed.

    Raises:
        SeedError: With every file, line and remedy.
    """
    slips = list(_strangers(shop_seeds)) if shop_seeds else []
    tables = {}
    for name, row_type in SEEDS.items():
        own = shop_seeds / f"{name}.csv" if shop_seeds else None
        tables[name] = _Table(
            own if own and own.exists() else project_seeds / f"{name}.csv", row_type
        )
    _hold_settings(tables["settings"], _Table(project_seeds / "settings.csv", Setting))
    _hold_business_schedule(tables["settings"], tables["schedules"])
    _hold_channels_of_goals(tables["goals"], tables["channels"])
    for name, find in TOGETHER:
        for line, what in find(tables[name].rows):
            tables[name].slip(line, what)
    _hold_bands(tables["channels"], tables["level_bands"])
    _hold_suiting(tables["service_attestations"], tables["channels"])
    for name, column, target in REFERENCES:
        tables[name].refer(column, tables[target])
    slips += [slip for table in tables.values() for slip in table.slips]
    if slips:
        raise SeedError("\n".join(slips))

    merged = home.seeds
    merged.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write(merged / f"{name}.csv")
    return merged


def settings_of(home: Home, names: Collection[str]) -> dict[str, int]:
    """Return numbers of the merged settings."""
    table = _Table(home.seeds / "settings.csv", Setting)
    return {row.name: int(row.value) for _, row in table.rows if row.name in names}


def text_rules_of(*folders: Path) -> TextRules:
    """Return the topic rules that read texts, of each of some folders of seeds."""
    tables = [_Table(folder / "topic_rules.csv", TopicRule) for folder in folders]
    return TextRules(
        {
            (row.field, row.pattern)
            for table in tables
            for _, row in table.rows
            if row.field != "tag"
        }
    )


def _strangers(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        yield f"{folder}: there is no such folder; give one that holds CSVs, or leave `seeds` out"
        return
    for path in sorted(folder.iterdir()):
        if path.suffix != ".csv" or path.stem not in SEEDS:
            yield f"{path}: no seed has this name; the seeds are {', '.join(SEEDS)}, as .csv"


def _hold_settings(settings: "_Table", of_project: "_Table") -> None:
    """A shop's settings are the project's, of the same units, with values of its own."""
    known = {row.name: row for _, row in of_project.rows}
    missing = known.keys() - {row.name for _, row in settings.rows} if not settings.slips else ()
    for line, row in settings.rows:
        if row.name not in known:
            settings.slip(line, f"name: there is no setting {row.name}; take the line out")
        elif row.unit != known[row.name].unit:
            settings.slip(line, f"unit: {row.name} is given in {known[row.name].unit}; convert it")
    for name in sorted(missing):
        settings.slip(1, f"{name} is missing; copy its line from {of_project.path}")


def _hold_business_schedule(settings: "_Table", schedules: "_Table") -> None:
    """A setting that names a schedule names one that there is."""
    known = {row.schedule_id for _, row in schedules.rows}
    for line, row in settings.rows:
        if row.unit == "schedule" and row.value not in known:
            settings.slip(
                line, f"value: {row.value} is not in {schedules.path}; take one from there"
            )


def _hold_channels_of_goals(goals: "_Table", channels: "_Table") -> None:
    """A goal is for one channel that there is, or for all."""
    known = {row.channel for _, row in channels.rows} | {"all"}
    for line, row in goals.rows:
        if row.channel not in known:
            goals.slip(
                line,
                f"channel: {row.channel} is not in {channels.path}; take one from there, or all",
            )


def _hold_bands(channels: "_Table", bands: "_Table") -> None:
    """A channel's bands are on the ladder."""
    for dimension in ("response", "resolution"):
        known = {row.band for _, row in bands.rows if row.dimension == dimension}
        for line, row in channels.rows:
            band = getattr(row, f"{dimension}_band")
            if band is not None and band not in known:
                channels.slip(
                    line,
                    f"{dimension}_band: {band} is not in {bands.path}; take one from there,"
                    " or add its levels",
                )


def _hold_suiting(attestations: "_Table", channels: "_Table") -> None:
    """The channels that are said to suit the shop are channels."""
    known = {row.channel for _, row in channels.rows}
    for line, row in attestations.rows:
        if row.fact != "suiting_channels":
            continue
        for word in row.value.split(";"):
            if word.strip().lower() not in known:
                attestations.slip(
                    line,
                    f"value: {word.strip()} is not in {channels.path}; take one from there",
                )


class _Table:
    """The rows of one CSV, each with its line, and what is wrong with them."""

    def __init__(self, path: Path, row_type: type[Row]) -> None:
        self.path = path
        self.rows: list[tuple[int, Any]] = []
        self.slips: list[str] = []
        self._row_type = row_type
        self._columns = list(row_type.model_fields)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            try:
                self._take(reader)
            except (csv.Error, UnicodeDecodeError) as wrong:
                self.slip(reader.line_num + 1, f"{wrong}; save it as CSV in UTF-8, with commas")

    def _take(self, reader: "csv.DictReader[str]") -> None:
        if list(reader.fieldnames or ()) != self._columns:
            self.slip(1, f"the columns must be {','.join(self._columns)}")
            return
        lines: dict[tuple[Any, ...], int] = {}
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                self.slip(line, f"give {len(self._columns)} cells, one for each column")
                continue
            try:
                row = self._row_type.model_validate(cells)
            except ValidationError as wrong:
                for error in wrong.errors():
                    column = "".join(f"{step}: " for step in error["loc"][:1])
                    self.slip(line, column + error["msg"].removeprefix("Value error, "))
                continue
            self.rows.append((line, row))
            first = lines.setdefault(tuple(getattr(row, column) for column in row.key), line)
            if first != line:
                self.slip(line, f"the same {', '.join(row.key)} as in line {first}; keep one")

    def refer(self, column: str, target: "_Table") -> None:
        """Hold that what stands in a column stands in the same column of another table."""
        known = {getattr(row, column) for _, row in target.rows}
        for line, row in self.rows:
            value = getattr(row, column)
            if value is not None and value not in known:
                self.slip(
                    line,
                    f"{column}: {value} is not in {target.path}; take one from there, or add it",
                )

    def slip(self, line: int, what: str) -> None:
        """Note what is wrong, and what mends it."""
        self.slips.append(f"{self.path}, line {line}: {what}")

    def write(self, path: Path) -> None:
        """Write the rows as dbt reads them."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self._columns)
            for _, row in self.rows:
                writer.writerow(map(_cell, row.model_dump(mode="json").values()))


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
