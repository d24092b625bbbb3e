"""What the contract check takes, and what it refuses with which words."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from landing_source import NOON, TICKETS, ticket

from dagster_project.landing.contract import ContractCheck
from dagster_project.landing.instants import read_instant, write_instant
from dagster_project.sources.seam import Contract, Field

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")
OPEN = frozenset({"open"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T03:04:05", datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+00:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-0530", datetime(2026, 1, 2, 8, 34, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.966927", datetime(2026, 1, 1, 18, 4, 5, 966927, tzinfo=UTC)),
        ("2026-01-02T03:04:05.9Z", datetime(2026, 1, 2, 3, 4, 5, 900000, tzinfo=UTC)),
    ],
)
def test_a_naive_instant_is_read_in_the_zone_of_the_source_and_any_other_by_its_offset(
    text: str, expected: datetime
) -> None:
    assert read_instant(text, SEOUL) == expected


def test_an_instant_that_a_clock_change_made_twice_is_the_earlier_one() -> None:
    assert read_instant("2026-10-25T02:30:00", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_instant_that_a_clock_change_skipped_is_read_with_the_offset_before_it() -> None:
    assert read_instant("2026-03-29T02:30:00", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "1969-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+09:00",
        "2026-13-01T00:00:00Z",
        "2026-01-02",
        "yesterday at noon",
        1767322245,
        True,
    ],
)
def test_what_is_no_instant_between_1970_and_2100_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) ") as refused:
        read_instant(value, UTC)
    assert str(value) not in str(refused.value)


def test_an_instant_of_2099_is_taken_for_as_of_cuts_the_future() -> None:
    assert read_instant("2099-12-31T23:59:59Z", UTC).year == 2099


def test_an_instant_is_written_with_microseconds_so_that_its_text_sorts() -> None:
    assert write_instant(NOON) == "2026-11-20T12:00:00.000000Z"


def problems(field: Field, value: Any) -> list[tuple[str, str]]:
    contract = Contract(key="id", cursor=None, fields=(field,))
    found = ContractCheck(contract)({"id": "1", field.path: value}).problems
    return [(each.field, each.reason) for each in found]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field(path="x", type="id"), 9007199254740993),
        (Field(path="x", type="id"), "0042"),
        (Field(path="x"), "text"),
        (Field(path="x"), 17),
        (Field(path="x", type="instant"), "2026-01-02T03:04:05Z"),
        (Field(path="x", type="date"), "2026-01-02"),
        (Field(path="x", type="integer"), 9223372036854775807),
        (Field(path="x", type="decimal"), "12.50"),
        (Field(path="x", type="decimal"), 12.5),
        (Field(path="x", type="boolean"), False),
        (Field(path="x", type="list"), []),
        (Field(path="x", choices=OPEN), " Open "),
        (Field(path="x", type="integer", at_least=1, at_most=5), 5),
        (Field(path="x", type="decimal", at_least=0, at_most=10), "0"),
        (Field(path="x", type="integer"), ""),
        (Field(path="x", type="instant"), " "),
        (Field(path="x", choices=OPEN), None),
        (Field(path="x", personal="free_text"), {"any": ["shape"]}),
    ],
)
def test_a_value_that_fits_and_one_that_says_nothing_pass(field: Field, value: Any) -> None:
    assert problems(field, value) == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (Field(path="x", type="id"), 1.0, "is no text and no whole number"),
        (Field(path="x", type="id"), True, "is not text"),
        (Field(path="x"), ["a"], "is not text"),
        (Field(path="x"), {"a": 1}, "is not text"),
        (Field(path="x", type="instant"), "soon after noon", "is not an instant"),
        (Field(path="x", type="date"), "02.01.2026", "is not a date"),
        (Field(path="x", type="date"), "1066-10-14", "is outside the years 1970 to 2100"),
        (Field(path="x", type="integer"), "5", "is not a whole number"),
        (Field(path="x", type="integer"), 5.0, "is not a whole number"),
        (Field(path="x", type="integer"), 2**63, "does not fit 64 bits"),
        (Field(path="x", type="decimal"), "1_000", "is not a number"),
        (Field(path="x", type="decimal"), "12,50", "is not a number"),
        (Field(path="x", type="decimal"), float("nan"), "is no number below 10^14"),
        (Field(path="x", type="decimal"), "1e14", "is no number below 10^14"),
        (Field(path="x", type="boolean"), "true", "is neither true nor false"),
        (Field(path="x", type="boolean"), 1, "is neither true nor false"),
        (Field(path="x", type="list"), "a;b", "is not a list"),
        (Field(path="x", choices=OPEN), "opened", "is not in the list of its values"),
        (Field(path="x", type="integer", at_least=1, at_most=5), 6, "is out of bounds"),
        (Field(path="x", type="decimal", at_least=0, at_most=10), "-0.5", "is out of bounds"),
        (Field(path="x", required=True), None, "is missing"),
        (Field(path="x", required=True), "  ", "is missing"),
        (Field(path="x", type="instant", required=True), "", "is missing"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_field(
    field: Field, value: Any, reason: str
) -> None:
    assert problems(field, value) == [("x", reason)]


@pytest.mark.parametrize("key", [None, "", " ", {"a": 1}, 1.5])
def test_a_record_without_a_key_is_refused_and_has_no_name(key: Any) -> None:
    checked = ContractCheck(TICKETS)(ticket(key))
    assert checked.record_id is None
    assert [each.field for each in checked.problems] == ["id"]


def test_a_key_of_64_bits_keeps_every_digit() -> None:
    assert ContractCheck(TICKETS)(ticket(9223372036854775807)).record_id == "9223372036854775807"


@pytest.mark.parametrize("record", [None, [], "text", 5])
def test_what_is_no_object_is_refused(record: Any) -> None:
    assert ContractCheck(TICKETS)(record).problems


DEEP = Contract(
    key="id",
    cursor=None,
    fields=(
        Field(path="customer.id", type="id", required=True),
        Field(path="source.to[].address", required=True),
    ),
)


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({"customer": {"id": 1}, "source": {"to": [{"address": "a"}]}}, []),
        ({"customer": {"id": 1}, "source": {"to": []}}, []),
        ({"customer": {"id": 1}}, []),
        ({"customer": None}, ["customer.id"]),
        ({"customer": {}}, ["customer.id"]),
        ({"customer": ""}, ["customer.id"]),
        ({"customer": "Kim"}, ["customer.id"]),
        ({"customer": [{"id": 1}]}, ["customer.id"]),
        ({"customer": {"id": 1}, "source": {"to": [{}, None]}}, ["source.to[].address"] * 2),
        ({"customer": {"id": 1}, "source": {"to": {"address": "a"}}}, ["source.to[].address"]),
        ({"customer": {"id": 1}, "source": "x"}, ["source.to[].address"]),
    ],
)
def test_a_field_is_looked_for_inside_objects_and_in_each_element_of_a_list(
    record: dict[str, Any], fields: list[str]
) -> None:
    found = ContractCheck(DEEP)({"id": "1", **record}).problems
    assert [each.field for each in found] == fields


def test_a_deleted_record_needs_its_key_alone() -> None:
    checked = ContractCheck(TICKETS)({"id": 7, "trashed": "2026-11-20T11:00:00Z"})
    assert checked.is_deleted
    assert checked.problems == []


def test_a_deleted_record_without_a_key_is_refused() -> None:
    assert ContractCheck(TICKETS)({"trashed": "2026-11-20T11:00:00Z"}).problems


@pytest.mark.parametrize("mark", [None, "", False])
def test_an_empty_mark_of_deletion_is_none(mark: Any) -> None:
    contract = Contract(key="id", cursor=None, fields=(), deleted="gone")
    assert not ContractCheck(contract)({"id": 1, "gone": mark}).is_deleted


def test_a_broken_cursor_is_refused_and_an_unknown_one_is_not() -> None:
    check = ContractCheck(TICKETS)
    assert [each.field for each in check(ticket(1) | {"updated": "never"}).problems] == ["updated"]
    assert check(ticket(1, None)).problems == []
    assert check(ticket(1, None)).cursor_at is None


def test_the_value_of_a_personal_field_is_not_repeated() -> None:
    field = Field(path="mail", personal="email", type="integer")
    contract = Contract(key="id", cursor=None, fields=(field,))
    (problem,) = ContractCheck(contract)({"id": 1, "mail": "kim@shop.example"}).problems
    assert problem.value is None
    assert "kim" not in repr(problem)
