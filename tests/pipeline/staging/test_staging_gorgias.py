"""Gorgias: what its records become, from landed JSON to the entities."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from hand_lake import HandLake


def ticket(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "via": "email",
        "from_agent": False,
        "spam": False,
        "customer": {"id": 70, "email": "email:v1:aa"},
        "assignee_user": None,
        "assignee_team": None,
        "integrations": [],
        "tags": [],
        "language": "ko",
        "created_datetime": "2026-03-01T00:00:00.000000",
        "updated_datetime": "2026-03-02T00:00:00.000000",
        "closed_datetime": None,
        "snooze_datetime": None,
        "trashed_datetime": None,
        **fields,
    }


def message(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "ticket_id": 1,
        "public": True,
        "channel": "email",
        "via": "email",
        "from_agent": False,
        "sender": {"id": 70},
        "rule_id": None,
        "meta": None,
        "created_datetime": "2026-03-01T00:00:00.000000",
        "sent_datetime": None,
        "failed_datetime": None,
        "deleted_datetime": None,
        **fields,
    }


def test_a_ticket_of_the_api_becomes_the_canonical_one(lake: HandLake) -> None:
    lake.gorgias(
        "tickets",
        ticket(
            1,
            status="closed",
            priority="critical",
            channel="contact_form",
            assignee_user={"id": 7, "name": "name:v1:bb"},
            assignee_team={"id": 11, "name": "Frontline"},
            integrations=[{"name": "Seoul Lamp"}, {"name": "other"}],
            tags=[{"id": 5, "name": "배송", "decoration": None}, {"id": 6, "name": "test"}],
            closed_datetime="2026-03-02T00:00:00.5",
        ),
    )
    lake.gorgias("tags", {"id": 5, "name": "Delivery"}, {"id": 6, "name": "Test"})
    lake.gorgias(
        "events",
        {
            "id": 1,
            "type": "ticket-merged",
            "object_type": "Ticket",
            "object_id": 1,
            "user_id": 7,
            "data": {"merged_into_ticket_id": 2},
            "created_datetime": "2026-03-02T00:00:00.000000",
        },
    )
    lake.build("tickets")
    assert lake.rows(
        """
        select
            source, ticket_id, customer_id, assignee_id, team_id, merged_into_ticket_id,
            status, opened_by, channel, priority, topic, brand, language, tags,
            created_at, closed_at, is_spam, is_test, is_deleted
        from scratch.entities.tickets
        """
    ) == [
        (
            *("desk", "1", "70", "7", "11", "2"),
            *("closed", "customer", "web_form", "urgent", "delivery", "Seoul Lamp", "ko"),
            ["delivery", "test"],
            *(datetime(2026, 3, 1), datetime(2026, 3, 2, 0, 0, 0, 500_000), False, True, False),
        )
    ]


def test_messages_of_the_api_become_the_canonical_ones(lake: HandLake) -> None:
    lake.gorgias("users", {"id": 7, "name": "Bo", "role": {"name": "bot"}})
    lake.gorgias(
        "messages",
        message(1),
        message(2, from_agent=True, sender={"id": 7}, sent_datetime="2026-03-01T00:01:00+00:00"),
        message(3, from_agent=True, sender=None, via="rule", rule_id=9001),
        message(
            4,
            from_agent=True,
            sender={"id": 8},
            public=False,
            channel="internal-note",
            meta={"macros": [{"id": 3}]},
            failed_datetime="2026-03-01 00:02:00Z",
        ),
    )
    lake.build("messages")
    assert lake.rows(
        """
        select
            message_id, sender, agent_id, purpose, channel, macro_id, sent_at, is_public, is_failed
        from entities.messages order by message_id
        """
    ) == [
        ("1", "customer", None, None, "email", None, datetime(2026, 3, 1), True, False),
        ("2", "agent", "7", "answer", "email", None, datetime(2026, 3, 1, 0, 1), True, False),
        ("3", "automation", None, "other", "email", None, datetime(2026, 3, 1), True, False),
        ("4", "agent", "8", None, None, "3", datetime(2026, 3, 1), False, True),
    ]


def test_what_a_later_load_says_is_seen_from_its_own_cut_on(lake: HandLake) -> None:
    lake.gorgias("tickets", ticket(1), extracted_at="2026-03-03T00:00:00.000000Z")
    lake.gorgias(
        "tickets",
        ticket(1, status="closed", updated_datetime="2026-03-05T00:00:00.000000"),
        extracted_at="2026-03-06T00:00:00.000000Z",
    )
    status = "select status, is_deleted from scratch.entities.tickets"
    lake.build("tickets")
    assert lake.rows(status) == [("closed", False)]
    lake.build("tickets", as_of="2026-03-04 00:00:00")
    assert lake.rows(status) == [("open", False)]
    lake.build("tickets", as_of="2026-02-28 00:00:00")
    assert lake.rows(status) == []


def test_a_late_score_replaces_the_missing_one_and_a_changed_one_keeps_the_first(
    lake: HandLake,
) -> None:
    survey = {
        "id": 5,
        "ticket_id": 1,
        "customer_id": 70,
        "score": None,
        "created_datetime": "2026-03-01T00:00:00",
        "sent_datetime": "2026-03-01T01:00:00",
        "scored_datetime": None,
    }
    lake.gorgias("satisfaction_surveys", survey)
    lake.gorgias(
        "satisfaction_surveys", {**survey, "score": 5, "scored_datetime": "2026-03-04T00:00:00"}
    )
    lake.gorgias(
        "satisfaction_surveys", {**survey, "score": 2, "scored_datetime": "2026-03-05T00:00:00"}
    )
    lake.build("surveys", "int_surveys__first_score")
    assert lake.rows("select survey_id, kind, score, responded_at from entities.surveys") == [
        ("5", "csat", Decimal(2), datetime(2026, 3, 5))
    ]
    assert lake.rows("select first_score from entities.int_surveys__first_score") == [(Decimal(5),)]


def test_a_word_for_a_channel_that_no_seed_maps_is_listed_with_the_line_to_add(
    lake: HandLake,
) -> None:
    lake.gorgias("tickets", ticket(1, channel="Fax"), ticket(2))
    lake.build("tickets")
    assert lake.rows(
        "select ticket_id, channel from scratch.entities.tickets order by ticket_id"
    ) == [
        ("1", "unmapped"),
        ("2", "email"),
    ]
    assert lake.rows("select seed_line from entities.int_channels__words where not is_mapped") == [
        ("seeds/channel_map.csv: desk,fax,",)
    ]


def test_fields_that_gorgias_leaves_out_or_empties_are_unknown(lake: HandLake) -> None:
    lake.gorgias(
        "tickets",
        {
            "id": 1,
            "status": "open",
            "channel": "email",
            "from_agent": False,
            "customer": {},
            "tags": {},
            "meta": [],
            "created_datetime": "2026-03-01T00:00:00",
            "updated_datetime": "2026-03-01T00:00:00",
        },
    )
    lake.build("tickets")
    assert lake.rows(
        "select customer_id, tags, priority, closed_at from scratch.entities.tickets"
    ) == [(None, None, None, None)]
