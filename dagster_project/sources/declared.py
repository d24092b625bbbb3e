"""A mapping of columns in so many words, without SQL: names, constants, words, dates, numbers.

A value that does not fit what is declared stays as it was given: the contract check of the landing
zone says what is wrong with it, and keeps the record. What asks for more than this is a select.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache, partial
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from dagster_project.landing.instants import known_zone
from dagster_project.sources.entities import Column, Entity
from dagster_project.sources.formats import Row, plain
from dagster_project.sources.values import Convert, is_unknown, number

Unit = Literal["milliseconds", "minutes", "hours", "days", "cents"]

SECONDS_IN = {
    "milliseconds": Decimal("0.001"),
    "minutes": Decimal(60),
    "hours": Decimal(3600),
    "days": Decimal(86_400),
}
MONEY_IN = {"cents": Decimal("0.01")}

THOUSANDS = r"[. '\u00a0\u202f]"
DECIMAL_COMMA = re.compile(rf"[+-]?([0-9]{{1,3}}({THOUSANDS}[0-9]{{3}})+|[0-9]+)(,[0-9]+)?")

A_MOMENT = datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)

REMEMBERED_DATES = 10_000


def _tells_a_day(form: str) -> str:
    try:
        told = datetime.strptime(A_MOMENT.strftime(form), form).date()
    except ValueError:
        told = None
    if told != A_MOMENT.date():
        raise ValueError("is no format of a date; write one such as '%d/%m/%Y %H:%M'")
    return form


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _as_a_file_holds_it(given: Any) -> Any:
    return plain(given) if isinstance(given, date) else given


def _in_quotes(words: Any) -> Any:
    """Hold that the words are text: YAML takes a bare Yes for true, and 1 for a number."""
    if isinstance(words, dict):
        for word in words:
            if not isinstance(word, str):
                raise ValueError(f"the word {word} is no text to YAML; put it in quotes")  # noqa: TRY004
    return words


Constant = Annotated[
    StrictStr | StrictBool | StrictInt | StrictFloat, BeforeValidator(_as_a_file_holds_it)
]
Words = Annotated[Mapping[StrictStr, Constant | None], BeforeValidator(_in_quotes)]
Format = Annotated[StrictStr, AfterValidator(_tells_a_day)]


class Declared(BaseModel):
    """How the columns of a file become those of an entity.

    A column of the file that has the entity's own name needs no word; one that is none of the
    entity's is kept under `extra`.

    Attributes:
        rename: For a column of the entity, the file's name of it. The date by which versions of a
            record are told apart is `updated_at`.
        constants: For a column of the entity, what it is in every record of the file.
        values: For a column of the entity, the file's words (in any case) and what they stand for.
        null_tokens: Words (in any case) that stand for nothing.
        dates: How the file writes instants and dates where it is not in ISO 8601, as Python's
            strptime says it; of several the first that fits. A day alone is its midnight.
        timezone: The IANA zone of instants without an offset, where it is not the source's.
        decimal_comma: Whether the file writes 1.234,50.
        units: For a column in seconds or of money, the unit in which the file gives it; what comes
            to parts of a second is rounded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rename: Mapping[str, StrictStr] = {}
    constants: Mapping[str, Constant] = {}
    values: Mapping[str, Words] = {}
    null_tokens: Annotated[tuple[StrictStr, ...], BeforeValidator(_as_list)] = ()
    dates: Annotated[tuple[Format, ...], BeforeValidator(_as_list)] = ()
    timezone: Annotated[str, AfterValidator(known_zone)] | None = None
    decimal_comma: bool = False
    units: Mapping[str, Unit] = {}

    def misfits(self, entity: Entity) -> Iterator[tuple[str, str]]:
        """Yield each key that does not fit the entity, with what is wrong and the remedy."""
        for key in ("rename", "constants", "values", "units"):
            for column in getattr(self, key):
                if column not in entity.columns:
                    known = ", ".join(entity.columns)
                    yield f"{key}.{column}", f"is no column of {entity.name}; take one of {known}"
        for column in self.constants:
            if column in self.rename:
                yield f"constants.{column}", "is renamed too; keep one of the two"
        for column, unit in self.units.items():
            units = _units_of(column, entity)
            if column in entity.columns and unit not in units:
                remedy = f"give one of {', '.join(units)}" if units else "take it out"
                yield f"units.{column}", f"{unit} is no unit of it; {remedy}"

    def lacking(self, columns: Sequence[str]) -> list[str]:
        """Return the columns that are renamed and that a file of these columns has not."""
        return sorted(set(self.rename.values()).difference(columns))

    def applied(
        self, entity: Entity, columns: Sequence[str], rows: Iterator[Row]
    ) -> tuple[tuple[str, ...], Iterator[Row]]:
        """Return the entity's columns and the rows in them, of a file's columns and rows."""
        places = {name: place for place, name in enumerate(columns)}
        rest = {name: place for name, place in places.items() if name not in self.rename.values()}
        readers: dict[str, Callable[[Row], Any]] = {}
        for name, column in entity.columns.items():
            if name in self.constants:
                readers[name] = partial(_constant, self.constants[name])
            elif name in self.rename or name in rest:
                place = places[self.rename[name]] if name in self.rename else rest.pop(name)
                readers[name] = partial(_cell, place, self._reader(name, column))
        for name, place in rest.items():
            # The file's own column of a name that is told otherwise is kept beside it.
            readers[f"file.{name}" if name in readers else name] = partial(_cell, place, _as_it_is)
        every = list(readers.values())
        return tuple(readers), ([read(row) for read in every] for row in rows)

    def _reader(self, name: str, column: Column) -> Convert:
        """Return what reads the values of one column."""
        words = {word.strip().lower(): value for word, value in self.values.get(name, {}).items()}
        nothing = {token.strip().lower() for token in self.null_tokens}
        read = _as_it_is
        if column.type in ("instant", "date") and self.dates:
            read = lru_cache(REMEMBERED_DATES)(partial(_date, self.dates, column.type))
        elif column.type in ("integer", "decimal"):
            factor = (SECONDS_IN | MONEY_IN).get(self.units.get(name, ""))
            read = partial(_number, column.type, self.decimal_comma, factor)

        def reader(value: Any) -> Any:
            if is_unknown(value) or isinstance(value, list | dict):
                return value
            word = str(value).strip().lower()
            if word in words:
                return words[word]
            return None if word in nothing else read(value)

        return reader


