"""The input contract is read from one file, and every stream of files promises it."""

import pytest
from pydantic import ValidationError

from dagster_project.landing.contract import ContractCheck
from dagster_project.sources.entities import Column, entities
from dagster_project.sources.seam import Field


def test_the_entities_are_the_eighteen_in_their_order() -> None:
    assert list(entities()) == [
        "tickets",
        "messages",
        "ticket_events",
        "live_contacts",
        "self_service_sessions",
        "surveys",
        "quality_reviews",
        "customers",
        "agents",
        "orders",
        "subscriptions",
        "web_visits",
        "marketing_costs",
        "support_costs",
        "forum_threads",
        "forum_posts",
        "gestures",
        "agent_shifts",
    ]


def test_the_key_of_an_entity_is_its_first_column_and_required() -> None:
    for entity in entities().values():
        key = entity.contract("UTC").key
        assert key.endswith("_id")
        assert key in entity.required


def test_a_contract_says_what_the_entity_requires() -> None:
    contract = entities()["ticket_events"].contract("Asia/Seoul")

    assert contract.key == "event_id"
    assert contract.cursor == "updated_at"
    assert contract.deleted == "deleted"
    assert contract.timezone == "Asia/Seoul"
    assert contract.fields == (
        Field(path="event_id", type="id", required=True),
        Field(path="ticket_id", type="id", required=True),
        Field(path="at", type="instant", required=True),
        Field(
            path="kind",
            required=True,
            choices=frozenset({"status", "assignee", "team", "topic", "priority", "merge"}),
        ),
        Field(path="from_value"),
        Field(path="to_value"),
        Field(path="actor", choices=frozenset({"customer", "agent", "automation"})),
        Field(path="updated_at", type="instant"),
        Field(path="deleted", type="boolean"),
    )


def test_what_identifies_a_person_and_what_people_write_is_personal() -> None:
    personal = {
        (entity.name, name): column.personal
        for entity in entities().values()
        for name, column in entity.columns.items()
        if column.personal
    }

    assert personal == {
        ("tickets", "subject"): "free_text",
        ("messages", "body"): "free_text",
        ("surveys", "comment"): "free_text",
        ("customers", "email"): "email",
        ("customers", "phone"): "phone",
        ("customers", "name"): "name",
    }


@pytest.mark.parametrize(
    ("entity", "column"),
    [
        ("tickets", "channel"),
        ("tickets", "priority"),
        ("self_service_sessions", "tool"),
        ("support_costs", "category"),
        ("gestures", "kind"),
    ],
)
def test_a_word_that_shops_invent_is_in_no_closed_list(entity: str, column: str) -> None:
    assert entities()[entity].columns[column].choices == frozenset()


def test_an_unknown_key_of_a_column_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Column.model_validate({"type": "id", "require": True})


@pytest.mark.parametrize(
    ("kind", "score", "reason"),
    [
        ("csat", "5", None),
        ("csat", "1", None),
        ("csat", "7", "is outside the scale of kind csat"),
        ("CSAT", "0.5", "is outside the scale of kind CSAT"),
        ("nps", "0", None),
        ("nps", "11", "is outside the scale of kind nps"),
        ("ces", "7", None),
        ("ces", "0", "is outside the scale of kind ces"),
        ("ces", None, None),
    ],
)
def test_a_score_has_to_lie_on_the_scale_of_its_survey(
    kind: str, score: str | None, reason: str | None
) -> None:
    survey = {"survey_id": "1", "kind": kind, "sent_at": "2026-03-02T00:00:00Z", "score": score}
    problems = ContractCheck(entities()["surveys"].contract("UTC"))(survey).problems
    assert [problem.reason for problem in problems] == ([reason] if reason else [])
