"""One raw record in; one row for the landing zone or one entry for the quarantine out."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from dagster_project.landing.contract import (
    Checked,
    ContractCheck,
    Problem,
    only_value,
    steps_of,
)
from dagster_project.landing.privacy import Privacy
from dagster_project.landing.texts import NO_MATCHES, NO_RULES, Matches, TextRules
from dagster_project.sources.seam import Contract

SHOWN_CHARACTERS = 60
"""How much of a wrong value a reason quotes."""

SHOWN_PROBLEMS = 5

REPLACEMENT = "\ufffd"
"""Stands for what no database takes: NUL, and halves of surrogate pairs."""

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


@dataclass(frozen=True, slots=True)
class Row:
    """A record that keeps its contract, as it is landed; `payload` is its JSON, redacted."""

    record_id: str
    cursor_raw: str | None
    cursor_at: datetime | None
    operation: Literal["upsert", "delete"]
    sha256: str
    payload: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that breaks its contract.

    `text` is the JSON of record_id, field, reason, remedy and the redacted record.
    """

    text: str


class Intake:
    """Checks, redacts and writes down the records of one stream.

    Attributes:
        matches: Yields what the texts of each raw record meet, for `take` to write down.
    """

    def __init__(self, contract: Contract, privacy: Privacy, rules: TextRules = NO_RULES) -> None:
        self.matches = rules.reader(contract.fields)
        self._check = ContractCheck(contract)
        self._redact = privacy.redactor(contract.fields)
        self.sweep = privacy.sweep
        self._key = steps_of(contract.key)
        self._key_is_personal = any(
            each.path == contract.key and each.personal is not None for each in contract.fields
        )

    def take(self, record: Any, matches: Matches = NO_MATCHES) -> Row | Refused:
        """Treat one raw record: the contract is held against it before anything is replaced."""
        checked = self._check(record)
        redacted = {**self._redact(record), **matches} if type(record) is dict else None
        return self._written(checked, redacted)

    def take_again(self, redacted: Any) -> Row | Refused:
        """Treat a record that comes out of quarantine, where it was redacted already.

        Its texts are gone; what they met when it was read is in it.
        """
        return self._written(self._check(redacted), redacted)

    def _written(self, checked: Checked, redacted: Any) -> Row | Refused:
        record_id = checked.record_id
        if record_id is not None:
            if self._key_is_personal:
                record_id = only_value(redacted, self._key)
            record_id = self.sweep(_storable(str(record_id)))
        if record_id is None or checked.problems:
            return self._refused(record_id, checked.problems, redacted)
        try:
            payload = _encode(redacted)
        except ValueError:
            not_finite = Problem("", "holds NaN or an infinite number", "send null or a number")
            return self._refused(record_id, [not_finite], redacted)
        payload = self._swept_json(payload, redacted)
        return Row(
            record_id=record_id,
            cursor_raw=checked.cursor_raw,
            cursor_at=checked.cursor_at,
            operation="delete" if checked.is_deleted else "upsert",
            sha256=sha256(payload.encode()).hexdigest(),
            payload=payload,
        )

    def _swept_json(self, text: str, value: Any) -> str:
        if "\\u0000" in text:
            text = _encode(_without_nul(value))
        return self.sweep(_storable(text))

    def _refused(self, record_id: str | None, problems: list[Problem], redacted: Any) -> Refused:
        shown = list(dict.fromkeys((each.field, self._shown(each)) for each in problems))
        entry = {
            "record_id": record_id,
            "field": ", ".join(dict.fromkeys(each.field for each in problems)),
            "reason": "; ".join(
                reason if len(shown) == 1 else f"{field} {reason}"
                for field, reason in shown[:SHOWN_PROBLEMS]
            ),
            "remedy": "; ".join(dict.fromkeys(each.remedy for each in problems)),
            "record": json.loads(json.dumps(redacted), parse_constant=str),
        }
        return Refused(self._swept_json(_encode(entry), entry))

    def _shown(self, problem: Problem) -> str:
        if problem.value is None:
            return problem.reason
        return f"{problem.reason}: {self.sweep(str(problem.value))[:SHOWN_CHARACTERS]}"


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", REPLACEMENT) if "\x00" in text else text


def _without_nul(value: Any) -> Any:
    if type(value) is str:
        return value.replace("\x00", REPLACEMENT)
    if type(value) is list:
        return [_without_nul(element) for element in value]
    if type(value) is dict:
        return {_without_nul(key): _without_nul(below) for key, below in value.items()}
    return value
