"""What becomes of Gorgias' records at landing: personal data, what is refused, what is deleted."""

import json
from typing import Any

import pytest

from dagster_project.landing.intake import Intake, Refused, Row
from dagster_project.landing.privacy import Pseudonymiser
from dagster_project.sources import gorgias_contracts as contracts
from dagster_project.sources.seam import Contract

PRIVACY = Pseudonymiser("a key that is long enough for a test")

CANARIES = ("mina@", "Mina", "Kim", "1023456789", "secret words", "%PDF", "avatar")


def person(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "email": "Mina@home.example",
        "name": "Mina Kim",
        "firstname": "Mina",
        "lastname": "Kim",
        "meta": {"profile_picture_url": "https://img.example/avatar"},
    }


TICKET: dict[str, Any] = {
    "id": 11,
    "status": "open",
    "channel": "email",
    "from_agent": False,
    "spam": False,
    "created_datetime": "2026-11-19T10:00:00.123456",
    "updated_datetime": "2026-11-19T11:00:00+0000",
    "closed_datetime": None,
    "trashed_datetime": None,
    "customer": person(5),
    "requester": person(5),
    "assignee_user": None,
    "assignee_team": {"id": 3, "name": "night"},
    "subject": "secret words",
    "excerpt": "secret words",
    "tags": [{"id": 1, "name": "delivery"}],
    "custom_fields": {"12": {"value": "refund::late"}},
}

MESSAGE: dict[str, Any] = {
    "id": 21,
    "ticket_id": 11,
    "channel": "email",
    "via": "email",
    "from_agent": False,
    "public": True,
    "created_datetime": "2026-11-19T10:00:00",
    "sender": person(5),
    "receiver": person(6),
    "source": {
        "type": "email",
        "from": {"name": "Mina Kim", "address": "mina@home.example"},
        "to": [{"name": "Kim", "address": "+82 1023456789"}],
        "cc": [{"name": "Kim", "address": "mina@home.example"}],
        "bcc": [],
        "extra": "secret words",
    },
    "subject": "secret words",
    "body_text": "secret words",
    "body_html": "<p>secret words</p>",
    "stripped_text": "secret words",
    "stripped_html": "secret words",
    "stripped_signature": "Mina",
    "headers": {"Reply-To": "Mina"},
    "last_sending_error": {"error": "no such mailbox: mina@home.example"},
    "attachments": [{"url": "https://files.example/%PDF", "name": "Kim.pdf", "size": 9}],
    "message_id": "<x1-mina@home.example>",
    "meta": {"macros": [{"id": 4}], "note": "write to mina@home.example"},
}

SURVEY: dict[str, Any] = {
    "id": 31,
    "ticket_id": 11,
    "customer_id": 5,
    "score": 4,
    "body_text": "secret words",
    "created_datetime": "2026-11-19T12:00:00",
    "scored_datetime": None,
}

CUSTOMER: dict[str, Any] = {
    **person(5),
    "external_id": "C-9",
    "note": "secret words",
    "data": {"is_vip": True},
    "integrations": {"44": {"customer": {"default_address": {"name": "Mina Kim"}}}},
    "channels": [
        {"type": "email", "address": "mina@home.example"},
        {"type": "phone", "address": "+82 10-2345-6789"},
    ],
    "created_datetime": "2026-11-01T00:00:00",
    "updated_datetime": "2026-11-19T00:00:00",
}

USER: dict[str, Any] = {
    "id": 6,
    "email": "mina@home.example",
    "bio": "secret words",
    "meta": {"profile_picture_url": "https://img.example/avatar"},
    "role": {"name": "agent"},
    "created_datetime": "2026-01-01T00:00:00",
}

EVENT: dict[str, Any] = {
    "id": 41,
    "type": "phone-call-ended",
    "object_id": 11,
    "object_type": "Ticket",
    "user_id": 6,
    "created_datetime": "2026-11-19T10:00:00",
    "data": {"assignee_user_id": 6, "call": {"recording_url": "https://files.example/%PDF"}},
}


def landed(contract: Contract, record: dict[str, Any]) -> Row:
    taken = Intake(contract, PRIVACY).take(record)
    assert isinstance(taken, Row), taken
    return taken


def refused_for(contract: Contract, record: dict[str, Any]) -> Any:
    taken = Intake(contract, PRIVACY).take(record)
    assert isinstance(taken, Refused), taken
    return json.loads(taken.text)["field"]


def payload(contract: Contract, record: dict[str, Any]) -> Any:
    return json.loads(landed(contract, record).payload)


