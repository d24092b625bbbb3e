"""New messages, and the messages of tickets that were touched. The clock shows 2026-11-20 03:00."""

from datetime import timedelta
from typing import Any

import pytest
from helpdesk import NOW, GetStream, Helpdesk, ReadPages, ids, page, refusal

from dagster_project.sources.seam import CheckpointRefusedError, SourceError, Walk

LAST_NIGHT = NOW - timedelta(days=1)


def message(number: int, ticket: int, *, days: float, **more: Any) -> dict[str, Any]:
    """Return a message that was written so many days ago."""
    created = f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%S.%f}"
    return {"id": number, "ticket_id": ticket, "created_datetime": created, **more}


def threads_asked(desk: Helpdesk) -> list[str]:
    return [params["ticket_id"] for _, params in desk.asked if "ticket_id" in params]


def test_messages_land_after_the_tickets_whose_threads_they_ask_for(stream: GetStream) -> None:
    assert stream("messages").parents == ("tickets",)


def test_the_first_walk_asks_for_no_thread(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["messages"] = [message(1, 7, days=20)]
    assert ids(walk("messages", touched={"tickets": ["7"]})) == [1]
    assert threads_asked(desk) == []


def test_an_old_message_that_was_edited_comes_with_its_touched_ticket(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["messages"] = [
        message(1, 7, days=20, opened_datetime="2026-11-19T20:00:00"),
        message(2, 8, days=20),
        message(3, 9, days=0.5),
    ]
    pages = walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["7"]})
    assert ids(pages) == [3, 1]
    assert pages[1].records[0]["opened_datetime"] == "2026-11-19T20:00:00"


def test_a_message_that_moved_with_a_merge_comes_under_its_new_ticket(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["messages"] = [message(1, 8, days=20)]
    pages = walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["7", "8"]})
    assert [(m["id"], m["ticket_id"]) for each in pages for m in each.records] == [(1, 8)]


def test_a_long_thread_is_read_over_all_its_pages(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["messages"] = [message(n, 7, days=20 + n) for n in range(1, 251)]
    pages = walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["7"]})
    assert sorted(ids(pages)) == list(range(1, 251))
    assert pages[-1].checkpoint is None


def test_a_ticket_that_is_gone_is_passed_over(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["messages"] = [message(1, 7, days=20), message(2, 9, days=20)]
    desk.gone = {"8", "10"}
    touched = {"tickets": ["7", "8", "9", "10"]}
    pages = walk("messages", high_water=LAST_NIGHT, touched=touched)
    assert ids(pages) == [1, 2]
    assert [each.rejects for each in pages if each.rejects] == []
    assert pages[-1].checkpoint is None


def test_a_ticket_that_the_role_may_not_see_is_counted_and_passed_over(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["messages"] = [message(1, 9, days=20)]
    desk.hidden = {"8"}
    pages = walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["8", "9"]})
    assert ids(pages) == [1]
    assert [r.what for each in pages for r in each.rejects] == ["the messages of ticket 8"]


def test_another_refusal_of_a_thread_ends_the_walk(desk: Helpdesk, walk: ReadPages) -> None:
    desk.interrupt["messages", 2] = lambda: refusal(401)
    with pytest.raises(SourceError, match="HTTP 401"):
        walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["7"]})


def test_a_server_that_ignores_the_ticket_is_an_error(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["messages"] = [message(1, 7, days=20), message(2, 8, days=20)]
    desk.keeps_filters = False
    with pytest.raises(SourceError, match="asked for ticket 7 alone"):
        walk("messages", high_water=LAST_NIGHT, touched={"tickets": ["7"]})


def test_a_walk_can_go_on_after_every_one_of_its_pages(
    desk: Helpdesk, stream: GetStream, walk: ReadPages
) -> None:
    desk.lists["messages"] = [
        *(message(n, 1, days=n / 1000) for n in range(1, 131)),
        *(message(n, 7, days=20) for n in range(201, 331)),
        message(150, 8, days=20),
    ]
    told: dict[str, Any] = {"high_water": LAST_NIGHT, "touched": {"tickets": ["7", "8"]}}
    whole = walk("messages", **told)
    assert [len(each.records) for each in whole] == [100, 30, 100, 30, 1]
    for number, safe in enumerate(whole[:-1], start=1):
        desk.asked.clear()
        rest = walk("messages", **told, resume=safe.checkpoint)
        assert ids(rest) == ids(whole[number:])
        assert len(desk.asked) == len(whole) - number


def test_a_checkpoint_of_a_ticket_that_is_not_of_this_walk_is_refused(
    desk: Helpdesk, walk: ReadPages
) -> None:
    with pytest.raises(CheckpointRefusedError):
        walk(
            "messages",
            high_water=LAST_NIGHT,
            touched={"tickets": ["8"]},
            resume={"ticket": "7", "cursor": None},
        )
    assert desk.asked == []


def test_a_saved_cursor_of_a_thread_that_is_no_longer_taken_starts_the_walk_afresh(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.takes_cursors = False
    with pytest.raises(CheckpointRefusedError):
        walk(
            "messages",
            high_water=LAST_NIGHT,
            touched={"tickets": ["7"]},
            resume={"ticket": "7", "cursor": "WyJuZXh0Il0="},
        )


def test_without_touched_tickets_the_last_page_of_the_list_is_the_last(
    desk: Helpdesk, stream: GetStream
) -> None:
    desk.interrupt["messages", 1] = lambda: page([message(1, 7, days=0.5)])
    (only,) = stream("messages").pages(Walk(high_water=LAST_NIGHT))
    assert only.checkpoint is None
