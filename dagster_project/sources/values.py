"""The one form in which each type of value stands in a canonical record.

What does not fit its type is left as it was given: the contract check of the landing zone says what
is wrong with it, and keeps the record. Nothing here knows a file or an entity.
"""

import json
import re
from collections.abc import Callable
from datetime import date, tzinfo
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from dagster_project.landing.instants import read_instant, write_instant

Convert = Callable[[Any], Any]

TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
"""What `Decimal` takes for a number beside this (1_000, Infinity) is a slip in a file."""

REMEMBERED_INSTANTS = 10_000
"""The instants of one record are often the same, and so are those of neighbours."""

LIST_SEPARATOR = re.compile(r"[;|]")


def is_unknown(value: Any) -> bool:
    """Say whether a value says nothing."""
    return value is None or value == "" or (isinstance(value, str) and value.isspace())


def converter(type_name: str, zone: tzinfo) -> Convert:
    """Return the function that brings a known value of a type into its form."""
    if type_name == "instant":
        read = lru_cache(REMEMBERED_INSTANTS)(partial(_instant, zone=zone))
        return lambda value: read(value) if isinstance(value, str) else value
    return _CONVERTERS[type_name]


def as_word(value: Any) -> Any:
    """Return a word of a closed list as the list spells it."""
    return value.strip().lower() if isinstance(value, str) else value


def _id(value: Any) -> Any:
    # A column of whole numbers with gaps is often exported as 17.0.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else _id(value)


def _instant(text: str, zone: tzinfo) -> str:
    try:
        return write_instant(read_instant(text, zone))
    except ValueError:
        return text


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except (ValueError, AttributeError):
        return value


def number(value: Any) -> Decimal | None:
    """Return the number that a value is or is the text of; None where it is none."""
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    return Decimal(text) if NUMBER.fullmatch(text) else None


def _integer(value: Any) -> Any:
    found = number(value)
    whole = found is not None and found == found.to_integral_value()
    return int(found) if found is not None and whole else value


def _decimal(value: Any) -> Any:
    found = number(value)
    return value if found is None else format(found, "f")


def _boolean(value: Any) -> Any:
    return TRUTHS.get(str(value).strip().lower(), value)


def _list(value: Any) -> Any:
    if isinstance(value, str):
        value = _listed(value.strip())
    if not isinstance(value, list):
        return value
    words = (_id(element) for element in value)
    return [word for word in words if not is_unknown(word)]


def _listed(text: str) -> Any:
    if not text.startswith("["):
        return LIST_SEPARATOR.split(text)
    try:
        return json.loads(text)
    except ValueError:
        return text


_CONVERTERS: dict[str, Convert] = {
    "id": _id,
    "text": _text,
    "date": _date,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "list": _list,
}
