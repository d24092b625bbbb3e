from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dagster_project.demo.generator import Story, generate
from dagster_project.demo.rhythm import FIRST_NIGHT
from dagster_project.demo.seen import Seen
from dagster_project.demo.server import REAL, DemoServer

EMAIL, KEY = "nightly@seoul-lamp.example", "key"
LISTS = ("tickets", "messages", "satisfaction-surveys", "customers", "events")


@pytest.fixture(scope="module")
def story() -> Story:
    return generate(tickets=500, seed=1)


@pytest.fixture(scope="module")
def seen(story: Story) -> Seen:
    return Seen(story, FIRST_NIGHT)


@pytest.fixture(scope="module")
def client(seen: Seen) -> Iterator[httpx.Client]:
    with (
        DemoServer(seen, email=EMAIL, api_key=KEY) as server,
        httpx.Client(base_url=server.base_url, auth=(EMAIL, KEY)) as client,
    ):
        yield client


def walk(
    client: httpx.Client, path: str, cursor: str | None = None, **params: Any
) -> list[dict[str, Any]]:
    records = []
    while True:
        asked = {"limit": 100, **params, **({"cursor": cursor} if cursor else {})}
        page = client.get(path, params=asked).raise_for_status().json()
        records += page["data"]
        cursor = page["meta"]["next_cursor"]
        if cursor is None:
            return records


def refusal(client: httpx.Client, path: str) -> tuple[int, str]:
    reply = client.get(path)
    return reply.status_code, reply.json()["error"]["msg"]


@pytest.mark.parametrize("name", LISTS)
def test_a_walk_newest_first_meets_each_record_once(client: httpx.Client, name: str) -> None:
    records = walk(client, f"/api/{name}", order_by="created_datetime:desc")

    created = [record["created_datetime"] for record in records]
    assert created == sorted(created, reverse=True)
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids) > 100
    rising = walk(client, f"/api/{name}", order_by="created_datetime:asc", limit=37)
    assert [record["id"] for record in rising] == ids[::-1]


def test_tickets_can_be_walked_by_their_last_change(client: httpx.Client) -> None:
    updated = [
        ticket["updated_datetime"]
        for ticket in walk(client, "/api/tickets", order_by="updated_datetime:desc")
    ]

    assert updated == sorted(updated, reverse=True)


def test_a_page_holds_thirty_records_unless_asked_for_up_to_a_hundred(
    client: httpx.Client,
) -> None:
    assert len(client.get("/api/tickets").json()["data"]) == 30
    assert len(client.get("/api/tickets?limit=100").json()["data"]) == 100
    assert refusal(client, "/api/tickets?limit=101") == (400, "limit: must be between 1 and 100")
    assert refusal(client, "/api/tickets?limit=0")[0] == 400


def test_the_previous_cursor_leads_back(client: httpx.Client) -> None:
    first = client.get("/api/events?limit=50").json()
    second = client.get("/api/events", params={"cursor": first["meta"]["next_cursor"]}).json()
    back = client.get(
        "/api/events", params={"cursor": second["meta"]["prev_cursor"], "limit": 50}
    ).json()

    assert first["meta"]["prev_cursor"] is None
    assert back["data"] == first["data"]


def test_a_ticket_touched_during_a_walk_moves_to_the_head_and_nothing_else_is_lost(
    story: Story,
) -> None:
    today, tomorrow = (Seen(story, FIRST_NIGHT + timedelta(days=days)) for days in (0, 1))
    with (
        DemoServer(today, email=EMAIL, api_key=KEY) as server,
        httpx.Client(base_url=server.base_url, auth=(EMAIL, KEY)) as client,
    ):
        page = client.get("/api/tickets?order_by=updated_datetime:desc&limit=100").json()
        server.show(tomorrow)
        following = page["meta"]["next_cursor"]
        rest = walk(client, "/api/tickets", following, order_by="updated_datetime:desc")
        met = {ticket["id"] for ticket in page["data"] + rest}
        head = walk(client, "/api/tickets", order_by="updated_datetime:desc")
    clock = today.clock.replace(tzinfo=None).isoformat(timespec="microseconds")
    touched = {ticket["id"] for ticket in head if ticket["updated_datetime"] > clock}

    assert touched
    assert {ticket["id"] for ticket in head} - met <= touched


def test_a_cursor_is_refused_where_it_does_not_belong(client: httpx.Client) -> None:
    cursor = client.get("/api/tickets").json()["meta"]["next_cursor"]

    assert refusal(client, f"/api/tickets?order_by=updated_datetime:desc&cursor={cursor}") == (
        400,
        "cursor: was given for another order_by",
    )
    assert refusal(client, "/api/tickets?cursor=nonsense") == (400, "cursor: is not valid")