@pytest.mark.parametrize(
    ("contract", "record"),
    [
        (contracts.TICKETS, TICKET),
        (contracts.MESSAGES, MESSAGE),
        (contracts.SURVEYS, SURVEY),
        (contracts.CUSTOMERS, CUSTOMER),
        (contracts.USERS, USER),
        (contracts.EVENTS, EVENT),
    ],
    ids=["ticket", "message", "survey", "customer", "user", "event"],
)
def test_nothing_personal_is_landed(contract: Contract, record: dict[str, Any]) -> None:
    text = landed(contract, record).payload
    assert [canary for canary in CANARIES if canary.lower() in text.lower()] == []


def test_what_the_models_read_is_landed_as_it_came() -> None:
    ticket = payload(contracts.TICKETS, TICKET)
    assert (ticket["customer"]["id"], ticket["assignee_team"]["id"]) == (5, 3)
    assert ticket["tags"] == [{"id": 1, "name": "delivery"}]
    assert ticket["custom_fields"] == {"12": {"value": "refund::late"}}
    message = payload(contracts.MESSAGES, MESSAGE)
    assert (message["sender"]["id"], message["meta"]["macros"]) == (5, [{"id": 4}])
    assert payload(contracts.CUSTOMERS, CUSTOMER)["data"] == {"is_vip": True}
    assert payload(contracts.EVENTS, EVENT)["data"] == {"assignee_user_id": 6}


def test_one_person_has_one_pseudonym_in_every_record() -> None:
    customer = payload(contracts.CUSTOMERS, CUSTOMER)
    expected = PRIVACY.pseudonym("email", "mina@home.example")
    assert customer["email"] == expected
    assert customer["channels"][0]["address"] == expected
    assert payload(contracts.TICKETS, TICKET)["customer"]["email"] == expected
    assert payload(contracts.MESSAGES, MESSAGE)["source"]["from"]["address"] == expected


def test_a_phone_number_among_the_channels_is_compared_by_its_digits() -> None:
    channels = payload(contracts.CUSTOMERS, CUSTOMER)["channels"]
    assert channels[1]["address"] == PRIVACY.pseudonym("phone", "821023456789")


def test_instants_are_utc_with_and_without_an_offset() -> None:
    naive = landed(contracts.MESSAGES, MESSAGE)
    assert naive.cursor_at is not None
    assert naive.cursor_at.isoformat() == "2026-11-19T10:00:00+00:00"
    seoul = {**TICKET, "updated_datetime": "2026-11-19T20:00:00+09:00"}
    assert landed(contracts.TICKETS, seoul).cursor_at == landed(contracts.TICKETS, TICKET).cursor_at


@pytest.mark.parametrize(
    ("contract", "record", "field"),
    [
        (contracts.TICKETS, TICKET | {"id": None}, "id"),
        (contracts.TICKETS, TICKET | {"status": "solved"}, "status"),
        (contracts.TICKETS, TICKET | {"channel": ""}, "channel"),
        (contracts.TICKETS, TICKET | {"from_agent": None}, "from_agent"),
        (contracts.TICKETS, TICKET | {"created_datetime": None}, "created_datetime"),
        (contracts.TICKETS, TICKET | {"updated_datetime": "soon"}, "updated_datetime"),
        (contracts.MESSAGES, MESSAGE | {"ticket_id": None}, "ticket_id"),
        (contracts.MESSAGES, MESSAGE | {"public": "yes"}, "public"),
        (contracts.SURVEYS, SURVEY | {"score": 6}, "score"),
        (contracts.SURVEYS, SURVEY | {"score": 0}, "score"),
        (contracts.SURVEYS, SURVEY | {"score": "5"}, "score"),
        (contracts.EVENTS, EVENT | {"type": None}, "type"),
        (contracts.TAGS, {"id": 1}, "name"),
    ],
)
def test_a_record_that_breaks_its_contract_is_refused_by_the_field(
    contract: Contract, record: dict[str, Any], field: str
) -> None:
    assert refused_for(contract, record) == field


def test_an_unscored_survey_is_no_broken_one() -> None:
    assert landed(contracts.SURVEYS, SURVEY | {"score": None}).operation == "upsert"


def test_what_is_trashed_or_deleted_says_so() -> None:
    trashed = TICKET | {"trashed_datetime": "2026-11-19T12:00:00"}
    deleted = MESSAGE | {"deleted_datetime": "2026-11-19T12:00:00"}
    assert landed(contracts.TICKETS, trashed).operation == "delete"
    assert landed(contracts.MESSAGES, deleted).operation == "delete"
    assert landed(contracts.TICKETS, TICKET).operation == "upsert"
