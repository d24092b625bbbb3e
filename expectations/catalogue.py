"""The catalogue of KPIs: reads and checks the definitions in expectations/kpis/, one file each.

How a figure is computed is said in dbt_project/, how it is guarded in the modules beside this one;
here is only what a definition may say. Loading is cheap: nothing here imports Great Expectations.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

KPI_FOLDER = Path(__file__).resolve().parent / "kpis"

Kind = Literal["ratio", "distribution", "set", "state"]
Statistic = Literal["value", "mean", "median", "p90", "count"]
Grain = Literal["day", "week", "month", "quarter", "year"]
Slice = Literal["team", "agent", "topic", "brand", "language", "vip", "campaign"]
Severity = Literal["block", "withhold", "warn"]
Rule = Literal["bounds", "grain", "parts", "marks", "totals", "example", "second_way", "rates"]
Unit = Literal[
    "seconds",
    "percent",
    "points",
    "tickets",
    "customers",
    "channels",
    "chats",
    "pages",
    "currency",
    "ratio",
    "score_1_5",
    "score_1_7",
    "per_100_orders",
    "per_1000_customers",
]
Stream = Literal[
    "tickets",
    "messages",
    "ticket_events",
    "live_contacts",
    "self_service_sessions",
    "surveys",
    "quality_reviews",
    "customers",
    "agents",
    "orders",
    "subscriptions",
    "web_visits",
    "marketing_costs",
    "support_costs",
    "forum_threads",
    "forum_posts",
    "gestures",
    "agent_shifts",
]

MONEY_STREAMS: tuple[Stream, ...] = ("orders", "marketing_costs", "support_costs")
"""The streams whose records hold amounts, each in a currency of its own."""

RULES: tuple[Rule, ...] = get_args(Rule)
SCALES: Mapping[str, int] = {
    "percent": 100,
    "points": 100,
    "per_100_orders": 100,
    "per_1000_customers": 1000,
}
"""What numerator / denominator is multiplied by; 1 for a unit that is not named here."""

WATCHED_AT_EQUAL_AGE = ("first_response_time",)
"""KPIs that still move, of which a model of their own tells how each day stood at its end."""

_SECONDS: Mapping[str, int] = {"d": 86_400, "h": 3_600}
_STATISTICS_OF_KIND: Mapping[Kind, frozenset[Statistic]] = {
    "ratio": frozenset({"value", "mean"}),
    "distribution": frozenset({"mean", "median", "p90"}),
    "set": frozenset({"value"}),
    "state": frozenset({"count"}),
}
_SINGLE_STATISTIC: frozenset[Kind] = frozenset({"ratio", "set", "state"})
_EXPRESSIONS_OF_KIND: Mapping[Kind, frozenset[str]] = {
    "ratio": frozenset({"numerator", "denominator"}),
    "distribution": frozenset({"value"}),
    "set": frozenset({"numerator", "denominator"}),
    "state": frozenset(),
}


class DefinitionError(Exception):
    """A definition cannot be used. The message names the file, the key and the remedy."""


def _days_or_hours(text: object) -> object:
    if not isinstance(text, str) or re.fullmatch(r"\d+[dh]", text) is None:
        raise ValueError("should be whole days or hours, such as 14d or 72h")
    return text


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


DaysOrHours = Annotated[str, BeforeValidator(_days_or_hours)]
Expression = Annotated[str, AfterValidator(_in_one_line)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Label(_Strict):
    """The name that readers see."""

    en: str = Field(min_length=1)
    ko: str = Field(min_length=1)


class Bounds(_Strict):
    """Between what every value must lie, both ends included."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("should give at_least, at_most or both")
        return self


class Severities(_Strict):
    """What a broken rule does: `block` the night, `withhold` this KPI, or `warn`."""

    bounds: Severity = "withhold"
    grain: Severity = "block"
    parts: Severity = "block"
    marks: Severity = "block"
    totals: Severity = "block"
    example: Severity = "block"
    second_way: Severity = "block"
    rates: Severity = "withhold"


class Watch(_Strict):
    """How far a day has to lie from its like before anybody is told.

    Attributes:
        points: The least change of a percentage, in points.
        times: The least change of a time, as a share of what is expected.
        errors: The least change in standard errors of as many observations as there are.
        by_hour: Whether hours are watched too.
    """

    points: float | None = Field(default=None, gt=0)
    times: float | None = Field(default=None, gt=0)
    errors: float = Field(default=3.75, gt=0)
    by_hour: bool = False


