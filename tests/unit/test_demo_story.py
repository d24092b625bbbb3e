import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow.compute as pc
import pytest

from dagster_project.demo import desk, tables, wire
from dagster_project.demo.drops import DROPS
from dagster_project.demo.generator import Story, generate
from dagster_project.demo.rhythm import (
    BAD_WEEK,
    FIRST_NIGHT,
    HOUR,
    NEVER,
    OFFICE_HOURS,
    WorkingClock,
    instant_of,
    micros,
)
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth import truth

YEAR = 2000
DROPPED = [table_of for entities in DROPS.values() for table_of in entities.values()]


@pytest.fixture(scope="module")
def story() -> Story:
    return generate(tickets=YEAR, seed=1)


def worked(start: datetime, hours: float) -> datetime:
    clock = WorkingClock(OFFICE_HOURS)
    done = clock.add(np.array([micros(start)]), np.array([int(hours * HOUR)]))
    return instant_of(done[0])


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=9)


def test_work_begun_late_on_a_friday_is_done_on_saturday_morning() -> None:
    # 2026-03-06 is a Friday: half an hour until 18:00, the rest from 10:00 on Saturday.
    assert worked(seoul(2026, 3, 6, 17, 30), 2) == seoul(2026, 3, 7, 11, 30)


def test_work_asked_for_on_a_sunday_begins_on_monday() -> None:
    assert worked(seoul(2026, 3, 8, 12), 1) == seoul(2026, 3, 9, 10)


def test_nobody_works_on_a_holiday() -> None:
    # 2026-05-05 is Children's Day, a Tuesday.
    assert worked(seoul(2026, 5, 4, 17), 2) == seoul(2026, 5, 6, 10)


def test_the_same_seed_tells_the_same_story(story: Story) -> None:
    again, other = generate(tickets=YEAR, seed=1), generate(tickets=YEAR, seed=2)

    for table_of in (tables.tickets, tables.messages, *DROPPED):
        told = table_of(Seen(story, FIRST_NIGHT))
        assert table_of(Seen(again, FIRST_NIGHT)).equals(told)
        assert not table_of(Seen(other, FIRST_NIGHT)).equals(told)


@pytest.mark.parametrize("tickets", [20, YEAR])
def test_the_first_year_has_as_many_tickets_as_were_asked_for(tickets: int) -> None:
    seen = Seen(generate(tickets=tickets, seed=3), FIRST_NIGHT)

    # Second tickets about the same matter come on top.
    assert tickets * 0.9 <= seen.ticket_count <= tickets * 1.1


def test_a_later_clock_changes_no_record_without_moving_its_updated_at(story: Story) -> None:
    first = Seen(story, FIRST_NIGHT)
    later = Seen(story, FIRST_NIGHT + timedelta(days=21))

    for table_of in (
        tables.tickets,
        tables.messages,
        tables.ticket_events,
        tables.desk_customers,
        tables.surveys,
        *DROPPED,
    ):
        unchanged = table_of(later).filter(pc.field("updated_at") <= FIRST_NIGHT)
        known = table_of(first)
        kept = known.filter(pc.is_in(known.column(0), unchanged.column(0)))
        assert kept.num_rows == unchanged.num_rows
        assert kept.sort_by(kept.column_names[0]).equals(
            unchanged.sort_by(unchanged.column_names[0])
        ), table_of.__name__


def test_the_helpdesk_tells_of_an_untouched_record_the_same_words_later(story: Story) -> None:
    first = Seen(story, FIRST_NIGHT)
    later = Seen(story, FIRST_NIGHT + timedelta(days=21))
    untouched = np.flatnonzero(later.tickets.updated[: first.ticket_count] == first.tickets.updated)
    customers = np.flatnonzero(later.writers_updated[: first.writers.size] == first.writers_updated)

    assert untouched.size > YEAR / 2
    assert wire.tickets(later, untouched).equals(wire.tickets(first, untouched))
    assert wire.customers(later, customers).equals(wire.customers(first, customers))
    events = np.arange(first.event_count)
    assert wire.events(later, events).equals(wire.events(first, events))
    words = np.arange(first.message_count)
    of_untouched = words[np.isin(story.desk.messages.ticket[words], untouched)]
    assert wire.messages(later, of_untouched).equals(wire.messages(first, of_untouched))


