"""Which patterns of the topic rules a text meets: nothing else of a text is landed.

The rules stand in the seed topic_rules; which topic a pattern stands for, and which rule goes
first, is said in dbt_project/.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.landing.contract import Steps, is_unknown, only_value, steps_of
from dagster_project.sources.seam import Field, TextKind

BATCH = 500
"""Records whose texts are looked through at a time: each may have many kilobytes of them."""

NOT_OF_WORDS = frozenset(r"\.^$|?*+()[]{}")
"""A pattern that holds one of these signs is a regular expression; any other is words."""

LATIN = re.compile("[a-z0-9]", re.IGNORECASE | re.ASCII)

Matches = Mapping[str, Sequence[str]]
"""What is landed of a record's texts: the patterns met, under `subject_matches` or the like."""

NO_MATCHES: Matches = {}


def expression(pattern: str) -> str:
    """Return the regular expression, in the syntax of RE2, that finds a pattern in composed text.

    Words are found whatever space lies between them, and where a word begins with them; those that
    begin with another letter than a to z (환불) are found within a word too.

    Raises:
        ValueError: Where it cannot be used; the message says what is wrong, and the remedy.
    """
    if NOT_OF_WORDS.isdisjoint(pattern):
        words = r"[\s\pZ]+".join(map(re.escape, pattern.split()))
        return r"\b" + words if LATIN.match(pattern) else words
    try:
        meets_nothing = _meets(pa.scalar(""), pattern).as_py()
    except pa.ArrowInvalid as wrong:
        what = str(wrong).removeprefix("Invalid regular expression: ")
        raise ValueError(
            f"is no regular expression that can be used ({what}); mend it, in the syntax of RE2,"
            " or write words without signs"
        ) from None
    if meets_nothing:
        raise ValueError("is met by every text; say what must stand there")
    return pattern


class TextRules:
    """The patterns that are looked for in texts of each kind."""

    def __init__(self, rules: Iterable[tuple[str, str]] = ()) -> None:
        self._expressions: dict[str, dict[str, str]] = defaultdict(dict)
        for kind, pattern in sorted(rules):
            self._expressions[kind][pattern] = expression(pattern)

    def reader(self, fields: Iterable[Field]) -> "Reader":
        """Return what looks for them in records of these fields."""
        paths: dict[TextKind, list[Steps]] = defaultdict(list)
        for field in fields:
            if field.read_as is not None:
                paths[field.read_as].append(steps_of(field.path))
        return Reader(paths, {kind: self._expressions.get(kind, {}) for kind in paths})


class Reader:
    """Looks for patterns in the texts of one stream's records.

    Attributes:
        fingerprint: What decides which are found; empty where none is looked for.
    """

    def __init__(
        self,
        paths: Mapping[TextKind, Sequence[Steps]],
        expressions: Mapping[TextKind, Mapping[str, str]],
    ) -> None:
        self._paths = paths
        self._expressions = {kind: each for kind, each in expressions.items() if each}
        self.fingerprint = json.dumps(self._expressions) if self._expressions else ""

    def __call__(self, records: Iterable[Any]) -> Iterator[Matches]:
        """Yield what each record's texts meet."""
        left = iter(records)
        while batch := list(islice(left, BATCH)):
            if not self._expressions:
                yield from (NO_MATCHES for _ in batch)
                continue
            matches: list[dict[str, list[str]]] = [{} for _ in batch]
            for kind, expressions in self._expressions.items():
                texts = _composed(_as_array([self._text(kind, record) for record in batch]))
                for pattern, found in expressions.items():
                    for place in pc.indices_nonzero(_meets(texts, found)).to_pylist():
                        matches[place].setdefault(f"{kind}_matches", []).append(pattern)
            yield from matches

    def _text(self, kind: TextKind, record: Any) -> str | None:
        """Return the first text of a kind that is known."""
        values = (only_value(record, steps) for steps in self._paths[kind])
        text = next((value for value in values if not is_unknown(value)), None)
        return text if type(text) is str else None


NO_RULES = TextRules()


def _as_array(texts: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        # Halves of surrogate pairs: no pattern has any.
        whole = (text and text.encode("utf-8", "replace").decode() for text in texts)
        return pa.array(whole, pa.string())


def _meets(texts: Any, found: str) -> Any:
    """Say of each text whether an expression finds something, capitals or not."""
    return pc.match_substring_regex(texts, pattern=found, ignore_case=True)


def _composed(texts: pa.Array) -> pa.Array:
    """Return texts in which a Korean syllable or an accented letter is one character."""
    return pc.utf8_normalize(texts, form="NFC")
