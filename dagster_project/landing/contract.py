"""Whether a raw record keeps its stream's contract, and what it is called; it stays as it is.

Null, a missing key and blank text are unknown; unknown passes unless the field is required. A
record that marks itself as deleted needs its key alone.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple

from dagster_project.landing.instants import EARLIEST, LATEST, read_instant, zone_of
from dagster_project.sources.seam import Contract, Field

BIGGEST_INTEGER = 2**63 - 1
BIGGEST_DECIMAL = 10**14
"""What decimal(18,4), the type of money and scores, can hold."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

Steps = tuple[tuple[str, bool], ...]
Test = Callable[[Any], str | None]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a record, and what mends it.

    `value` is what was found there, where it is a plain value that is not personal.
    """

    field: str
    reason: str
    remedy: str
    value: str | int | float | None = None


class Checked(NamedTuple):
    """What the contract says of one record."""

    record_id: str | None
    cursor_raw: str | None
    cursor_at: datetime | None
    is_deleted: bool
    problems: list[Problem]


def steps_of(path: str) -> Steps:
    """Split `source.to[].address` into keys, each with whether it holds a list to go through."""
    return tuple((key.removesuffix("[]"), key.endswith("[]")) for key in path.split("."))


def is_unknown(value: Any) -> bool:
    """Say whether a value says nothing: null or blank text."""
    return value is None or (type(value) is str and (not value or value.isspace()))


def only_value(record: Any, steps: Steps) -> Any:
    """Return the value at a path that goes through no list; None where the path leads nowhere."""
    value = record
    for key, _ in steps:
        if type(value) is not dict:
            return None
        value = value.get(key)
    return value


class ContractCheck:
    """A contract made ready to be held against many records."""

    def __init__(self, contract: Contract) -> None:
        zone = zone_of(contract.timezone)
        fields = {field.path: field for field in contract.fields}
        key = fields.get(contract.key, Field(path=contract.key))
        fields[contract.key] = replace(key, type="id", required=True)
        self._key_path = contract.key
        self._key = steps_of(contract.key)
        self._deleted = steps_of(contract.deleted) if contract.deleted is not None else None
        self._cursor: tuple[Steps, Field] | None = None
        if contract.cursor is not None:
            undeclared = Field(path=contract.cursor, type="instant")
            self._cursor = steps_of(contract.cursor), fields.pop(contract.cursor, undeclared)
        self._zone = zone
        self._root = _Place()
        for field in fields.values():
            self._root.add(steps_of(field.path), field, _test_of(field, zone))
        self._scaled = [
            (field, steps_of(field.scale_by)) for field in fields.values() if field.scale_by
        ]

    def __call__(self, record: Any) -> Checked:
        """Hold the contract against one raw record."""
        if type(record) is not dict:
            problem = Problem(self._key_path, "is not in an object", "see what the source sent")
            return Checked(None, None, None, False, [problem])
        problems: list[Problem] = []
        self._root.look(record, problems)
        for field, scale_by in self._scaled:
            _look_at_scale(field, only_value(record, scale_by), record, problems)
        cursor_raw, cursor_at = self._read_cursor(record, problems)
        is_deleted = self._deleted is not None and _is_marked(only_value(record, self._deleted))
        if is_deleted and problems:
            problems = [each for each in problems if self._matters_to_a_deletion(each)]
        key = only_value(record, self._key)
        record_id = str(key) if type(key) in (str, int) and not is_unknown(key) else None
        return Checked(record_id, cursor_raw, cursor_at, is_deleted, problems)

    def _matters_to_a_deletion(self, problem: Problem) -> bool:
        return problem.field == self._key_path or problem.reason != _MISSING

    def _read_cursor(
        self, record: dict[str, Any], problems: list[Problem]
    ) -> tuple[str | None, datetime | None]:
        if self._cursor is None:
            return None, None
        steps, field = self._cursor
        value = only_value(record, steps)
        try:
            return value, read_instant(value, self._zone)
        except ValueError as wrong:
            _report(field, value, str(wrong), problems)
            return None, None


class _Place:
    """One place in records: the field that lies here, and the places below it.

    Attributes:
        held: The field, and what a value of it has to pass.
        keys: The places in the object that lies here.
        element: The place of every element of the list that lies here.
        inside: The fields that lie in that object or list.
        required: The fields, from here on down, that are missing where nothing lies here; a list
            that is not there has no elements that could lack a field.
    """

    __slots__ = ("element", "held", "inside", "keys", "required")

    def __init__(self) -> None:
        self.held: tuple[Field, Test] | None = None
        self.keys: dict[str, _Place] = {}
        self.element: _Place | None = None
        self.inside: list[Field] = []
        self.required: list[Field] = []

    def add(self, steps: Steps, field: Field, test: Test) -> None:
        """Add a field that lies here, or below."""
        if field.required and not any(each for _, each in steps):
            self.required.append(field)
        if not steps:
            self.held = field, test
            return
        self.inside.append(field)
        (key, each), rest = steps[0], steps[1:]
        below = self.keys.setdefault(key, _Place())
        if each:
            below.inside.append(field)
            below.element = below = below.element or _Place()
        below.add(rest, field, test)

    def look(self, value: Any, problems: list[Problem]) -> None:
        """Look at the value that lies here, and at all that lies in it."""
        if value is None:
            if self.required:
                problems.extend(_missing(field) for field in self.required)
            return
        if self.held is not None:
            field, test = self.held
            reason = test(value)
            if reason is not None:
                _report(field, value, reason, problems)
        if self.keys:
            if type(value) is dict:
                for key, below in self.keys.items():
                    lies_there = value.get(key)
                    # Most places of most records are empty, and few of those are required.
                    if lies_there is not None or below.required:
                        below.look(lies_there, problems)
            else:
                self._report_shape(value, problems)
        elif self.element is not None:
            if type(value) is list:
                for element in value:
                    self.element.look(element, problems)
            else:
                self._report_shape(value, problems)

    def _report_shape(self, value: Any, problems: list[Problem]) -> None:
        if is_unknown(value):
            self.look(None, problems)
            return
        problems.extend(
            Problem(field.path, "lies in a value of another shape", _remedy(field))
            for field in self.inside
        )


def _look_at_scale(field: Field, word: Any, record: Any, problems: list[Problem]) -> None:
    value = only_value(record, steps_of(field.path))
    scale = field.scales.get(word.strip().lower()) if type(word) is str else None
    if scale is None or is_unknown(value) or _TESTS[field.type](value) is not None:
        return
    low, high = scale
    if not low <= float(value) <= high:
        remedy = f"give a number from {low:g} to {high:g}"
        problems.append(
            Problem(field.path, f"is outside the scale of {field.scale_by} {word}", remedy, value)
        )


def _is_marked(value: Any) -> bool:
    return value is not False and not is_unknown(value)


_MISSING = "is missing"


def _missing(field: Field) -> Problem:
    return Problem(field.path, _MISSING, "give it in the source; the record needs it")


def _report(field: Field, value: Any, reason: str, problems: list[Problem]) -> None:
    if is_unknown(value):
        if field.required:
            problems.append(_missing(field))
        return
    is_shown = field.personal is None and type(value) in (str, int, float, bool)
    problems.append(Problem(field.path, reason, _remedy(field), value if is_shown else None))


def _remedy(field: Field) -> str:
    if field.choices:
        return f"give one of {', '.join(sorted(field.choices))}, or map this word to one of them"
    bounds = [
        f"{words} {bound:g}"
        for words, bound in (("at least", field.at_least), ("at most", field.at_most))
        if bound is not None
    ]
    return f"give {' and '.join([_WANTED[field.type], *bounds])}"


_WANTED = {
    "id": "a text or a whole number",
    "text": "a text",
    "instant": "ISO 8601 with an offset or Z, such as 2026-01-02T03:04:05Z",
    "date": "a date such as 2026-01-02",
    "integer": "a whole number",
    "decimal": "a number",
    "boolean": "true or false",
    "list": "a list",
}


def _test_of(field: Field, zone: tzinfo) -> Test:
    """Return what a value of the field has to pass: None, or what is wrong with it.

    Blank text may fail a test: it is sorted out where failures are reported, so that the many
    values that are right are looked at once.
    """
    if field.personal == "free_text":
        return _test_nothing
    if field.type == "instant":
        return _instant_test(zone)
    if field.choices:
        return _choice_test(field.choices)
    test = _TESTS[field.type]
    if field.at_least is not None or field.at_most is not None:
        return _bounded_test(test, field)
    return test


def _instant_test(zone: tzinfo) -> Test:
    def test(value: Any) -> str | None:
        try:
            read_instant(value, zone)
        except ValueError as wrong:
            return str(wrong)
        return None

    return test


def _choice_test(choices: frozenset[str]) -> Test:
    def test(value: Any) -> str | None:
        if type(value) is not str:
            return "is not text"
        if value in choices or value.strip().lower() in choices:
            return None
        return "is not in the list of its values"

    return test


def _bounded_test(test: Test, field: Field) -> Test:
    low = -math.inf if field.at_least is None else field.at_least
    high = math.inf if field.at_most is None else field.at_most

    def bounded(value: Any) -> str | None:
        reason = test(value)
        if reason is None and not low <= float(value) <= high:
            return "is out of bounds"
        return reason

    return bounded


def _test_nothing(value: Any) -> str | None:
    """Take a value of any type: it is left out at landing."""
    return None


def _test_text(value: Any) -> str | None:
    if type(value) is str:
        return "is blank" if not value or value.isspace() else None
    return None if type(value) in (int, float) else "is not text"


def _test_id(value: Any) -> str | None:
    if type(value) is float:
        return "is no text and no whole number"
    return _test_text(value)


def _test_date(value: Any) -> str | None:
    try:
        read = date.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        return "is not a date"
    if not EARLIEST.year <= read.year <= LATEST.year:
        return "is outside the years 1970 to 2100"
    return None


def _test_integer(value: Any) -> str | None:
    if type(value) is not int:
        return "is not a whole number"
    return None if -BIGGEST_INTEGER <= value <= BIGGEST_INTEGER else "does not fit 64 bits"


def _test_decimal(value: Any) -> str | None:
    if type(value) is str:
        if _NUMBER.fullmatch(value.strip()) is None:
            return "is not a number"
    elif type(value) not in (int, float):
        return "is not a number"
    return None if abs(float(value)) < BIGGEST_DECIMAL else "is no number below 10^14"


def _test_boolean(value: Any) -> str | None:
    return None if type(value) is bool else "is neither true nor false"


def _test_list(value: Any) -> str | None:
    return None if type(value) is list else "is not a list"


_TESTS: dict[str, Test] = {
    "id": _test_id,
    "text": _test_text,
    "date": _test_date,
    "integer": _test_integer,
    "decimal": _test_decimal,
    "boolean": _test_boolean,
    "list": _test_list,
}
