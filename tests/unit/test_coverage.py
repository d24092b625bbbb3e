"""What the documents ask for is answered by what there is, and what there is answers something."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from dagster_project import publish
from dagster_project.home import PROJECT_ROOT
from dagster_project.seeds import Attestation
from expectations.catalogue import load_catalogue
from expectations.coverage import (
    ANSWERS,
    COVERAGE_PAGE,
    Answer,
    CoverageError,
    load_coverage,
    page,
)

COVERAGE = load_coverage()
DEFINITIONS = load_catalogue()
MARTS = {
    *(path.stem for path in (PROJECT_ROOT / "dbt_project/models/marts").glob("*.sql")),
    # No model makes what publishing tells of itself.
    *(table.removeprefix("marts.") for table in publish.RECORDS),
}
THERE_IS: dict[Answer, set[str]] = {
    "kpis": {definition.id for definition in DEFINITIONS},
    "marts": MARTS,
    "attestations": set(get_args(Attestation.model_fields["fact"].annotation)),
}
UNASKED_KPIS = {
    definition.id
    for definition in DEFINITIONS
    if definition.document not in {document.title for document in COVERAGE.documents}
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_is_there(kind: Answer) -> None:
    assert COVERAGE.named(kind) - THERE_IS[kind] == set()


@pytest.mark.parametrize("kind", ANSWERS)
def test_all_that_is_there_answers_something_or_says_that_nobody_asked(kind: Answer) -> None:
    unasked = UNASKED_KPIS if kind == "kpis" else set(getattr(COVERAGE.unasked, kind))
    assert THERE_IS[kind] - COVERAGE.named(kind) == unasked - COVERAGE.named(kind)
    assert unasked <= THERE_IS[kind]


def test_a_kpi_answers_something_in_the_document_that_its_definition_names() -> None:
    told = {
        document.title: {name for row in document.rows for name in row.kpis}
        for document in COVERAGE.documents
    }
    of_documents = [each for each in DEFINITIONS if each.document in told]
    assert [each.id for each in of_documents if each.id not in told[each.document]] == []


@pytest.mark.parametrize(
    ("number", "word", "highest"),
    [(0, "level", 5), (0, "KPI", 7), (1, "goal", 13), (3, "KPI", 10), (4, "example", 15)],
)
def test_what_a_document_numbers_is_there_to_the_last(number: int, word: str, highest: int) -> None:
    sections = [section.section for section in COVERAGE.documents[number].sections]
    numbered = [section.split(",")[0] for section in sections if section.startswith(f"{word} ")]
    assert numbered == [f"{word} {place}" for place in range(1, highest + 1)]


def test_the_page_says_what_the_file_says() -> None:
    current = COVERAGE_PAGE.read_text(encoding="utf-8") == page(COVERAGE)
    assert current, "write it anew: .venv/bin/python -m expectations.coverage"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"asks": "What?"}, "should name a KPI, a mart or an attestation"),
        ({"asks": "What?", "kpis": ["a"], "not_measurable": "so"}, "or say under not_measurable"),
        ({"asks": "What?", "not_measurable": "so", "how": "so"}, "how: there is no answer"),
        ({"asks": "What?", "kpis": ["a", "a"]}, "should name each answer once"),
        ({"asks": "What?", "kpi": ["a"]}, "Extra inputs are not permitted"),
    ],
)
def test_a_row_that_tells_nothing_or_too_much_is_named(
    tmp_path: Path, row: dict[str, Any], says: str
) -> None:
    content = {
        "documents": [
            {"title": "A guide", "file": "a.txt", "sections": [{"section": "one", "rows": [row]}]}
        ],
        "unasked": {"marts": {}, "attestations": {}},
    }
    path = tmp_path / "coverage.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CoverageError, match=r"A guide > .*one > .*What\?") as error:
        load_coverage(path)
    assert says in str(error.value)


def test_a_section_without_a_row_is_named(tmp_path: Path) -> None:
    content = {
        "documents": [
            {"title": "A guide", "file": "a.txt", "sections": [{"section": "one", "rows": []}]}
        ],
        "unasked": {"marts": {}, "attestations": {}},
    }
    path = tmp_path / "coverage.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CoverageError, match=r"A guide > .*one > rows: List should have at least 1"):
        load_coverage(path)
