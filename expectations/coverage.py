"""What the documents ask to be measured and what answers it: reads and checks coverage.yml.

What each answer means is said by the KPI's definition, the mart or the attestation that is named.
Run as a program it writes docs/coverage.md.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

COVERAGE_FILE = Path(__file__).resolve().parent / "coverage.yml"
COVERAGE_PAGE = COVERAGE_FILE.parents[1] / "docs" / "coverage.md"

Answer = Literal["kpis", "marts", "attestations"]
ANSWERS: Mapping[Answer, str] = {"kpis": "KPI", "marts": "mart", "attestations": "attestation"}
"""What can answer a row, and what one of them is called."""


class CoverageError(Exception):
    """The coverage cannot be used. The message names the file, the key and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Row(_Strict):
    """One thing that a section asks for.

    Attributes:
        asks: In our words.
        kpis, marts, attestations: What answers it, each by its name.
        how: In what way, or how far, where the names do not say it.
        not_measurable: Why nothing can answer it.
    """

    asks: str = Field(min_length=1)
    kpis: list[str] = []
    marts: list[str] = []
    attestations: list[str] = []
    how: str | None = Field(default=None, min_length=1)
    not_measurable: str | None = Field(default=None, min_length=1)

    @property
    def answers(self) -> list[tuple[Answer, str]]:
        """All that is named, with its kind."""
        return [(kind, name) for kind in ANSWERS for name in getattr(self, kind)]

    @model_validator(mode="after")
    def _is_answered_or_cannot_be(self) -> Self:
        if bool(self.answers) == (self.not_measurable is not None):
            raise ValueError(
                "should name a KPI, a mart or an attestation, or say under not_measurable why"
                " there is none"
            )
        if self.how is not None and not self.answers:
            raise ValueError("how: there is no answer of which it could be told")
        if len(set(self.answers)) < len(self.answers):
            raise ValueError("should name each answer once")
        return self


class Section(_Strict):
    """A section of a document."""

    section: str = Field(min_length=1)
    rows: list[Row] = Field(min_length=1)


class Document(_Strict):
    """A document, with all of its sections in its order.

    Attributes:
        title: As definitions of KPIs give it under `document`.
        file: The name of its file.
    """

    title: str = Field(min_length=1)
    file: str = Field(min_length=1)
    sections: list[Section] = Field(min_length=1)

    @property
    def rows(self) -> list[Row]:
        """The rows of all sections."""
        return [row for section in self.sections for row in section.rows]

    @model_validator(mode="after")
    def _tells_each_section_once(self) -> Self:
        names = [section.section for section in self.sections]
        if len(set(names)) < len(names):
            raise ValueError("sections: should name each section once")
        return self


class Unasked(_Strict):
    """What is there though no document asks for it, by name, and why.

    A KPI is not listed: its definition says where it comes from.
    """

    marts: Mapping[str, str]
    attestations: Mapping[str, str]


class Coverage(_Strict):
    """All of coverage.yml."""

    documents: list[Document] = Field(min_length=1)
    unasked: Unasked

    def named(self, kind: Answer) -> set[str]:
        """Return the names of a kind that some row gives."""
        return {
            name
            for document in self.documents
            for row in document.rows
            for name in getattr(row, kind)
        }


def load_coverage(path: Path = COVERAGE_FILE) -> Coverage:
    """Return the coverage.

    Raises:
        CoverageError: With every fault of the file.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise CoverageError(f"{path}: is not YAML: {error}. Mend the line it names.") from error
    try:
        return Coverage.model_validate(content)
    except ValidationError as error:
        raise CoverageError("\n".join(_faults(path, error, content))) from error


def _faults(path: Path, error: ValidationError, content: object) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        says = fault["msg"].removeprefix("Value error, ")
        yield f"{path}: {_place(fault['loc'], content)}: {says}. Mend the entry."


def _place(location: tuple[int | str, ...], content: object) -> str:
    """Return where a fault is, with each document, section and row by its own words."""
    words = []
    for part in location:
        content = content[part] if _has(content, part) else None  # type: ignore[index]
        own = next(
            (
                content[key]
                for key in ("title", "section", "asks")
                if isinstance(content, dict) and key in content
            ),
            None,
        )
        words.append(str(own if own is not None else part))
    return " > ".join(words)


def _has(content: object, part: int | str) -> bool:
    if isinstance(content, list):
        return isinstance(part, int) and part < len(content)
    return isinstance(content, dict) and part in content


def page(coverage: Coverage) -> str:
    """Return the coverage as a page in Markdown."""
    return "\n".join(_lines(coverage)) + "\n"


def _lines(coverage: Coverage) -> Iterator[str]:
    rows = [row for document in coverage.documents for row in document.rows]
    without = sum(row.not_measurable is not None for row in rows)
    yield "# What the documents ask for, and what answers it"
    yield ""
    yield "Made from [expectations/coverage.yml](../expectations/coverage.yml) by"
    yield "`.venv/bin/python -m expectations.coverage`; edit the former. Of"
    yield f"{len(rows)} things that the documents ask for {len(rows) - without} are answered, and"
    yield f"{without} cannot be measured from a shop's records."
    for document in coverage.documents:
        yield from ("", f"## {document.title}")
        for section in document.sections:
            yield from ("", f"### {section.section[0].upper()}{section.section[1:]}", "")
            yield from ("| what is asked | what answers it |", "|---|---|")
            yield from (f"| {row.asks} | {_told(row)} |" for row in section.rows)
    yield from ("", "## What is there though no document asks for it", "")
    yield from ("| what | why |", "|---|---|")
    for kind in ("marts", "attestations"):
        for each, why in getattr(coverage.unasked, kind).items():
            yield f"| {ANSWERS[kind]} `{each}` | {why} |"
    yield "| some KPIs | Where a KPI comes from is said under `document` in its definition. |"


def _told(row: Row) -> str:
    if row.not_measurable is not None:
        return f"not measurable: {row.not_measurable}"
    parts = [
        f"{ANSWERS[kind]}{'s' if len(names) > 1 else ''} "
        + ", ".join(f"`{name}`" for name in names)
        for kind in ANSWERS
        if (names := getattr(row, kind))
    ]
    return "; ".join(parts) + (f". {row.how}" if row.how else "")


if __name__ == "__main__":
    COVERAGE_PAGE.write_text(page(load_coverage()), encoding="utf-8")