class SecondWay(_Strict):
    """The documented formula worked out from single records, in another form than the model's.

    Attributes:
        records: A select over facts and entities (tickets are on file as facts alone) that yields
            one row for each single record, with its plain columns. Where a record has a name,
            `source` and its key come first (or `record`, such as `ticket 12`), so that `make
            explain` can name it. Of a ratio or a distribution they include `at`, the instant that
            decides the period (UTC), and `channel`; of a set or a state by channel `channel`. It
            may use `$as_of`, and `$timezone`, which is the reporting zone, and UTC in the example;
            of a set or a state also `$starts_at` and `$ends_at`, between which the period runs
            (UTC), and `$as_of` is then where the streams that it needs stop: a period that still
            runs there ends just after it.
        where: A pandas expression over those columns: which records take part. It and the
            expressions below may use `@as_of`, and `@starts_at` and `@ends_at` like `records`.
            They see one record at a time: what hangs on several is said in `records`, since the
            records of several periods are worked out together.
        numerator, denominator: Pandas expressions, summed over the records (ratio and set).
        n: A pandas expression, summed over the records: how many a set's figure rests on, where
            that is not its denominator.
        value: A pandas expression, the observation (distribution); empty is no observation.
    """

    records: str = Field(min_length=1)
    where: Expression | None = None
    numerator: Expression | None = None
    denominator: Expression | None = None
    n: Expression | None = None
    value: Expression | None = None


class Example(_Strict):
    """A case worked out by hand; the second way has to give what it states.

    Attributes:
        text: The case in words.
        rows: For each table (`facts.fct_tickets`) its rows; columns left out are unknown.
            `repeat: n` writes a row n times, and `{n}` in a text is then its number.
        gives: The value of each statistic.
        as_of, starts_at, ends_at: Instants in UTC, where `records` asks for them.
    """

    text: str = Field(min_length=1)
    rows: Mapping[str, list[dict[str, Any]]] = Field(min_length=1)
    gives: Mapping[Statistic, float] = Field(min_length=1)
    as_of: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Mutant(_Strict):
    """A slip that somebody could make in the model, which the guards have to notice.

    Attributes:
        name: The slip in words.
        replace: A piece of the compiled SQL of the model, found there exactly once; runs of
            white space count as one.
        by: What stands there after the slip.
    """

    name: str = Field(min_length=1)
    replace: str = Field(min_length=1)
    by: str


class KpiDefinition(_Strict):
    """All that is said about one KPI.

    Attributes:
        matures_after: How long after a period's end its figure can still move by itself.
        money: The streams of those it needs whose amounts it adds up.
        stands_for: How many each observation of a state stands for, where it is an estimate.
        watched: Sudden changes of it are looked for every night, where this is given.
        document, section: Where the KPI comes from.
        status: `document` where the document gives the formula, `settled` where we fixed it.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    label: Label
    question: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    counts: str = Field(min_length=1)
    leaves_out: str = Field(min_length=1)
    numerator: str | None = None
    denominator: str | None = None
    unit: Unit
    better: Literal["higher", "lower", "neutral"]
    attributed_to: str = Field(min_length=1)
    matures_after: DaysOrHours = "0d"
    needs: list[Stream] = Field(min_length=1)
    money: list[Stream] = Field(default=[])
    statistics: list[Statistic] = Field(default=["value"], min_length=1)
    stands_for: int = Field(default=1, ge=1)
    grains: list[Grain] = Field(default=list(get_args(Grain)), min_length=1)
    by_channel: bool = True
    slices: list[Slice] = Field(default=[])
    watched: Watch | None = None
    document: str = Field(min_length=1)
    section: str = Field(min_length=1)
    status: Literal["document", "settled"]
    owner: str = Field(min_length=1)
    bounds: Bounds
    severities: Severities = Severities()
    second_way: SecondWay
    example: Example
    mutants: list[Mutant] = Field(min_length=3)

    @property
    def scale(self) -> int:
        """What numerator / denominator is multiplied by."""
        return SCALES.get(self.unit, 1)

    @property
    def matures_after_seconds(self) -> int:
        """How long after a period's end its figure can still move by itself, in seconds."""
        number, unit = int(self.matures_after[:-1]), self.matures_after[-1]
        return number * _SECONDS[unit]

    @field_validator("statistics", "grains", "slices", "needs", "money")
    @classmethod
    def _named_once(cls, values: list[str]) -> list[str]:
        if len(set(values)) < len(values):
            raise ValueError("should name each entry once")
        return values

    @field_validator("grains")
    @classmethod
    def _finest_first(cls, grains: list[Grain]) -> list[Grain]:
        order = get_args(Grain)
        if grains != sorted(grains, key=order.index):
            raise ValueError(f"should be in the order {', '.join(order)}")
        return grains

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        known = _STATISTICS_OF_KIND[self.kind]
        if not set(self.statistics) <= known or (
            self.kind in _SINGLE_STATISTIC and len(self.statistics) > 1
        ):
            how_many = "one" if self.kind in _SINGLE_STATISTIC else "some"
            raise ValueError(
                f"statistics: a {self.kind} has {how_many} of {', '.join(sorted(known))}"
            )
        expressions = {"numerator", "denominator", "value"}
        given = {name for name in expressions if getattr(self.second_way, name) is not None}
        if given != _EXPRESSIONS_OF_KIND[self.kind]:
            wanted = " and ".join(sorted(_EXPRESSIONS_OF_KIND[self.kind])) or "records alone"
            raise ValueError(f"second_way: of a {self.kind} it gives {wanted}")
        if self.second_way.n is not None and self.kind != "set":
            raise ValueError(f"second_way: the n of a {self.kind} is no expression")
        if not set(self.money) <= set(self.needs) & set(MONEY_STREAMS):
            raise ValueError(
                f"money: should be some of {', '.join(MONEY_STREAMS)}, each of them in needs"
            )
        if self.stands_for > 1 and self.kind != "state":
            raise ValueError(f"stands_for: an observation of a {self.kind} stands for itself")
        self._can_be_watched()
        if set(self.example.gives) != set(self.statistics):
            raise ValueError("example.gives: should state a value for each of the statistics")
        return self

    def _can_be_watched(self) -> None:
        """A day is held against others at the same age, and by what its kind is told."""
        if self.watched is None:
            return
        of_times = self.kind == "distribution" and self.unit == "seconds"
        if not of_times and not (self.kind == "ratio" and self.unit == "percent"):
            raise ValueError("watched: only times and percentages are")
        if self.watched.points is None or (of_times and self.watched.times is None):
            raise ValueError("watched: give points, and of a time times too")
        if self.matures_after_seconds and self.id not in WATCHED_AT_EQUAL_AGE:
            raise ValueError("watched: its young days still move, and are no days like others")


