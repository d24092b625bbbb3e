"""What is landed of a text: which patterns of the topic rules it meets, and none of its words."""

import json
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from landing_source import TICKETS, Desk, PagedStream, landed, ticket

from dagster_project.landing.intake import Intake, Refused, Row
from dagster_project.landing.land import land_stream
from dagster_project.landing.privacy import Keep, Privacy, Pseudonymiser
from dagster_project.landing.quarantine import replay
from dagster_project.landing.texts import TextRules, expression
from dagster_project.landing.zone import LandingZone
from dagster_project.sources.entities import entities
from dagster_project.sources.gorgias_contracts import MESSAGES
from dagster_project.sources.gorgias_contracts import TICKETS as GORGIAS_TICKETS
from dagster_project.sources.seam import Contract, Field

KEY = "0123456789abcdef0123456789abcdef"
SHOPS = [Keep(), Pseudonymiser(KEY)]
READ = tuple(
    replace(each, read_as="body") if each.path == "body" else each for each in TICKETS.fields
)
TICKETS_WITH_TEXT = replace(TICKETS, fields=READ)
RULES = TextRules([("body", "환불"), ("body", "refund"), ("subject", "parcel")])


def met(pattern: str, *texts: Any) -> list[bool]:
    """Whether each text meets a pattern."""
    reader = TextRules([("body", pattern)]).reader([Field(path="text", read_as="body")])
    return [bool(matches) for matches in reader({"text": text} for text in texts)]


def payload(
    contract: Contract, rules: TextRules, record: dict[str, Any], privacy: Privacy | None = None
) -> Any:
    intake = Intake(contract, privacy or Keep(), rules)
    [matches] = intake.matches([record])
    taken = intake.take(record, matches)
    assert isinstance(taken, Row), taken
    return json.loads(taken.payload)


def test_words_are_found_where_a_word_begins_with_them_in_capitals_too() -> None:
    assert met("refund", "Refund, please", "I was REFUNDED twice", "(refund)") == [True] * 3
    assert met("ship", "when will it ship?", "our relationship", "airship") == [True, False, False]


def test_korean_words_are_found_within_words_and_before_particles() -> None:
    assert met("환불", "환불은 언제 되나요", "부분환불 문의", "교환 문의") == [True, True, False]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_syllable_is_the_same_in_one_character_or_in_three(form: Any) -> None:
    text = unicodedata.normalize(form, "환불 부탁드립니다. Café fermé?")
    assert met("환불", text) == met("fermé", text) == [True]


def test_any_space_may_lie_between_words() -> None:
    texts = ["where is\r\n  my order", "where\u00a0is\u3000my order", "whereismy order"]
    assert met("where is my order", *texts) == [True, True, False]


def test_a_pattern_with_signs_is_a_regular_expression() -> None:
    texts = ["I want my MONEY back", "돈을 좀 돌려 주세요", "money"]
    assert met(r"money\s+back|돈.*돌려", *texts) == [True, True, False]


def test_an_expression_that_cannot_be_used_is_refused_with_a_remedy() -> None:
    for pattern, words in (
        ("(refund", "missing [)]: [(]refund[)]; mend it"),
        ("(?=refund)", "invalid perl operator.*mend it"),
        ("a{9999}", "bad repetition operator|invalid repetition size"),
        ("(환불)?", "met by every text"),
    ):
        with pytest.raises(ValueError, match=words):
            expression(pattern)


def test_what_is_no_text_meets_nothing() -> None:
    assert met("refund", None, "", "  ", 7, ["refund"], {"refund": "refund"}) == [False] * 6
    assert met("refund", "\ud800 refund \x00", "refund") == [True, True]
    reader = RULES.reader(READ)
    assert list(reader(["refund", None, {"body": "refund"}])) == [
        {},
        {},
        {"body_matches": ["refund"]},
    ]


def test_long_texts_are_looked_through_in_no_time_whatever_the_pattern() -> None:
    reader = TextRules(
        [
            ("body", each)
            for each in ("환불", "refund", "(a+)+$", "(배송|송장).*(언제|아직).*(와요|오나요)")
        ]
    ).reader([Field(path="text", read_as="body")])
    texts = ["배송 언제 " * 8000, "a" * 50_000 + "!", "The parcel is not here. " * 2000] * 10
    begun = time.process_time()
    found = list(reader({"text": text} for text in texts))
    assert time.process_time() - begun < 2
    assert not any(found)


