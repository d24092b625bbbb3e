"""Hours, topics and the forum of the small shop, counted again from its facts in plain Python."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import median

import duckdb
import pytest
from erlang import agents_needed
from records import CUT, Record, local, month_of, records

HOUR = timedelta(hours=1)

HourOfMonth = tuple[date, int, int]


def hour_of(at: datetime) -> HourOfMonth:
    on_the_wall = local(at)
    return month_of(at), on_the_wall.isoweekday(), on_the_wall.hour


def test_contact_hours(tonight: duckdb.DuckDBPyConnection) -> None:
    targets = {row["channel"]: row for row in records(tonight, "seeds.channels")}
    contacts = defaultdict(list)
    handled = defaultdict(list)
    in_month = defaultdict(list)
    for row in records(tonight, "facts.fct_live_contacts"):
        counts = row["exclusion_reason"] is None and not row["is_short_abandon"]
        if not counts or row["channel"] == "unmapped":
            continue
        key = row["channel"], hour_of(row["started_at"])
        contacts[key].append(row)
        if row["outcome"] == "answered" and row["talk_seconds"] is not None:
            seconds = sum(row[f"{part}_seconds"] or 0 for part in ("talk", "hold", "wrap_up"))
            handled[key].append(seconds)
            in_month[key[0], month_of(row["started_at"])].append(seconds)
    streams = records(tonight, "entities.int_streams")
    begins = min(row["first_record_at"] for row in streams if row["first_record_at"])
    shifts = [row for row in records(tonight, "entities.agent_shifts") if row["channel"]]
    observed: dict[HourOfMonth, float] = defaultdict(float)
    on_duty: dict[tuple[str, HourOfMonth], float] = defaultdict(float)
    start = datetime.combine(begins, datetime.min.time()) - timedelta(days=1)
    while start < CUT:
        end = min(start + HOUR, CUT)
        if local(start).date() >= local(begins).date():
            observed[hour_of(start)] += (end - start).total_seconds()
        for shift in shifts:
            on = min(end, shift["ended_at"] or CUT) - max(start, shift["started_at"])
            if on > timedelta(0):
                on_duty[shift["channel"], hour_of(start)] += on.total_seconds()
        start += HOUR
    rotas = {(channel, month) for channel, (month, _, _) in on_duty}

    expected = {}
    for channel, hour in {*contacts, *on_duty}:
        here = contacts.get((channel, hour), [])
        waits = [
            row["queue_seconds"]
            for row in here
            if row["queue_seconds"] is not None and row["outcome"] in ("answered", "abandoned")
        ]
        own = handled.get((channel, hour)) or in_month.get((channel, hour[0]))
        seconds = sum(own) / len(own) if own else None
        share = targets[channel]["share_target"]
        needed: int | None = None
        if share is not None and not here:
            needed = 0
        elif share is not None and seconds is not None:
            target = targets[channel]["wait_target_seconds"] or 20
            erlangs = len(here) * seconds / observed[hour]
            needed = agents_needed(
                erlangs, handle_seconds=seconds, within_seconds=target, share=float(share)
            )
        scheduled: float | None = None
        if (channel, hour[0]) in rotas:
            scheduled = on_duty.get((channel, hour), 0) / observed[hour]
        of_hour = handled.get((channel, hour))
        expected[hour[0], channel, hour[1], hour[2]] = (
            len(here),
            sum(row["outcome"] == "abandoned" for row in here),
            pytest.approx(median(waits)) if waits else None,
            pytest.approx(sum(of_hour) / len(of_hour)) if of_hour else None,
            needed,
            pytest.approx(scheduled) if scheduled is not None else None,
            None if needed is None or scheduled is None else scheduled < needed,
        )

    found = {
        (row["period_start"], row["channel"], row["weekday"], row["hour"]): (
            row["contacts"],
            row["abandoned"],
            row["median_wait_seconds"],
            row["mean_handle_seconds"],
            row["agents_needed"],
            row["agents_scheduled"],
            row["is_gap"],
        )
        for row in records(tonight, "marts.contact_hours")
    }
    assert found == expected
    assert {True, False, None} == {values[-1] for values in found.values()}


def topic_of(row: Record) -> tuple[date, str]:
    return month_of(row["created_at"]), row["topic"]


def order_of(ticket: Record, orders: list[Record]) -> Record | None:
    for order in orders:
        if (order["source"], order["order_id"]) == (ticket["source"], ticket["order_id"]):
            return order
    since = ticket["created_at"] - timedelta(days=90)
    theirs = [
        order
        for order in orders
        if order["person_id"] == ticket["person_id"] is not None
        and order["created_at"] <= ticket["created_at"]
    ]
    newest = max(
        theirs,
        key=lambda each: (each["created_at"], each["source"], each["order_id"]),
        default=None,
    )
    return newest if newest is not None and newest["created_at"] >= since else None


def was_late(order: Record, when: datetime) -> bool:
    promised, delivered = order["promised_at"], order["delivered_at"]
    if order["cancelled_at"] is not None or promised is None or promised >= when:
        return False
    return delivered is None or delivered > promised


def test_ticket_topics(tonight: duckdb.DuckDBPyConnection) -> None:
    after_purchase = {
        row["topic"] for row in records(tonight, "facts.dim_topics") if row["is_post_purchase"]
    }
    orders = [
        row for row in records(tonight, "facts.fct_orders") if row["exclusion_reason"] is None
    ]
    every_ticket = {
        (row["source"], row["ticket_id"]): row for row in records(tonight, "facts.fct_tickets")
    }
    inbound = [row for row in every_ticket.values() if row["is_inbound"]]
    tickets = defaultdict(list)
    of_month: dict[date, int] = defaultdict(int)
    for row in inbound:
        of_month[month_of(row["created_at"])] += 1
        tickets[topic_of(row)].append(row)
    questions: dict[tuple[date, str], int] = defaultdict(int)
    for row in records(tonight, "facts.fct_forum_threads"):
        if row["is_question"] and row["topic"]:
            questions[topic_of(row)] += 1
    resolutions = defaultdict(list)
    for row in inbound:
        if row["is_closed_now"] and row["resolution_seconds"] is not None:
            resolutions[month_of(row["closed_at"]), row["topic"]].append(row["resolution_seconds"])
    last_answers: dict[tuple[str, str], Record] = {}
    answers = [
        row
        for row in records(tonight, "facts.fct_survey_responses")
        if row["kind"] == "csat" and row["score"] is not None and row["exclusion_reason"] is None
    ]
    for row in sorted(answers, key=lambda each: (each["responded_at"], each["survey_id"])):
        if row["ticket_id"] is not None:
            last_answers[row["source"], row["ticket_id"]] = row
    scores = defaultdict(list)
    for key, row in last_answers.items():
        scores[month_of(row["responded_at"]), every_ticket[key]["topic"]].append(row["score"])

    expected = {}
    for month, topic in {*tickets, *questions}:
        if topic is None:
            continue
        mine = tickets.get((month, topic), [])
        before = tickets.get(((month - timedelta(days=1)).replace(day=1), topic), [])
        begun = [row for row in mine if row["opened_by"] == "customer"]
        touched = [row for row in begun if row["is_one_touch"]]
        share_of_one = len(touched) / len(begun) if begun else None
        asked = [(order_of(row, orders), row["created_at"]) for row in mine]
        known = [(order, when) for order, when in asked if order is not None]
        is_over = month < month_of(CUT)
        score = scores.get((month, topic))
        seconds = resolutions.get((month, topic))
        repeated = questions.get((month, topic), 0) >= 2
        expected[month, topic] = {
            "tickets": len(mine),
            "share": pytest.approx(len(mine) / of_month[month] if mine else 0),
            "change": pytest.approx(len(mine) / len(before) - 1) if is_over and before else None,
            "csat_score": pytest.approx(100 * sum(each >= 4 for each in score) / len(score))
            if score
            else None,
            "median_resolution_seconds": pytest.approx(median(seconds)) if seconds else None,
            "one_touch_share": pytest.approx(share_of_one) if share_of_one is not None else None,
            "orders_affected": len(
                {
                    (order["source"], order["order_id"])
                    for order, when in known
                    if was_late(order, when)
                }
            )
            if topic in after_purchase
            else None,
            "orders_asked_about": len({(order["source"], order["order_id"]) for order, _ in known})
            if topic in after_purchase
            else None,
            "is_post_purchase": topic in after_purchase,
            "repeated_in_forum": repeated,
            "wants_article": repeated
            or (len(mine) >= 10 and share_of_one is not None and share_of_one >= 0.5),
        }

    found = {
        (row["period_start"], row["topic"]): {
            name: row[name] for name in next(iter(expected.values()))
        }
        for row in records(tonight, "marts.ticket_topics")
    }
    assert found == expected
    for name in ("change", "csat_score", "orders_affected", "orders_asked_about"):
        assert any(values[name] for values in found.values()), name
    for name in ("is_post_purchase", "repeated_in_forum", "wants_article"):
        assert {values[name] for values in found.values()} == {True, False}, name


def test_community(tonight: duckdb.DuckDBPyConnection) -> None:
    threads = records(tonight, "facts.fct_forum_threads")
    posts = records(tonight, "facts.fct_forum_posts")
    answers = defaultdict(list)
    by_thread = {(row["source"], row["thread_id"]): row for row in threads}
    for row in posts:
        thread = by_thread.get((row["source"], row["thread_id"]))
        if thread and thread["is_question"] and row["created_at"] >= thread["created_at"]:
            authors = row["author_id"], thread["author_id"]
            if authors[0] != authors[1] or authors[0] is None is not authors[1]:
                answers[row["source"], row["thread_id"]].append(row)
    month = month_of(min(row["created_at"] for row in [*threads, *posts]))
    expected = {}
    while month <= month_of(CUT):
        mine = [row for row in threads if month_of(row["created_at"]) == month]
        asked = [row for row in mine if row["is_question"]]
        firsts = [
            (
                min(each["created_at"] for each in answers[row["source"], row["thread_id"]])
                - row["created_at"]
            )
            // timedelta(seconds=1)
            for row in asked
            if answers.get((row["source"], row["thread_id"]))
        ]
        written = [
            each["author_kind"]
            for several in answers.values()
            for each in several
            if month_of(each["created_at"]) == month
        ]
        expected[month] = {
            "threads": len(mine),
            "questions": len(asked),
            "answered": len(firsts),
            "solved": sum(row["solved_at"] is not None for row in asked),
            "answers": len(written),
            "by_staff": written.count("staff"),
            "by_power_users": written.count("power_user"),
            "median_first_answer_seconds": pytest.approx(median(firsts)) if firsts else None,
            "views": sum(row["views"] or 0 for row in mine),
        }
        month = (month + timedelta(days=31)).replace(day=1)

    found = {row.pop("period_start"): row for row in records(tonight, "marts.community")}
    assert found == expected
    assert len(found) > 1


def experiences_of(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, Record]]:
    """Yield a kind of experience, how it went, and the record with its person and instant."""
    for row in records(connection, "facts.fct_tickets"):
        row["at"], row["id"] = row["created_at"], row["ticket_id"]
        if not row["is_inbound"]:
            continue
        seconds = row["first_response_seconds"]
        if row["opened_by"] == "customer":
            if seconds is not None:
                named = (("under 1 h", 3600), ("under 24 h", 86_400), ("longer", math.inf))
                yield "first_response", next(name for name, end in named if seconds < end), row
            elif row["is_unanswered"]:
                yield "first_response", "unanswered", row
            if row["is_closed_now"] and row["touches"]:
                is_one = row["touches"] == 1 and not row["substantive_reopen_count"]
                yield "resolution", "one touch" if is_one else "more than one touch", row
        if row["is_human_handled"]:
            went = "transferred" if row["transfer_count"] else "not transferred"
            yield "transfer", went, row
    for row in records(connection, "facts.fct_live_contacts"):
        row["at"], row["id"] = row["started_at"], row["contact_id"]
        counts = row["exclusion_reason"] is None and not row["is_short_abandon"]
        if counts and row["outcome"] in ("answered", "abandoned"):
            yield "live_contact", row["outcome"], row
    for row in records(connection, "facts.fct_survey_responses"):
        row["at"], row["id"] = row["responded_at"], row["survey_id"]
        if row["kind"] == "csat" and row["is_latest"]:
            score = row["score"]
            went = "satisfied" if score >= 4 else "dissatisfied" if score <= 2 else "neutral"
            yield "csat", went, row


def test_service_and_repurchase(tonight: duckdb.DuckDBPyConnection) -> None:
    bought = defaultdict(list)
    for row in records(tonight, "facts.fct_orders"):
        if row["is_qualifying"]:
            bought[row["person_id"]].append(row["created_at"])
    firsts: dict[tuple[str, str], tuple[tuple[datetime, str, str], str]] = {}
    for kind, went, row in experiences_of(tonight):
        if any(at <= row["at"] for at in bought.get(row["person_id"], ())):
            key = row["person_id"], kind
            this = (row["at"], row["source"], row["id"]), went
            firsts[key] = min(firsts.get(key, this), this)
    cells = defaultdict(list)
    for (person, kind), ((at, _, _), went) in firsts.items():
        end = at + timedelta(days=90)
        if end <= CUT:
            cells[kind, went].append(any(at < again <= end for again in bought[person]))
    expected = {}
    for key, each in cells.items():
        if len(each) >= 30:
            share, z2 = sum(each) / len(each), 1.96**2
            middle = share + z2 / (2 * len(each))
            reach = 1.96 * math.sqrt(share * (1 - share) / len(each) + z2 / (4 * len(each) ** 2))
            expected[key] = (
                len(each),
                sum(each),
                pytest.approx(share),
                pytest.approx((middle - reach) / (1 + z2 / len(each))),
                pytest.approx((middle + reach) / (1 + z2 / len(each))),
            )

    found = {
        (row["experience"], row["value"]): (
            row["customers"],
            row["bought_again"],
            row["share"],
            row["low"],
            row["high"],
        )
        for row in records(tonight, "marts.service_and_repurchase")
    }
    assert found == expected
    assert 0 < len(found) < len(cells)
