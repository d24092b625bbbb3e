"""What is left of personal data, by hand and over every file that a landing writes."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from landing_source import TICKETS, Desk, PagedStream, landed, ticket

from dagster_project.landing.intake import Intake, Refused, Row
from dagster_project.landing.land import land_stream
from dagster_project.landing.privacy import Keep, Pseudonymiser
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.seam import Contract, Field, Reject

KEY = "0123456789abcdef0123456789abcdef"


def keyed(kind: str, normalised: str) -> str:
    """The pseudonym as its definition says it, worked out the long way."""
    digest = hmac.new(KEY.encode(), f"{kind}:v1:{normalised}".encode(), hashlib.sha256)
    return f"{kind}:v1:{digest.hexdigest()[:32]}"


KIM = keyed("email", "kim@shop.example")


@pytest.fixture
def privacy() -> Pseudonymiser:
    return Pseudonymiser(KEY)


def taken(record: dict[str, Any], contract: Contract = TICKETS) -> dict[str, Any]:
    row = Intake(contract, Pseudonymiser(KEY)).take(record)
    assert isinstance(row, Row)
    payload: dict[str, Any] = json.loads(row.payload)
    return payload


def test_one_person_has_one_pseudonym_however_the_address_is_written() -> None:
    written = [" Kim@Shop.Example ", "kim@shop.example"]
    found = [taken(ticket(1, customer={"email": each}))["customer"]["email"] for each in written]
    assert found == [KIM, KIM]


def test_a_phone_number_is_its_digits_and_a_name_is_trimmed() -> None:
    customer = taken(ticket(1, customer={"name": " Kim Minji ", "phones": ["010-1234", 5, "-"]}))
    assert customer["customer"] == {
        "name": keyed("name", "Kim Minji"),
        "phones": [keyed("phone", "0101234"), keyed("phone", "5"), None],
    }


def test_another_key_makes_other_pseudonyms() -> None:
    assert Pseudonymiser("x" * 32).pseudonym("email", "kim@shop.example") != KIM


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        Pseudonymiser("x" * 31)


def test_free_text_is_left_out_whatever_its_shape() -> None:
    assert "body" not in taken(ticket(1, body="my card is 4111"))
    assert "body" not in taken(ticket(1, body={"html": "my card is 4111"}))


def test_fields_that_nobody_declared_are_kept() -> None:
    assert taken(ticket(1, colour="red", nested={"a": [1, None]}))["nested"] == {"a": [1, None]}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to Kim@Shop.Example.", f"write to {KIM}."),
        ("first\nkim@shop.example", f"first\n{KIM}"),
        ('"kim@shop.example"\\', f'"{KIM}"\\'),
        ("https://x.example/?mail=kim%40shop.example&a=1", f"https://x.example/?mail={KIM}&a=1"),
        ("<kim@shop.example>,kim@shop.example", f"<{KIM}>,{KIM}"),
        ("문의는 kim@shop.example으로", f"문의는 {KIM}으로"),
        ("김민지@회사.한국", keyed("email", "김민지@회사.한국")),
        ("me@home and @name", "me@home and @name"),
    ],
)
def test_an_address_in_a_field_that_nobody_declared_becomes_its_pseudonym(
    text: str, left: str
) -> None:
    assert taken(ticket(1, note=text))["note"] == left


ADDRESSES = ["kim@shop.example", "KIM%40shop.example", "김@회사.한국"]


@given(st.text(), st.sampled_from(ADDRESSES), st.text())
@example("\\", "kim@shop.example", "\n")
@example("\x00\ud800", "kim@shop.example", '"')
def test_whatever_stands_around_an_address_the_payload_stays_json_without_it(
    before: str, address: str, after: str
) -> None:
    row = Intake(TICKETS, Pseudonymiser(KEY)).take(ticket(1, note=before + address + after))
    assert isinstance(row, Row)
    assert address not in json.loads(row.payload)["note"]


@pytest.mark.parametrize(
    "customer",
    ["Kim Minji", ["Kim Minji"], {"name": {"first": "Kim Minji"}}, {"phones": "Kim Minji"}],
)
def test_personal_data_in_an_unexpected_shape_is_refused_and_left_out(customer: Any) -> None:
    refused = Intake(TICKETS, Pseudonymiser(KEY)).take(ticket(1, customer=customer))
    assert isinstance(refused, Refused)
    assert "Kim Minji" not in refused.text


def test_a_reason_does_not_quote_the_first_half_of_an_address() -> None:
    record = ticket(1, score="x" * 50 + " kim@shop.example")
    refused = Intake(TICKETS, Pseudonymiser(KEY)).take(record)
    assert isinstance(refused, Refused)
    assert "kim" not in refused.text


def test_a_key_that_is_an_address_becomes_the_pseudonym_that_others_refer_to() -> None:
    contract = Contract(key="mail", cursor=None, fields=())
    declared = Contract(key="mail", cursor=None, fields=(Field(path="mail", personal="email"),))
    for each in (contract, declared):
        row = Intake(each, Pseudonymiser(KEY)).take({"mail": "Kim@shop.example"})
        assert isinstance(row, Row)
        assert row.record_id == KIM


def test_keep_leaves_out_free_text_alone() -> None:
    record = ticket(1, customer={"email": "kim@shop.example"}, body="x", note="lee@shop.example")
    row = Intake(TICKETS, Keep()).take(record)
    assert isinstance(row, Row)
    kept = json.loads(row.payload)
    assert kept["customer"] == {"email": "kim@shop.example"}
    assert kept["note"] == "lee@shop.example"
    assert "body" not in kept


def test_the_raw_record_stays_as_it_was() -> None:
    record = ticket(1, customer={"email": "kim@shop.example", "phones": ["1"]}, body="x")
    before = json.dumps(record)
    taken(record)
    assert json.dumps(record) == before


CANARIES = ("canary-mail", "canary name", "0109998877", "canary text")
PERSON = {"email": "canary-mail@x.example", "name": "canary name", "phones": ["010-999-8877"]}


def everything_in(folder: Path, zone: LandingZone) -> str:
    """Everything readable below a folder: its files as text, and the rows of its parts."""
    texts = [path.read_text() for path in folder.rglob("*") if path.suffix in {".json", ".jsonl"}]
    names = [str(path) for path in folder.rglob("*")]
    return "\n".join([*texts, *names, *map(str, landed(zone))])


@pytest.mark.parametrize("is_cut_short", [False, True])
def test_no_file_of_the_landing_zone_holds_personal_data(
    tmp_path: Path, privacy: Pseudonymiser, is_cut_short: bool
) -> None:
    zone = LandingZone(tmp_path)
    good = [ticket(n, customer=PERSON, body="canary text") for n in range(3)]
    strange = [
        ticket("canary-mail@x.example", customer=PERSON),
        ticket(4, note="canary-mail@x.example", unheard_of=[{"of": "canary-mail%40x.example"}]),
        ticket(5, **{"canary-mail@x.example": True}),
    ]
    bad = [
        ticket(6, customer=PERSON, status="canary-mail@x.example"),
        ticket("canary-mail@x.example", customer=PERSON, score=9),
        ticket(None, customer=PERSON, body="canary text"),
        ticket(8, customer="canary name"),
        ticket(9, customer={**PERSON, "name": {"full": "canary name"}}, body=["canary text"]),
        ticket(10, customer={"phones": "010-999-8877"}, note=float("nan")),
    ]
    stream = PagedStream(
        [good, strange, bad, []],
        fails_before_page=3 if is_cut_short else None,
        rejects=[Reject(what="canary-mail@x.example.csv", reason="holds canary-mail@x.example")],
    )
    if is_cut_short:
        with pytest.raises(ConnectionError):
            land_stream(Desk([stream]), stream, zone, privacy)
    else:
        load = land_stream(Desk([stream]), stream, zone, privacy).load
        assert (load.records_landed, load.records_quarantined) == (6, 6)
    written = everything_in(tmp_path, zone)
    assert "email:v1:" in written
    assert [canary for canary in CANARIES if canary in written] == []