def _units_of(column: str, entity: Entity) -> Mapping[str, Decimal]:
    if column.endswith("_seconds"):
        return SECONDS_IN
    is_money = "currency" in entity.columns and entity.columns[column].type == "decimal"
    return MONEY_IN if is_money else {}


def _constant(value: Any, row: Row) -> Any:
    return value


def _cell(place: int, read: Convert, row: Row) -> Any:
    return read(row[place])


def _as_it_is(value: Any) -> Any:
    return value


def _date(forms: Sequence[str], type_name: str, value: Any) -> Any:
    for form in forms if isinstance(value, str) else ():
        try:
            told = datetime.strptime(value.strip(), form)
        except ValueError:
            continue
        return told.isoformat() if type_name == "instant" else told.date().isoformat()
    return value


def _number(type_name: str, has_comma: bool, factor: Decimal | None, value: Any) -> Any:
    if has_comma and isinstance(value, str):
        if not DECIMAL_COMMA.fullmatch(value.strip()):
            # 1.5 would pass for a number; what it was meant to be, nobody knows.
            return f"{value} (not in the form 1.234,50)"
        value = re.sub(THOUSANDS, "", value.strip()).replace(",", ".")
    found = number(value)
    if factor is None or found is None:
        return value
    found *= factor
    if type_name == "integer":
        found = found.quantize(Decimal(1), ROUND_HALF_UP)
    return format(found, "f")