def load_catalogue(folder: Path = KPI_FOLDER) -> list[KpiDefinition]:
    """Return the definitions of a folder, by id.

    Raises:
        DefinitionError: With every fault of every file.
    """
    definitions, faults = [], []
    for path in sorted(folder.glob("*.yml")):
        try:
            definitions.append(_read(path))
        except DefinitionError as fault:
            faults.append(str(fault))
    if faults:
        raise DefinitionError("\n".join(faults))
    return definitions


def _read(path: Path) -> KpiDefinition:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DefinitionError(f"{path}: is not YAML: {error}. Mend the line it names.") from error
    if not isinstance(content, dict):
        raise DefinitionError(f"{path}: holds no keys. Copy a definition that stands beside it.")
    try:
        definition = KpiDefinition.model_validate(content)
    except ValidationError as error:
        raise DefinitionError("\n".join(_faults(path, error))) from error
    if definition.id != path.stem:
        raise DefinitionError(
            f"{path}: id: is {definition.id}, not the file's name. Rename one of the two."
        )
    return definition


def _faults(path: Path, error: ValidationError) -> Iterable[str]:
    for fault in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in fault["loc"])
        place = f"{path}: {key}" if key else f"{path}"
        says = fault["msg"].removeprefix("Value error, ")
        match fault["type"]:
            case "missing":
                yield f"{place}: is missing. Add the key."
            case "extra_forbidden":
                yield f"{place}: is no key of a definition. Take it out or mend its spelling."
            case _:
                yield f"{place}: {says}. Mend the entry."


def dbt_vars(definitions: Iterable[KpiDefinition]) -> list[dict[str, Any]]:
    """Return what dbt has to know of each KPI in order to roll its observations up."""
    return [
        {
            "id": definition.id,
            "kind": definition.kind,
            "unit": definition.unit,
            "scale": definition.scale,
            "watched": definition.watched and definition.watched.model_dump(),
            "better": definition.better,
            "statistics": definition.statistics,
            "grains": definition.grains,
            "by_channel": definition.by_channel,
            "slices": definition.slices,
            "needs": definition.needs,
            "matures_after_seconds": definition.matures_after_seconds,
        }
        for definition in definitions
    ]


def catalogue_json(definitions: Iterable[KpiDefinition]) -> str:
    """Return the rows of marts.kpi_catalogue as a JSON list, for dbt to read."""
    rows = [
        {
            "kpi_id": definition.id,
            "label_en": definition.label.en,
            "label_ko": definition.label.ko,
            "question": definition.question,
            "definition": definition.definition,
            "counts": definition.counts,
            "leaves_out": definition.leaves_out,
            "numerator": definition.numerator,
            "denominator": definition.denominator,
            "unit": definition.unit,
            "better": definition.better,
            "attributed_to": definition.attributed_to,
            "matures_after": definition.matures_after,
            "needs": ", ".join(definition.needs),
            "document": definition.document,
            "section": definition.section,
            "status": definition.status,
            "owner": definition.owner,
        }
        for definition in definitions
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
