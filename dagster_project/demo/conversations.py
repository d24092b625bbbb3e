"""Draws the demo shop's tickets and their rounds of question and answer.

Everything is drawn at once, so that the past stays as it is when the clock goes on. Messages,
events and surveys are spelt out in records.py.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from dagster_project.demo.desk import (
    ANSWERED,
    BOT_PATHS,
    BOT_RETURNED,
    BOT_SOLVED,
    CHANNELS,
    DISMISSED,
    DOUBLE,
    HUMAN_PATHS,
    IGNORED,
    INQUIRY,
    NO_REOPENING,
    NO_TOPIC,
    OUTBOUND,
    QUESTION,
    RETURNED_PATHS,
    RULE_CLOSED,
    RULE_RETURNED,
    SPAM,
    TEST,
    THANKS,
    TOPICS,
    Rounds,
    Tickets,
)
from dagster_project.demo.dice import Dice
from dagster_project.demo.people import (
    AGENTS,
    ANSWERING,
    FRONTLINE,
    LEAD,
    NOBODY,
    ORDERS,
    STAND_IN,
    STEADY,
    VIP,
    Codes,
    Flags,
    Persons,
)
from dagster_project.demo.rhythm import (
    ASKING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    MINUTE,
    NEVER,
    SECOND,
    STORY_ENDS,
    arrivals,
)

MOST_ROUNDS = 8

TAG_FORGOTTEN_EVERY = 50
"""So many tickets have one that nobody ever tags: its subject alone tells the topic."""

NOTICE = 21 * DAY
"""Who leaves gets no new tickets in this time before."""

Columns = dict[str, npt.NDArray[Any]]
"""The columns of tickets or rounds while they are being drawn."""

_THINK_SECONDS = np.array([channel.think for channel in CHANNELS])
_MORE = np.array([channel.more for channel in CHANNELS])
_HAS_BOT = np.array([channel.bot for channel in CHANNELS])
_HAS_RECEIPT = np.array([channel.receipt for channel in CHANNELS])
_BURST = np.array([round(channel.burst * SECOND) for channel in CHANNELS])
_WORDS = [channel.word for channel in CHANNELS]
_EMAIL, _SMS = _WORDS.index("email"), _WORDS.index("sms")
_OF_ORDERS = [TOPICS.index(topic) for topic in ("delivery", "return", "exchange", "refund")]


def draw_tickets(
    rng: np.random.Generator, persons: Persons, tickets: int
) -> tuple[Tickets, Rounds]:
    """Draw a year of tickets, so many of them, and those of the nights after it.

    Args:
        rng: Where the randomness comes from; the same state gives the same tickets.
        persons: Who may write.
        tickets: Tickets in the first year.
    """
    dice = Dice(rng)
    columns = _first_words(dice, persons, tickets)
    rounds = _rounds(dice, columns)
    _endings(dice, columns)
    return _with_doubles(dice, columns, rounds)


def _first_words(dice: Dice, persons: Persons, tickets: int) -> Columns:
    """Draw who asks what, when and where, and how the first round goes."""
    rng = dice.rng
    created = arrivals(rng, per_year=tickets, start=DESK_OPENED, end=STORY_ENDS, hours=ASKING_HOURS)
    size = created.size
    kind = rng.choice([INQUIRY, OUTBOUND, SPAM, TEST], size, p=[0.91, 0.055, 0.028, 0.007])
    asked_by = rng.choice(len(CHANNELS), size, p=[channel.share for channel in CHANNELS])
    told_by = np.where(dice.chance(0.8, size), _EMAIL, _SMS)
    channel = np.where(kind == OUTBOUND, told_by, asked_by)
    topic = rng.choice(
        [*range(len(TOPICS)), NO_TOPIC],
        size,
        p=[0.28, 0.11, 0.08, 0.08, 0.17, 0.06, 0.05, 0.05, 0.04, 0.08],
    )
    # The power makes some persons write often and most of them once.
    person = (persons.desk * rng.random(size) ** 1.6).astype(np.int64)
    before = _asked_before(dice, size, tickets)
    person, topic = person[before], topic[before]
    path = _paths(dice, channel, kind)
    team = np.where(np.isin(topic, _OF_ORDERS), ORDERS, FRONTLINE)
    is_vip = created >= persons.vip_since[person]
    language = persons.english[person].astype(np.int64)
    return {
        "created": created,
        "kind": kind,
        "path": path,
        "channel": channel,
        "person": person,
        "topic": topic,
        "store": rng.choice([0, 1, NOBODY], size, p=[0.73, 0.24, 0.03]),
        "language": np.where(dice.chance(0.04, size), NOBODY, language),
        "priority": rng.choice([0, 1, 2, 3, NOBODY], size, p=[0.08, 0.74, 0.13, 0.04, 0.01]),
        "team": np.where(is_vip, VIP, team),
        "teamed": np.where(dice.chance(0.7, size), created + 3 * SECOND, NEVER),
        "passed_to_team": dice.chance(0.4, size),
        "is_proactive": (kind == OUTBOUND) & dice.chance(0.6, size),
        "marked_spam": np.where(
            kind == SPAM, created + dice.between(5 * MINUTE, 9 * HOUR, size), NEVER
        ),
        "trashed": np.where(
            (kind == INQUIRY) & dice.chance(0.008, size),
            created + dice.between(DAY, 20 * DAY, size),
            NEVER,
        ),
        "merged": np.full(size, NEVER),
        "target": np.full(size, NOBODY),
        **_agents(dice, created),
        **_machines(dice, created, channel, kind, path),
    }


def _asked_before(dice: Dice, size: int, tickets: int) -> Codes:
    """Return, for each ticket, the one whose person and topic it has: mostly its own.

    Some come from whoever wrote within the five days before, about the same.
    """
    within_five_days = max(round(tickets / 365 * 5), 2)
    ago = np.where(dice.chance(0.09, size), dice.between(1, within_five_days, size), 0)
    return np.maximum(np.arange(size) - ago, 0)


def _paths(dice: Dice, channel: Codes, kind: Codes) -> Codes:
    """Draw how the first round goes."""
    with_bot = dice.rng.choice(8, kind.size, p=[0.60, 0.15, 0.04, 0.13, 0.015, 0.015, 0.025, 0.025])
    without = dice.rng.choice(
        [ANSWERED, RULE_CLOSED, RULE_RETURNED, IGNORED, DISMISSED],
        kind.size,
        p=[0.91, 0.015, 0.015, 0.035, 0.025],
    )
    path = np.where(_HAS_BOT[channel], with_bot, without)
    return np.select([kind == INQUIRY, kind == SPAM], [path, DISMISSED], ANSWERED)


def _agents(dice: Dice, created: Codes) -> Columns:
    """Draw who answers, of those who are there, and who would take over."""
    joined = np.array([agent.joined for agent in AGENTS])
    left = np.array([agent.left for agent in AGENTS])
    agent = dice.rng.choice(ANSWERING, created.size)
    is_away = (created < joined[agent]) | (created > left[agent] - NOTICE)
    agent = np.where(is_away, STAND_IN, agent)
    second = dice.rng.choice(STEADY, created.size)
    return {"agent": agent, "second_agent": np.where(second == agent, LEAD, second)}


def _machines(dice: Dice, created: Codes, channel: Codes, kind: Codes, path: Codes) -> Columns:
    """Draw what the bot and the rules do in the first round, and who writes again after it."""
    size = created.size
    by_bot, returns = np.isin(path, BOT_PATHS), np.isin(path, RETURNED_PATHS)
    closed = created + dice.between(30 * MINUTE, 6 * HOUR, size)
    receipted = _HAS_RECEIPT[channel] & (kind == INQUIRY) & ~by_bot & dice.chance(0.35, size)
    return {
        "bot_said": np.where(by_bot, created + dice.between(3 * SECOND, 9 * SECOND, size), NEVER),
        "rule_closed": np.where(returns, closed, NEVER),
        "returned": np.where(returns, closed + dice.duration(3 * 3600, 0.8, size), NEVER),
        "acknowledged": np.where(
            receipted, created + dice.between(5 * SECOND, 20 * SECOND, size), NEVER
        ),
    }


def _rounds(dice: Dice, tickets: Columns) -> Columns:
    """Draw who says what when, round by round; adds to the tickets what hangs on it."""
    created, path, channel = tickets["created"], tickets["path"], tickets["channel"]
    size, burst = created.size, _BURST[channel]
    is_outbound = tickets["kind"] == OUTBOUND
    asked = np.where(
        is_outbound,
        created + burst + dice.duration(_THINK_SECONDS[channel], 0.8, size),
        created + dice.between(0, SECOND, size),
    )
    picked_up = np.where(tickets["returned"] < NEVER, tickets["returned"], asked)
    goes_on = ~is_outbound | dice.chance(0.35, size)
    is_silent = ~np.isin(path, HUMAN_PATHS)
    speaker = tickets["agent"].copy()
    first_answer, passed_on = np.full(size, NEVER), np.full(size, NEVER)
    last_said = created + np.where(is_outbound, burst, 0)
    parts = []
    for number in range(MOST_ROUNDS):
        row = np.flatnonzero(goes_on)
        answered = dice.answer(picked_up[row], channel[row], speaker[row], is_first=number == 0)
        answered = np.where(is_silent[row], NEVER, answered)
        starts_over = path[row] == BOT_RETURNED
        parts.append(
            {
                "ticket": row,
                "number": np.full(row.size, number),
                "asked": asked[row],
                "waits_from": np.where(starts_over, picked_up[row], asked[row]),
                "answered": answered,
                "agent": speaker[row],
            }
        )
        if number == 0:
            first_answer[row] = answered
            passes = dice.chance(0.09, size)
            speaker = np.where(passes, tickets["second_agent"], speaker)
        if number == 1:
            handed = passes[row] & ~is_silent[row]
            passed_on[row] = np.where(handed, (asked[row] + answered) // 2, NEVER)
        last_said[row] = np.where(is_silent[row], picked_up[row], answered) + burst[row]
        goes_on = goes_on & ~is_silent & dice.chance(_MORE[channel], size)
        asked = last_said + dice.duration(_THINK_SECONDS[channel], 0.8, size)
        picked_up = asked
        is_silent = np.where(goes_on, dice.chance(0.02, size), is_silent)

    tickets["last_said"], tickets["waits"] = last_said, is_silent
    tickets["passed_on"] = passed_on
    _assign(dice, tickets, first_answer)
    rounds = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    told = rounds["asked"] < STORY_ENDS
    return {key: column[told] for key, column in rounds.items()}


def _assign(dice: Dice, tickets: Columns, first_answer: Codes) -> None:
    """Draw when the first agent is given the ticket, and when it is tagged with its topic."""
    created, path = tickets["created"], tickets["path"]
    size = created.size
    is_outbound, is_answered = tickets["kind"] == OUTBOUND, first_answer < NEVER
    by_rule = dice.chance(0.6, size) & ~is_outbound
    arrived = np.where(tickets["returned"] < NEVER, tickets["returned"], created) + 20 * SECOND
    by_hand = first_answer - SECOND
    assigned = np.where(by_rule, np.minimum(arrived, by_hand), by_hand)
    tickets["assigned"] = np.select(
        [is_outbound, is_answered, (path == IGNORED) & by_rule],
        [created + SECOND, assigned, arrived],
        NEVER,
    )
    tickets["assigned_by_rule"] = by_rule
    by_agent = is_answered & dice.chance(0.2, size)
    is_forgotten = np.arange(size) % TAG_FORGOTTEN_EVERY == 0
    tickets["topic_tagged"] = np.select(
        [is_forgotten, by_agent], [NEVER, first_answer + SECOND], created + SECOND
    )


def _endings(dice: Dice, tickets: Columns) -> None:
    """Draw how tickets are closed and which of them come back."""
    created, kind, path, channel = (tickets[key] for key in ("created", "kind", "path", "channel"))
    size = created.size
    last_said, waits = tickets.pop("last_said"), tickets.pop("waits")
    talked = np.isin(path, HUMAN_PATHS)
    sleeps = talked & dice.chance(0.05, size)
    snoozed = last_said + dice.between(MINUTE, 10 * MINUTE, size)
    woken = snoozed + dice.between(DAY, 3 * DAY, size)
    tickets["snoozed"] = np.where(sleeps, snoozed, NEVER)
    tickets["woken"] = np.where(sleeps, woken, NEVER)

    done = np.where(sleeps, woken, last_said)
    by_rule = talked & dice.chance(0.15, size)
    left_to_itself = np.isin(path, [BOT_SOLVED, RULE_CLOSED])
    ways = (
        (kind == SPAM, tickets["marked_spam"] + SECOND),
        ((path == IGNORED) | (talked & dice.chance(0.02, size)), np.full(size, NEVER)),
        (left_to_itself, created + dice.between(HOUR, 40 * HOUR, size)),
        (path == DISMISSED, dice.worked(created, dice.duration(4 * 3600, 0.8, size), channel)),
        (by_rule, done + 3 * DAY),
    )
    by_agent = dice.worked(done, dice.duration(1500, 1.0, size), channel)
    closed = np.select([way for way, _ in ways], [at for _, at in ways], by_agent)
    tickets["closed"] = closed
    tickets["closed_by_rule"] = by_rule | left_to_itself
    _reopenings(dice, tickets, talked & ~waits & (closed < NEVER) & (kind == INQUIRY))


def _reopenings(dice: Dice, tickets: Columns, may: Flags) -> None:
    """Draw who writes once more after the closing, to thank or to ask, and what comes of it."""
    channel, size = tickets["channel"], may.size
    drawn = dice.rng.choice([NO_REOPENING, THANKS, QUESTION], size, p=[0.89, 0.05, 0.06])
    reopening = np.where(may, drawn, NO_REOPENING)
    closed = np.where(may, tickets["closed"], tickets["created"])
    reopened = closed + dice.duration(4 * 3600, 1.0, size)
    was_passed_on = tickets["passed_on"] < NEVER
    speaker = np.where(was_passed_on, tickets["second_agent"], tickets["agent"])
    answer = dice.answer(reopened, channel, speaker, is_first=False)
    is_answered = (reopening == QUESTION) & dice.chance(0.92, size)
    read = dice.worked(reopened, dice.duration(3600, 0.8, size), channel)
    solved = dice.worked(answer + 5 * MINUTE, dice.duration(1500, 1.0, size), channel)
    tickets["reopening"] = reopening
    tickets["reopened"] = np.where(reopening != NO_REOPENING, reopened, NEVER)
    tickets["reopened_answer"] = np.where(is_answered, answer, NEVER)
    tickets["reclosed"] = np.select([reopening == THANKS, is_answered], [read, solved], NEVER)


def _with_doubles(dice: Dice, tickets: Columns, rounds: Columns) -> tuple[Tickets, Rounds]:
    """Add second tickets about a matter that nobody has answered yet, and those merged into it.

    A double lies between the first question and its answer, so that its words belong to the first
    turn of the ticket that it is merged into and change no time of it.
    """
    size = tickets["created"].size
    doubles = _doubles(dice, tickets, rounds)
    count = doubles["created"].size
    asked = doubles["created"] + dice.between(0, SECOND, count)
    questions = {
        "ticket": size + np.arange(count),
        "number": np.zeros(count, dtype=np.int64),
        "asked": asked,
        "waits_from": asked,
        "answered": np.full(count, NEVER),
        "agent": doubles["agent"],
    }
    every = {key: np.concatenate([tickets[key], doubles[key]]) for key in tickets}
    order = np.argsort(every["created"], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    every = {key: column[order] for key, column in every.items()}
    target = every["target"]
    every["target"] = np.where(target == NOBODY, NOBODY, place[target])
    spans = {key: np.concatenate([rounds[key], questions[key]]) for key in rounds}
    spans["ticket"] = place[spans["ticket"]]
    by_ticket = np.lexsort((spans["number"], spans["ticket"]))
    return Tickets(**every), Rounds(**{key: span[by_ticket] for key, span in spans.items()})


def _doubles(dice: Dice, tickets: Columns, rounds: Columns) -> Columns:
    """Draw the doubles; a few of them are merged into another double, which is merged later."""
    answered = np.full(tickets["created"].size, NEVER)
    first = rounds["number"] == 0
    answered[rounds["ticket"][first]] = rounds["answered"][first]
    may = (
        (tickets["kind"] == INQUIRY)
        & (tickets["path"] == ANSWERED)
        & (tickets["trashed"] == NEVER)
        & (answered < NEVER)
        & (answered - tickets["created"] > 20 * MINUTE)
    )
    target = np.flatnonzero(may & dice.chance(0.04, may.size))
    wait = answered[target] - tickets["created"][target]
    created = tickets["created"][target] + (wait * dice.rng.uniform(0.1, 0.5, wait.size)).astype(
        int
    )
    left = answered[target] - created
    merged = created + (left * dice.rng.uniform(0.5, 0.9, wait.size)).astype(int)
    again = np.flatnonzero(dice.chance(0.06, target.size))
    third = (merged[again] - created[again]) // 3

    model = np.concatenate([target, target[again]])
    same_channel = dice.chance(0.5, model.size)
    other_channel = dice.between(0, 3, model.size)
    drawn = {
        "created": np.concatenate([created, created[again] + third]),
        "merged": np.concatenate([merged, created[again] + 2 * third]),
        "target": np.concatenate([target, may.size + again]),
        "kind": np.full(model.size, DOUBLE),
        "path": np.full(model.size, IGNORED),
        "channel": np.where(same_channel, tickets["channel"][model], other_channel),
        "closed_by_rule": np.zeros(model.size, dtype=bool),
        "reopening": np.full(model.size, NO_REOPENING),
    }
    drawn["topic_tagged"] = drawn["created"] + SECOND
    never = dict.fromkeys(
        (
            "bot_said", "rule_closed", "returned", "acknowledged", "snoozed", "woken", "closed",
            "reopened", "reopened_answer", "reclosed", "marked_spam", "trashed", "assigned",
            "teamed", "passed_on",
        ),
        np.full(model.size, NEVER),
    )  # fmt: skip
    same = {key: column[model] for key, column in tickets.items()}
    return {**same, **never, **drawn}
