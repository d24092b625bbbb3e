"""What two builds have to have in common to agree."""

from pathlib import Path

import duckdb
import pytest

from dagster_project.rebuild import compare

ALIKE = """
    create schema facts;
    create table facts.fct_tickets (ticket_id varchar, touches bigint, tags varchar[]);
    insert into facts.fct_tickets values ('1', 2, ['late']), ('2', null, null), ('2', null, null);
    create schema marts;
    create table marts.publish_manifest (build_id varchar);
"""


def differences(folder: Path, published: str, rebuilt: str) -> list[str]:
    for name, sql in (("published", published), ("rebuilt", rebuilt)):
        with duckdb.connect(folder / f"{name}.duckdb") as connection:
            connection.execute(sql)
    return list(compare(folder / "published.duckdb", folder / "rebuilt.duckdb"))


def test_the_same_rows_in_another_order_agree(tmp_path: Path) -> None:
    reordered = (
        ALIKE
        + "create or replace table facts.fct_tickets as "
        + ("select * from facts.fct_tickets order by ticket_id desc;")
    )
    assert differences(tmp_path, ALIKE, reordered) == []


def test_what_was_published_when_is_not_compared(tmp_path: Path) -> None:
    later = ALIKE + "insert into marts.publish_manifest values ('a');"
    assert differences(tmp_path, later, ALIKE) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "update facts.fct_tickets set touches = 3 where ticket_id = '1'",
            [
                "facts.fct_tickets: 1 rows are published and not rebuilt, such as",
                "    ('1', 2, ['late'])",
                "facts.fct_tickets: 1 rows are rebuilt and not published, such as",
                "    ('1', 3, ['late'])",
            ],
        ),
        (
            "insert into facts.fct_tickets values ('2', null, null)",
            [
                "facts.fct_tickets: 1 rows are rebuilt and not published, such as",
                "    ('2', None, None)",
            ],
        ),
        (
            "alter table facts.fct_tickets alter touches type integer",
            ["facts.fct_tickets: its columns differ"],
        ),
        ("drop table facts.fct_tickets", ["facts.fct_tickets: its columns differ"]),
    ],
    ids=["a changed value", "one row more", "another type", "no such table"],
)
def test_every_difference_is_told(tmp_path: Path, change: str, said: list[str]) -> None:
    assert differences(tmp_path, ALIKE, ALIKE + change) == said
