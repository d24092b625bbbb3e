"""What becomes of personal data before anything is written. Which field is personal, streams say.

A field marked email, phone or name is replaced by a pseudonym that is the same wherever the same
person is meant; free text is left out. What still looks like an e-mail address afterwards, in any
field, is replaced as well. Where a personal field is not of the shape that its path promises, the
whole value in its place is left out: nothing personal is landed for being unexpected.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol

from dagster_project.landing.contract import steps_of
from dagster_project.sources.seam import Field, Personal, Record

SHORTEST_KEY = 32
KEY_VERSION = "v1"
REMEMBERED = 50_000
"""Values whose pseudonym is kept in memory: the same few people stand on most records."""

Redact = Callable[[Record], Record]


class Privacy(Protocol):
    """How a shop treats personal data."""

    def redactor(self, fields: Iterable[Field]) -> Redact:
        """Return what copies a record without the personal data in these fields."""

    def sweep(self, text: str) -> str:
        """Return the text, JSON or plain, without e-mail addresses."""


class Keep:
    """Leaves personal data as it is, free text apart: `pii: keep` in the shop file."""

    def redactor(self, fields: Iterable[Field]) -> Redact:
        """Return what leaves out free text alone."""
        return _redactor((each for each in fields if each.personal == "free_text"), _nothing)

    def sweep(self, text: str) -> str:
        """Return the text as it is."""
        return text


class Pseudonymiser:
    """Replaces personal data by HMAC-SHA256 under the shop's key."""

    def __init__(self, key: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"the key of the pseudonyms needs {SHORTEST_KEY} characters or more")
        self._keyed = hmac.new(key.encode(), digestmod="sha256")
        self.pseudonym = lru_cache(REMEMBERED)(self._pseudonym)

    def _pseudonym(self, kind: Personal, value: str) -> str | None:
        """Return `email:v1:` and 32 hex digits; None where nothing is left to name anyone by."""
        if kind == "address":
            kind = "email" if "@" in value else "phone"
        normalised = _NORMALISED[kind](value)
        if not normalised:
            return None
        prefix = f"{kind}:{KEY_VERSION}:"
        digest = self._keyed.copy()
        digest.update((prefix + normalised).encode("utf-8", "replace"))
        return prefix + digest.hexdigest()[:32]

    def redactor(self, fields: Iterable[Field]) -> Redact:
        """Return what replaces each personal value by its pseudonym, and leaves out free text."""
        return _redactor((each for each in fields if each.personal is not None), self._replace)

    def sweep(self, text: str) -> str:
        """Return the text with pseudonyms in the place of e-mail addresses."""
        for pattern in _ADDRESSES:
            if "@" not in text and "%40" not in text:
                return text
            text = pattern.sub(self._swept, text)
        return text

    def _swept(self, match: re.Match[str]) -> str:
        address = match["address"]
        if address is None:
            return match[0]
        return self.pseudonym("email", address.replace("%40", "@")) or ""

    def _replace(self, kind: Personal, value: Any) -> Any:
        if type(value) is list:
            return [self._replace(kind, element) for element in value]
        if type(value) is str:
            return self.pseudonym(kind, value)
        if type(value) is int:
            return self.pseudonym(kind, str(value))
        return None


def _digits(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def _lower(value: str) -> str:
    return value.strip().lower()


_NORMALISED: dict[Personal, Callable[[str], str]] = {
    "email": _lower,
    "phone": _digits,
    "name": str.strip,
}

# The escapes of JSON come first, so that the n of a \n never counts as the start of an address.
# ASCII goes first, so that a Korean particle written onto an address is not taken for part of it.
# The length of the local part is bounded as in RFC 5321, which also bounds the search.
_PATTERN = (
    r"\\u[0-9a-f]{4}|\\."
    r"|(?P<address>\w[\w.+'%-]{0,63}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+)"
)
_ADDRESSES = (re.compile(_PATTERN, re.ASCII), re.compile(_PATTERN))


class _Node:
    """What is to be done at one place of a record, and below it."""

    __slots__ = ("element", "keys", "personal")

    def __init__(self) -> None:
        self.personal: Personal | None = None
        self.keys: dict[str, _Node] = {}
        self.element: _Node | None = None


def _nothing(kind: Personal, value: Any) -> Any:
    return value


def _redactor(fields: Iterable[Field], replace: Callable[[Personal, Any], Any]) -> Redact:
    root = _Node()
    for field in fields:
        node = root
        for key, each in steps_of(field.path):
            node = node.keys.setdefault(key, _Node())
            if each:
                node.element = node.element or _Node()
                node = node.element
        node.personal = field.personal

    def redact_object(node: _Node, value: dict[str, Any]) -> dict[str, Any]:
        copy = dict(value)
        for key, below in node.keys.items():
            found = copy.get(key)
            if found is None:
                continue
            if below.personal == "free_text":
                del copy[key]
            else:
                copy[key] = redact_value(below, found)
        return copy

    def redact_value(node: _Node, value: Any) -> Any:
        if node.personal is not None:
            return None if node.personal == "free_text" else replace(node.personal, value)
        if node.element is not None:
            if type(value) is not list:
                return None
            return [redact_value(node.element, element) for element in value]
        return redact_object(node, value) if type(value) is dict else None

    return lambda record: redact_object(root, record)