def test_who_does_not_know_the_key_gets_nothing(client: httpx.Client) -> None:
    for auth in (None, (EMAIL, "guess")):
        reply = httpx.get(f"{client.base_url}/api/tickets", auth=auth)
        assert reply.status_code == 401
        assert "data" not in reply.json()


def test_an_unknown_parameter_is_a_bad_request(client: httpx.Client) -> None:
    assert refusal(client, "/api/tickets?updated_since=2026-01-01") == (
        400,
        "Unknown query parameters: updated_since",
    )
    assert refusal(client, "/api/messages?order_by=updated_datetime:desc")[0] == 400
    assert refusal(client, "/api/satisfaction-surveys?ticket_id=7000001")[0] == 400


def test_what_is_not_there_is_not_found(client: httpx.Client, seen: Seen) -> None:
    tomorrows = 7_000_001 + seen.ticket_count

    assert refusal(client, f"/api/tickets/{tomorrows}") == (404, "Not found")
    assert refusal(client, f"/api/tickets/{tomorrows}/messages") == (404, "Not found")
    assert refusal(client, "/api/voice-calls") == (404, "Not found")


def test_a_full_bucket_refuses_until_it_has_leaked(seen: Seen) -> None:
    now = 0.0
    with (
        DemoServer(seen, email=EMAIL, api_key=KEY, bucket=REAL, clock=lambda: now) as server,
        httpx.Client(base_url=server.base_url, auth=(EMAIL, KEY)) as client,
    ):
        replies = [client.get("/api/tags") for _ in range(41)]
        now = 0.4
        too_early = client.get("/api/tags")
        now = 0.5
        in_time = client.get("/api/tags")

    limits = [reply.headers["X-Gorgias-Account-Api-Call-Limit"] for reply in replies]
    assert limits == [*(f"{calls}/40" for calls in range(1, 41)), "40/40"]
    assert [reply.status_code for reply in replies] == [200] * 40 + [429]
    # 40 calls in 20 seconds: there is room for one more after half a second.
    assert replies[-1].headers["Retry-after"] == "1"
    assert too_early.status_code == 429
    assert in_time.status_code == 200


def test_the_server_lives_at_the_demo_clock(client: httpx.Client) -> None:
    assert client.get("/api/tags").headers["Date"] == "Sat, 31 Oct 2026 15:00:00 GMT"


def test_the_messages_of_a_ticket_come_by_either_way(client: httpx.Client) -> None:
    ticket = walk(client, "/api/tickets")[-1]
    nested = walk(client, f"/api/tickets/{ticket['id']}/messages")

    assert nested == walk(client, "/api/messages", ticket_id=ticket["id"])
    assert {message["ticket_id"] for message in nested} == {ticket["id"]}
    assert len(nested) == ticket["messages_count"]
    assert client.get(f"/api/tickets/{ticket['id']}").json() == ticket


def test_tickets_are_chosen_by_id_by_customer_and_without_the_trash(client: httpx.Client) -> None:
    every = walk(client, "/api/tickets")
    ids, customer = [every[3]["id"], every[1]["id"]], every[1]["customer"]["id"]

    by_id = walk(client, "/api/tickets", ticket_ids=",".join(map(str, ids)))
    assert {ticket["id"] for ticket in by_id} == set(ids)
    assert walk(client, "/api/tickets", customer_id=customer) == [
        ticket for ticket in every if ticket["customer"]["id"] == customer
    ]
    kept = walk(client, "/api/tickets", trashed="false")
    assert kept == [ticket for ticket in every if ticket["trashed_datetime"] is None] != every


def test_events_are_chosen_by_time_and_type(client: httpx.Client) -> None:
    every = walk(client, "/api/events")
    bound = every[40]["created_datetime"]

    since = walk(client, "/api/events", **{"created_datetime[gte]": f"{bound}Z"})
    after = walk(client, "/api/events", **{"created_datetime[gt]": f"{bound}Z"})
    before = walk(client, "/api/events", **{"created_datetime[lt]": bound})
    assert since == every[:41]
    assert after == every[:40]
    assert before == every[41:]
    merged = walk(client, "/api/events", **{"types[]": ["ticket-merged", "ticket-trashed"]})
    assert {event["type"] for event in merged} == {"ticket-merged", "ticket-trashed"}
    assert refusal(client, "/api/events?created_datetime[gte]=yesterday")[0] == 400


def test_events_say_what_they_changed(client: httpx.Client) -> None:
    data = {
        event["type"]: event["data"]
        for event in walk(client, "/api/events")
        if event["user_id"] is not None
    }

    assert set(data["ticket-assigned"]) == {"assignee_user_id"}
    assert set(data["ticket-team-assigned"]) == {"assignee_team_id"}
    assert set(data["ticket-merged"]) == {"merged_into_ticket_id"}
    assert set(data["ticket-snoozed"]) == {"snooze_datetime"}
    assert data["ticket-closed"] is None