def test_each_text_is_read_by_the_rules_of_its_kind() -> None:
    ticket = {"id": 1, "subject": "parcel or refund"}
    assert list(RULES.reader(GORGIAS_TICKETS.fields)([ticket])) == [{"subject_matches": ["parcel"]}]
    dropped = entities()["tickets"].contract("UTC").fields
    assert list(RULES.reader(dropped)([ticket])) == [{"subject_matches": ["parcel"]}]
    message = {"message_id": "1", "body": "환불, not a parcel: refund"}
    assert list(RULES.reader(entities()["messages"].contract("UTC").fields)([message])) == [
        {"body_matches": ["refund", "환불"]}
    ]


def test_of_a_message_its_own_words_are_read_and_what_it_quotes_is_not() -> None:
    quoting = {"stripped_text": "thanks", "body_text": "thanks\n> we refund you"}
    reader = RULES.reader(MESSAGES.fields)
    assert list(reader([quoting, {"stripped_text": " ", "body_text": "refund"}])) == [
        {},
        {"body_matches": ["refund"]},
    ]


@pytest.mark.parametrize("privacy", SHOPS)
def test_patterns_stand_in_the_place_of_a_text(privacy: Privacy) -> None:
    record = ticket(1, body="Kim wants a refund to card 4111")
    landed = payload(TICKETS_WITH_TEXT, RULES, record, privacy)
    assert landed == {**ticket(1), "body_matches": ["refund"]}
    assert payload(TICKETS_WITH_TEXT, RULES, ticket(1, body="hello"), privacy) == ticket(1)


def test_the_order_of_the_rules_changes_no_record() -> None:
    turned = TextRules([("body", "refund"), ("body", "환불"), ("body", "refund")])
    record = ticket(1, body="환불 refund")
    assert payload(TICKETS_WITH_TEXT, turned, record) == payload(TICKETS_WITH_TEXT, RULES, record)


def test_a_record_has_changed_where_its_text_meets_another_pattern(tmp_path: Path) -> None:
    zone = LandingZone(tmp_path)
    told = []
    for rules in (RULES, RULES, TextRules([("body", "환불"), ("body", "card")])):
        records = [ticket(1, body="refund my card"), ticket(2, body="hello")]
        stream = PagedStream([records], contract=TICKETS_WITH_TEXT)
        load = land_stream(Desk([stream]), stream, zone, Keep(), rules=rules).load
        told.append((load.records_landed, load.records_unchanged))
    assert told == [(2, 0), (0, 2), (1, 1)]
    found = [json.loads(each).get("body_matches") for each in landed(zone, "payload")]
    assert found == [["refund"], None, ["card"]]


def test_what_a_text_met_outlives_quarantine_and_the_text_does_not(tmp_path: Path) -> None:
    zone = LandingZone(tmp_path)
    intake = Intake(TICKETS_WITH_TEXT, Keep(), RULES)
    record = ticket(1, score=9, body="secret refund")
    [matches] = intake.matches([record])
    refused = intake.take(record, matches)
    assert isinstance(refused, Refused)
    assert "secret" not in refused.text

    stream = PagedStream([[record]], contract=TICKETS_WITH_TEXT)
    land_stream(Desk([stream]), stream, zone, Keep(), rules=RULES)
    fields = tuple(replace(each, at_most=9) if each.path == "score" else each for each in READ)
    replay(zone, "desk", "tickets", Intake(replace(TICKETS_WITH_TEXT, fields=fields), Keep()))
    [replayed] = landed(zone, "payload")
    assert json.loads(replayed)["body_matches"] == ["refund"]


def test_every_page_of_a_walk_is_read_by_the_rules(tmp_path: Path) -> None:
    zone = LandingZone(tmp_path)
    pages = [[ticket(n, body="refund" if n % 2 else "no") for n in range(m, m + 3)] for m in (0, 3)]
    stream = PagedStream(pages, contract=TICKETS_WITH_TEXT)
    land_stream(Desk([stream]), stream, zone, Keep(), rules=RULES)
    met_by = {
        json.loads(each)["id"]: "body_matches" in json.loads(each)
        for each in landed(zone, "payload")
    }
    assert met_by == {n: n % 2 == 1 for n in range(6)}
