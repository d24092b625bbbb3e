"""How far back each list is read, and what ends a walk. The clock shows 2026-11-20 03:00."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from helpdesk import NOW, PARAMETERS, GetStream, Helpdesk, ReadPages, ids, page, refusal
from starlette.responses import Response

from dagster_project.sources.http import TRIES
from dagster_project.sources.seam import CheckpointRefusedError, SourceError, Walk

LAST_NIGHT = NOW - timedelta(days=1)


def ago(**span: float) -> str:
    return f"{NOW - timedelta(**span):%Y-%m-%dT%H:%M:%S.%f}"


def ticket(number: int, updated: str) -> dict[str, Any]:
    return {"id": number, "created_datetime": ago(days=300), "updated_datetime": updated}


def tickets(count: int) -> list[dict[str, Any]]:
    """Number 1 was touched a minute ago, each other one a minute before the last."""
    return [ticket(n, ago(minutes=n)) for n in range(1, count + 1)]


def test_the_first_walk_reads_everything_since_the_start(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["tickets"] = [
        ticket(1, "2026-11-19T10:00:00.000000"),
        ticket(2, "2024-01-01T00:00:00.000000"),
        ticket(3, "2023-12-31T23:59:59.999999"),
    ]
    assert ids(walk("tickets")) == [1, 2]


def test_pages_are_of_100_records_and_the_last_has_no_checkpoint(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = tickets(250)
    pages = walk("tickets")
    assert [len(each.records) for each in pages] == [100, 100, 50]
    assert [each.checkpoint is None for each in pages] == [False, False, True]
    assert ids(pages) == list(range(1, 251))
    assert {params["order_by"] for _, params in desk.asked} == {"updated_datetime:desc"}
    assert {params["limit"] for _, params in desk.asked} == {"100"}


@pytest.mark.parametrize("name", ["tickets", "customers"])
def test_the_next_walk_stops_ten_minutes_below_the_high_water(
    name: str, desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists[name] = [
        ticket(1, ago(hours=1)),
        ticket(2, ago(days=1, minutes=10)),
        ticket(3, ago(days=1, minutes=10, seconds=1)),
        *(ticket(n, ago(days=2, minutes=n)) for n in range(4, 400)),
    ]
    assert ids(walk(name, high_water=LAST_NIGHT)) == [1, 2]
    assert len(desk.asked) == 1


def test_an_old_high_water_does_not_lead_below_the_start(desk: Helpdesk, walk: ReadPages) -> None:
    desk.lists["tickets"] = [ticket(1, "2023-12-31T23:55:00.000000")]
    assert ids(walk("tickets", high_water=datetime(2024, 1, 1, tzinfo=UTC))) == []


def test_a_server_that_ignores_the_order_is_an_error_and_not_an_empty_success(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = tickets(3)
    desk.keeps_order = False
    with pytest.raises(SourceError, match="does not go down by updated_datetime") as raised:
        walk("tickets", high_water=LAST_NIGHT)
    assert str(raised.value).startswith("desk.tickets: ")
    assert not raised.value.may_be_tried_again


def test_only_the_first_page_has_to_show_the_order(desk: Helpdesk, walk: ReadPages) -> None:
    """A ticket touched while a later page is put together shows up in it with a new instant."""
    first, second = ticket(1, ago(hours=1)), ticket(2, ago(hours=2))
    touched = ticket(3, ago(seconds=0))
    desk.interrupt["tickets", 1] = lambda: page([first], next_cursor="a")
    desk.interrupt["tickets", 2] = lambda: page([second, touched])
    desk.interrupt["tickets", 3] = lambda: page([second, touched])
    assert ids(walk("tickets")) == [1, 2, 3]
    assert ids(walk("tickets", resume={"cursor": "a"})) == [2, 3]


def test_records_of_one_instant_over_several_pages_all_come_and_the_walk_ends(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = [ticket(n, ago(hours=1)) for n in range(1, 251)]
    assert sorted(ids(walk("tickets", high_water=LAST_NIGHT))) == list(range(1, 251))


def test_a_ticket_touched_during_the_walk_is_met_by_the_next_one(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = tickets(150)

    def touch_the_last() -> None:
        desk.lists["tickets"][149] = ticket(150, ago(seconds=1))

    desk.interrupt["tickets", 2] = touch_the_last
    assert 150 not in ids(walk("tickets"))
    assert ids(walk("tickets", high_water=NOW - timedelta(minutes=1)))[0] == 150


def test_a_record_that_comes_twice_is_passed_on_twice_and_nothing_is_left_out(
    desk: Helpdesk, walk: ReadPages
) -> None:
    shown = tickets(4)
    desk.interrupt["tickets", 1] = lambda: page(shown[:3], next_cursor="a")
    desk.interrupt["tickets", 2] = lambda: page(shown[2:])
    assert ids(walk("tickets")) == [1, 2, 3, 3, 4]


def test_a_ticket_dated_in_the_future_neither_ends_nor_hides_anything(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = [ticket(9, "2031-01-01T00:00:00.000000"), *tickets(3)]
    assert ids(walk("tickets", high_water=LAST_NIGHT)) == [9, 1, 2, 3]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-19T02:50:00",
        "2026-11-19T02:50:00.000000",
        "2026-11-19T02:50:00Z",
        "2026-11-19T02:50:00+00:00",
        "2026-11-19T02:50:00.000000+0000",
        "2026-11-19 02:50:00+00:00",
        "2026-11-19T11:50:00+09:00",
    ],
)
def test_an_instant_is_the_same_however_it_is_written(
    written: str, desk: Helpdesk, walk: ReadPages
) -> None:
    below = written.replace(":50:00", ":49:59")
    desk.interrupt["tickets", 1] = lambda: page([ticket(1, written), ticket(2, below)])
    assert ids(walk("tickets", high_water=LAST_NIGHT)) == [1]


def test_a_record_without_its_instant_is_passed_on_for_the_contract_to_judge(
    desk: Helpdesk, walk: ReadPages
) -> None:
    shown = [ticket(1, ago(hours=1)), {"id": 2}, {"id": 3, "updated_datetime": "yesterday"}]
    desk.interrupt["tickets", 1] = lambda: page([*shown, ticket(4, ago(days=2))])
    assert ids(walk("tickets", high_water=LAST_NIGHT)) == [1, 2, 3]


def test_what_is_no_record_at_all_is_counted_as_a_reject(desk: Helpdesk, walk: ReadPages) -> None:
    desk.interrupt["tags", 1] = lambda: page([{"id": 1}, None, "two"])
    (only,) = walk("tags")
    assert ids([only]) == [1]
    assert [each.what for each in only.rejects] == ["element 2 of a page", "element 3 of a page"]


def test_a_score_40_days_late_is_read_again_and_one_past_the_window_is_not(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["satisfaction-surveys"] = [
        {"id": 1, "ticket_id": 11, "created_datetime": ago(days=41), "score": 5},
        {"id": 2, "ticket_id": 12, "created_datetime": ago(days=91), "score": 2},
        {"id": 3, "ticket_id": 13, "created_datetime": ago(days=91, seconds=1), "score": 1},
    ]
    pages = walk("satisfaction_surveys", high_water=LAST_NIGHT)
    assert [(record["id"], record["score"]) for record in pages[0].records] == [(1, 5), (2, 2)]


def test_events_are_filtered_by_the_vendor_from_five_minutes_below_the_high_water(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["events"] = [
        {"id": 1, "created_datetime": ago(days=1, minutes=6)},
        {"id": 2, "created_datetime": ago(days=1, minutes=4)},
    ]
    assert ids(walk("events", high_water=LAST_NIGHT)) == [2]
    assert ids(walk("events")) == [1, 2]
    assert [params["created_datetime[gte]"] for _, params in desk.asked] == [
        "2026-11-19T02:55:00Z",
        "2024-01-01T00:00:00Z",
    ]


@pytest.mark.parametrize("name", ["users", "tags"])
def test_users_and_tags_are_read_whole_every_night(
    name: str, desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists[name] = [{"id": n} for n in range(1, 151)]
    assert ids(walk(name, high_water=NOW)) == list(range(1, 151))


def test_nothing_new_is_one_empty_last_page_with_the_servers_clock(walk: ReadPages) -> None:
    (only,) = walk("tickets", high_water=LAST_NIGHT)
    assert (only.records, only.checkpoint, only.server_time) == ([], None, NOW)


def test_a_walk_goes_on_after_the_page_that_is_safe(
    desk: Helpdesk, stream: GetStream, walk: ReadPages
) -> None:
    desk.lists["tickets"] = tickets(250)
    first = next(stream("tickets").pages(Walk()))
    desk.asked.clear()
    assert ids(walk("tickets", resume=first.checkpoint)) == list(range(101, 251))
    assert len(desk.asked) == 2


def test_a_saved_cursor_that_is_no_longer_taken_makes_the_walk_start_afresh(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.takes_cursors = False
    with pytest.raises(CheckpointRefusedError):
        walk("tickets", resume={"cursor": "WyJuZXh0Il0="})


def test_a_cursor_refused_in_the_middle_of_a_walk_is_an_error(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tickets"] = tickets(101)
    desk.takes_cursors = False
    with pytest.raises(SourceError, match="HTTP 400"):
        walk("tickets")


def test_a_cursor_that_comes_again_ends_the_walk_as_an_error(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tags"] = [{"id": 1}]
    desk.next_cursor = lambda cursor: "WyIiLCAwXQ=="
    desk.interrupt["tags", 3] = lambda: refusal(401)
    with pytest.raises(SourceError, match="the list has no end"):
        walk("tags")
    assert len(desk.asked) == 2


def test_empty_pages_without_an_end_are_an_error(desk: Helpdesk, walk: ReadPages) -> None:
    for number in range(1, 100):
        desk.interrupt["tags", number] = lambda: page([], next_cursor=f"c{len(desk.asked)}")
    with pytest.raises(SourceError, match="page after page with nothing in it"):
        walk("tags")
    assert len(desk.asked) == 11


@pytest.mark.parametrize("body", ["[]", "null", "{}", '{"data": {}}', '{"data": [], "meta": {}}'])
def test_json_that_is_no_page_is_an_error_at_once(
    body: str, desk: Helpdesk, walk: ReadPages
) -> None:
    desk.interrupt["tags", 1] = lambda: Response(body, media_type="application/json")
    with pytest.raises(SourceError, match=r"desk.tags: the answer is JSON, but no page"):
        walk("tags")


def test_pages_before_a_failure_are_safe_and_the_walk_goes_on_after_them(
    desk: Helpdesk, stream: GetStream, walk: ReadPages, waits: list[float]
) -> None:
    desk.lists["tickets"] = tickets(150)
    for number in range(2, 2 + TRIES):
        desk.interrupt["tickets", number] = lambda: refusal(429, Retry_After="3")
    pages = stream("tickets").pages(Walk())
    first = next(pages)
    with pytest.raises(SourceError, match="HTTP 429, 8 times in a row") as raised:
        next(pages)
    assert raised.value.may_be_tried_again
    assert waits == [3] * (TRIES - 1)
    assert ids([first, *walk("tickets", resume=first.checkpoint)]) == list(range(1, 151))


def test_credentials_that_run_out_during_a_walk_fail_at_once_and_keep_what_is_safe(
    desk: Helpdesk, stream: GetStream, waits: list[float]
) -> None:
    desk.lists["tickets"] = tickets(150)
    desk.interrupt["tickets", 2] = lambda: refusal(401)
    pages = stream("tickets").pages(Walk())
    assert len(next(pages).records) == 100
    with pytest.raises(SourceError, match="Check the credentials") as raised:
        next(pages)
    assert (raised.value.may_be_tried_again, waits) == (False, [])


def test_a_list_that_a_role_may_not_read_leaves_the_others_alone(
    desk: Helpdesk, walk: ReadPages
) -> None:
    desk.lists["tags"] = [{"id": 1}]
    desk.interrupt["customers", 1] = lambda: refusal(403)
    with pytest.raises(SourceError, match=r"desk.customers: .* a role that may read it"):
        walk("customers")
    assert ids(walk("tags")) == [1]


def test_a_parameter_that_the_vendor_does_not_know_is_an_error_at_once(
    desk: Helpdesk, walk: ReadPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARAMETERS, "events", set())
    with pytest.raises(SourceError, match=r"\(created_datetime\[gte\], limit\): HTTP 400"):
        walk("events")
    assert len(desk.asked) == 1


def test_a_bucket_shared_with_others_never_overflows_and_keeps_a_quarter_for_them(
    desk: Helpdesk, walk: ReadPages, waits: list[float]
) -> None:
    """40 calls fit; 40 leak away in 20 s, which pass in the waits alone."""
    desk.lists["tickets"] = tickets(100 * 100)
    level, waited, fullest = 0.0, 0, 0.0

    def pour() -> dict[str, str]:
        nonlocal level, waited, fullest
        leaked = sum(waits[waited:]) * 40 / 20
        waited = len(waits)
        level = max(0.0, level - leaked) + 1
        fullest = max(fullest, level)
        return {"X-Gorgias-Account-Api-Call-Limit": f"{level:.0f}/40"}

    desk.headers = pour
    assert len(walk("tickets")) == 100
    assert 30 <= fullest <= 32
    assert sum(waits) == pytest.approx((100 - 30) * 20 / 40, abs=2)
