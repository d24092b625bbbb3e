"""A value that fits its column stands in one form; one that does not stays as it was given."""

from pathlib import Path
from typing import Any

import pytest
from drop_folder import DropFolder

from dagster_project.landing.contract import ContractCheck


@pytest.fixture
def drops(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path)


def ticket(drops: DropFolder, **given: str) -> dict[str, Any]:
    """Return the record that a ticket with these values becomes."""
    values = {
        "ticket_id": "1",
        "created_at": "2026-01-02T03:04:05Z",
        "status": "open",
        "channel": "email",
        "opened_by": "customer",
    } | given
    row = ",".join('"' + value.replace('"', '""') + '"' for value in values.values())
    drops.put("tickets/t.csv", f"{','.join(values)}\n{row}\n")
    return drops.walk("tickets").only


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04:05.000006+09:00", "2026-01-01T18:04:05.000006Z"),
        # Seoul is nine hours ahead of UTC, all year.
        ("2026-01-02 03:04", "2026-01-01T18:04:00.000000Z"),
        ("2/1/2026 03:04", "2/1/2026 03:04"),
        ("2026-01-02", "2026-01-02"),
        ("soon", "soon"),
    ],
)
def test_an_instant_stands_in_utc(drops: DropFolder, given: str, kept: str) -> None:
    assert ticket(drops, closed_at=given)["closed_at"] == kept


def test_a_naive_instant_follows_the_clock_changes_of_its_zone(drops: DropFolder) -> None:
    drops.timezone = "Europe/Berlin"

    # One hour ahead of UTC in winter, two in summer.
    winter = ticket(drops, closed_at="2026-03-29 01:30:00")["closed_at"]
    summer = ticket(drops, closed_at="2026-03-29 03:30:00")["closed_at"]

    assert winter == "2026-03-29T00:30:00.000000Z"
    assert summer == "2026-03-29T01:30:00.000000Z"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("true", True),
        ("TRUE", True),
        ("1", True),
        ("yes", True),
        ("false", False),
        ("0", False),
        ("No", False),
        ("maybe", "maybe"),
    ],
)
def test_a_truth_has_many_spellings(drops: DropFolder, given: str, kept: object) -> None:
    assert ticket(drops, is_spam=given)["is_spam"] == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("vip;late", ["vip", "late"]),
        (" vip | late |", ["vip", "late"]),
        ('["vip", 5, null]', ["vip", "5"]),
        ("vip, late", ["vip, late"]),
        ("[vip", "[vip"),
    ],
)
def test_a_list_is_json_or_parted_by_semicolons_or_bars(
    drops: DropFolder, given: str, kept: object
) -> None:
    assert ticket(drops, tags=given)["tags"] == kept


def test_a_word_of_a_closed_list_stands_as_the_list_spells_it(drops: DropFolder) -> None:
    assert ticket(drops, status=" Open ")["status"] == "open"
    # A channel is a word that shops invent: the seeds map it.
    assert ticket(drops, channel="Naver TalkTalk")["channel"] == "Naver TalkTalk"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("12.50", "12.50"),
        (" 12 ", "12"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("-3", "-3"),
        ("1,234.50", "1,234.50"),
        ("1_000", "1_000"),
        ("Infinity", "Infinity"),
        ("NaN", "NaN"),
    ],
)
def test_an_amount_is_text_that_loses_no_digit(drops: DropFolder, given: str, kept: str) -> None:
    drops.put(
        "orders/o.csv",
        f'order_id,created_at,currency,total\n1,2026-01-02T03:04:05Z,KRW,"{given}"\n',
    )

    assert drops.walk("orders").only["total"] == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("17", 17), ("17.0", 17), ("-1", -1), ("17.5", "17.5"), ("x", "x")]
)
def test_a_whole_number_may_be_written_with_a_point(
    drops: DropFolder, given: str, kept: object
) -> None:
    drops.put(
        "live_contacts/c.csv",
        "contact_id,kind,started_at,outcome,queue_seconds\n"
        f"1,call,2026-01-02T03:04:05Z,answered,{given}\n",
    )

    assert drops.walk("live_contacts").only["queue_seconds"] == kept


@pytest.mark.parametrize(("given", "kept"), [("2026-02-01", "2026-02-01"), ("2/26", "2/26")])
def test_a_day_has_no_time(drops: DropFolder, given: str, kept: str) -> None:
    drops.put(
        "support_costs/c.csv",
        f"cost_id,month,channel,category,amount,currency\n1,{given},phone,payroll,5,KRW\n",
    )

    assert drops.walk("support_costs").only["month"] == kept


def test_what_is_unknown_is_left_out(drops: DropFolder) -> None:
    assert "topic" not in ticket(drops, topic="", brand="  ")
    assert "brand" not in ticket(drops, topic="", brand="  ")


def test_columns_that_nobody_knows_are_kept_apart(drops: DropFolder) -> None:
    record = ticket(drops, satisfaction="5", floor="", source="old desk")

    assert record["extra"] == {"satisfaction": "5", "source": "old desk"}


def test_a_record_stands_in_the_order_of_its_entity_whatever_that_of_the_file(
    drops: DropFolder,
) -> None:
    drops.put("agents/a.csv", "role,x,name,agent_id\nbot,1,Kim,7\n")

    assert list(drops.walk("agents").only) == ["agent_id", "name", "role", "extra"]


def test_a_value_that_does_not_fit_breaks_the_contract_by_name(drops: DropFolder) -> None:
    record = ticket(
        drops,
        created_at="soon",
        status="lost",
        opened_by="",
        is_spam="maybe",
        tags="[vip",
        closed_at="2026-01-02",
    )

    checked = ContractCheck(drops.streams()["tickets"].contract)(record)

    assert {problem.field for problem in checked.problems} == {
        "created_at",
        "status",
        "opened_by",
        "is_spam",
        "tags",
        "closed_at",
    }


def test_a_deletion_needs_its_key_alone(drops: DropFolder) -> None:
    drops.put(
        "tickets/t.csv",
        "ticket_id,created_at,status,channel,opened_by,deleted,updated_at\n"
        "1,,,,,true,2026-01-02T03:04:05Z\n",
    )

    record = drops.walk("tickets").only
    checked = ContractCheck(drops.streams()["tickets"].contract)(record)

    assert record == {
        "ticket_id": "1",
        "updated_at": "2026-01-02T03:04:05.000000Z",
        "deleted": True,
    }
    assert checked.is_deleted
    assert checked.problems == []