def test_the_helpdesk_and_the_tables_tell_of_the_same_tickets(story: Story) -> None:
    seen = Seen(story, FIRST_NIGHT)
    told = tables.tickets(seen).to_pylist()

    for row, text in enumerate(wire.tickets(seen, np.arange(seen.ticket_count)).to_pylist()):
        ticket, entity = json.loads(text), told[row]
        assert str(ticket["id"]) == entity["ticket_id"]
        assert [tag["name"] for tag in ticket["tags"]] == entity["tags"]
        assert ticket["from_agent"] == (entity["opened_by"] == "agent")
        assert ticket["spam"] == entity["is_spam"]
        assert (ticket["trashed_datetime"] is not None) == entity["deleted"]
        assert (ticket["snooze_datetime"] is not None) == (entity["status"] == "snoozed")
        assert (ticket["status"] == "closed") == (entity["status"] == "closed")
        assignee = ticket["assignee_user"] and str(ticket["assignee_user"]["id"])
        assert assignee == entity["assignee_id"]
        closed_at = entity["closed_at"]
        assert ticket["closed_datetime"] == (
            closed_at and closed_at.replace(tzinfo=None).isoformat(timespec="microseconds")
        )


def test_nothing_happens_to_a_ticket_before_it_is_there(story: Story) -> None:
    created, messages, events = story.desk.tickets.created, story.desk.messages, story.desk.events

    assert (messages.sent >= created[messages.ticket]).all()
    assert (events.at >= created[events.ticket]).all()


def test_every_oddity_of_a_helpdesk_occurs(story: Story) -> None:
    seen = Seen(story, FIRST_NIGHT)
    tickets, count = story.desk.tickets, seen.ticket_count

    assert set(tickets.kind[:count].tolist()) == set(range(5))
    assert set(tickets.path[:count].tolist()) == set(range(8))
    assert set(tickets.reopening[:count].tolist()) == {0, 1, 2}
    assert seen.tickets.is_spam.any()
    assert (seen.tickets.trashed < NEVER).any()
    assert (seen.tickets.merged_into >= 0).any()
    assert (tickets.passed_on[:count] < NEVER).any()
    assert tickets.is_proactive.any()
    assert not story.desk.messages.is_public.all()
    assert (story.desk.messages.failed < NEVER).any()
    surveys = story.desk.surveys
    late = (surveys.scored < NEVER) & (surveys.scored - surveys.sent > 24 * 40 * HOUR)
    assert late.any()
    assert set(story.desk.events.what.tolist()) == set(range(len(wire.EVENT_TYPES)))


def test_a_double_is_merged_before_anybody_answers_the_first_ticket(story: Story) -> None:
    tickets = story.desk.tickets
    double = np.flatnonzero(tickets.kind == desk.DOUBLE)
    target = tickets.target[double]
    while (chained := tickets.kind[target] == desk.DOUBLE).any():
        target = np.where(chained, tickets.target[target], target)
    answered = np.full(tickets.count, NEVER)
    first = story.desk.rounds.number == 0
    answered[story.desk.rounds.ticket[first]] = story.desk.rounds.answered[first]

    assert (tickets.created[target] < tickets.created[double]).all()
    assert (tickets.merged[double] < answered[target]).all()
    assert (tickets.person[double] == tickets.person[target]).all()


def test_answers_take_several_times_longer_in_the_bad_week() -> None:
    figures = truth(Seen(generate(tickets=20_000, seed=4), FIRST_NIGHT))["bad_week"]
    bad, usual = figures["first_response_time"], figures["weeks_before"]

    assert (figures["starts_on"], figures["ends_on"]) == ("2026-05-11", "2026-05-17")
    assert BAD_WEEK[0] == date(2026, 5, 11)
    # Four times the work; nights between let a chat wait longer, and a letter less than that.
    assert 3 < bad["chat"]["median"] / usual["chat"]["median"] < 6
    assert bad["email"]["median"] / usual["email"]["median"] > 1.5
