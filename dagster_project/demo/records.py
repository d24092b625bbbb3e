"""Spells out the demo shop's conversations as messages, events and surveys.

Who asks and answers when is drawn in conversations.py; here is drawn what comes on top of it and
changes none of it.
"""

import numpy as np

from dagster_project.demo.desk import (
    AGENT,
    ASSIGNED,
    AUTOMATION,
    BOT_CODE,
    BOT_SOLVED,
    CHANNELS,
    CLOSED,
    CREATED,
    CUSTOMER,
    HUMAN_PATHS,
    INQUIRY,
    MACROS,
    MARKED_SPAM,
    MERGED,
    NO_TOPIC,
    OUTBOUND,
    QUESTION,
    REOPENED,
    SNOOZED,
    TAGGED,
    TEAM_ASSIGNED,
    TEXTS,
    TRASHED,
    UNSNOOZED,
    Events,
    Messages,
    Rounds,
    Surveys,
    Tickets,
)
from dagster_project.demo.dice import Dice
from dagster_project.demo.people import FRONTLINE, LEAD, NOBODY, ORDERS, Codes
from dagster_project.demo.rhythm import DAY, HOUR, NEVER, SECOND, STORY_ENDS, Instants

SURVEY_EXPIRES = 60 * DAY

_BURST = np.array([round(channel.burst * SECOND) for channel in CHANNELS])


class _Said:
    """Collects messages in whatever order they come to mind."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Codes]] = []

    def add(
        self,
        ticket: Codes,
        sent: Instants,
        *,
        sender: int,
        agent: Codes | int = NOBODY,
        is_public: bool = True,
        failed: Instants | int = int(NEVER),
    ) -> None:
        """Add one message for each ticket given, where its instant is not `NEVER`."""
        told = np.flatnonzero(sent < STORY_ENDS)
        part = {"sender": sender, "agent": agent, "is_public": int(is_public), "failed": failed}
        self._parts.append(
            {
                "ticket": ticket[told],
                "sent": sent[told],
                **{key: np.broadcast_to(value, sent.shape)[told] for key, value in part.items()},
            }
        )

    def in_order(self) -> dict[str, Codes]:
        """Return all messages by the time at which they were sent."""
        every = {key: np.concatenate([p[key] for p in self._parts]) for key in self._parts[0]}
        order = np.lexsort((every["ticket"], every["sent"]))
        return {key: column[order] for key, column in every.items()}


def draw_messages(rng: np.random.Generator, tickets: Tickets, rounds: Rounds) -> Messages:
    """Spell out who sent which message when."""
    dice, said = Dice(rng), _Said()
    _say_rounds(dice, tickets, rounds, said)
    row = np.arange(tickets.count)
    opening = np.where(tickets.kind == OUTBOUND, tickets.created + SECOND, NEVER)
    said.add(row, opening, sender=AGENT, agent=tickets.agent)
    said.add(row, tickets.bot_said, sender=AGENT, agent=BOT_CODE)
    said.add(row, tickets.acknowledged, sender=AUTOMATION)
    said.add(row, tickets.returned, sender=CUSTOMER)
    said.add(row, tickets.reopened, sender=CUSTOMER)
    said.add(row, tickets.reopened_answer, sender=AGENT, agent=tickets.last_agent)

    every = said.in_order()
    size = every["sent"].size
    by_person = (every["sender"] == AGENT) & (every["agent"] != BOT_CODE)
    forgotten = by_person & dice.chance(0.0005, size)
    with_macro = by_person & dice.chance(0.3, size)
    return Messages(
        ticket=every["ticket"],
        sent=every["sent"],
        sender=every["sender"],
        agent=np.where(forgotten, NOBODY, every["agent"]),
        is_public=every["is_public"].astype(bool),
        failed=every["failed"],
        macro=np.where(with_macro, dice.rng.integers(0, MACROS, size), NOBODY),
        text=dice.rng.integers(0, TEXTS, size),
    )


def _say_rounds(dice: Dice, tickets: Tickets, rounds: Rounds, said: _Said) -> None:
    """Spell out the rounds: one side may send several messages, some fail, some are notes.

    What comes on top lies within the turn of its side, so that it changes no time.
    """
    of, size = rounds.ticket, rounds.ticket.size
    burst = _BURST[tickets.channel[of]]
    first, was_answered = rounds.number == 0, rounds.answered < NEVER
    said.add(of, rounds.asked, sender=CUSTOMER)
    said.add(of, rounds.answered, sender=AGENT, agent=rounds.agent)

    asks_once = first & (tickets.path[of] == BOT_SOLVED)
    until = np.minimum(rounds.answered, np.where(first, tickets.rule_closed[of], NEVER))
    until = np.minimum(until, np.where(first, tickets.merged[of], NEVER))
    room = np.minimum(burst, (until - rounds.asked) // 5 * 4)
    for share in (0.25, 0.08):
        later = (room * dice.rng.uniform(0.1, 0.95, size)).astype(np.int64)
        adds = dice.chance(share, size) & ~asks_once
        said.add(of, np.where(adds, rounds.asked + later, NEVER), sender=CUSTOMER)
    for share in (0.15, 0.04):
        later = (burst * dice.rng.uniform(0.1, 0.95, size)).astype(np.int64)
        adds = dice.chance(share, size) & was_answered
        sent = np.where(adds, rounds.answered + later, NEVER)
        said.add(of, sent, sender=AGENT, agent=rounds.agent)

    wait = np.where(was_answered, rounds.answered - rounds.waits_from, 0)
    notes = dice.chance(0.15, size) & was_answered
    said.add(
        of,
        np.where(notes, rounds.waits_from + wait * 9 // 10, NEVER),
        sender=AGENT,
        agent=rounds.agent,
        is_public=False,
    )
    fails = dice.chance(0.012, size) & was_answered
    sent = np.where(fails, rounds.waits_from + wait * 17 // 20, NEVER)
    failed = sent + np.where(fails, dice.rng.integers(10 * SECOND, 90 * SECOND, size), 0)
    said.add(of, sent, sender=AGENT, agent=rounds.agent, failed=failed)


def events_of(tickets: Tickets) -> Events:
    """Spell out what was done to tickets; of two things at once the upper part comes first."""
    row = np.arange(tickets.count)
    speaker = tickets.last_agent
    nobody = np.full(tickets.count, NOBODY)
    by_hand = np.where(tickets.assigned_by_rule, NOBODY, tickets.agent)
    closer = np.where(tickets.closed_by_rule, NOBODY, speaker)
    opener = np.where(tickets.kind == OUTBOUND, tickets.agent, NOBODY)
    bot, lead = np.full(tickets.count, BOT_CODE), np.full(tickets.count, LEAD)
    next_team = np.where(tickets.team == ORDERS, FRONTLINE, ORDERS)
    new_team = np.where(tickets.passed_to_team, tickets.passed_on, NEVER)
    tagged_late = tickets.topic_tagged > tickets.created + SECOND
    late_tag = np.where(tagged_late & (tickets.topic != NO_TOPIC), tickets.topic_tagged, NEVER)
    parts = (
        (CREATED, tickets.created, opener, nobody),
        (TEAM_ASSIGNED, tickets.teamed, nobody, tickets.team),
        (ASSIGNED, tickets.bot_said - SECOND, nobody, bot),
        (ASSIGNED, tickets.assigned, by_hand, tickets.agent),
        (TAGGED, late_tag, tickets.agent, tickets.topic),
        (ASSIGNED, tickets.passed_on, tickets.agent, tickets.second_agent),
        (TEAM_ASSIGNED, new_team, tickets.agent, next_team),
        (CLOSED, tickets.rule_closed, nobody, nobody),
        (REOPENED, tickets.returned, nobody, nobody),
        (SNOOZED, tickets.snoozed, speaker, nobody),
        (UNSNOOZED, tickets.woken, nobody, nobody),
        (MARKED_SPAM, tickets.marked_spam, lead, nobody),
        (MERGED, tickets.merged, tickets.agent, tickets.target),
        (CLOSED, np.minimum(tickets.closed, tickets.merged), closer, nobody),
        (REOPENED, tickets.reopened, nobody, nobody),
        (CLOSED, tickets.reclosed, speaker, nobody),
        (TRASHED, tickets.trashed, lead, nobody),
    )
    what = np.repeat([part[0] for part in parts], tickets.count)
    at = np.concatenate([part[1] for part in parts])
    told = np.flatnonzero(at < STORY_ENDS)
    order = told[np.argsort(at[told], kind="stable")]
    return Events(
        ticket=np.tile(row, len(parts))[order],
        at=at[order],
        what=what[order],
        actor=np.concatenate([part[2] for part in parts])[order],
        value=np.concatenate([part[3] for part in parts])[order],
    )


def draw_surveys(rng: np.random.Generator, tickets: Tickets) -> Surveys:
    """Draw who is asked how it was, an hour after the first closing, and what they say when."""
    dice = Dice(rng)
    asked_well = (tickets.kind == INQUIRY) & np.isin(tickets.path, HUMAN_PATHS)
    invited = asked_well & (tickets.closed < STORY_ENDS) & dice.chance(0.5, tickets.count)
    row = np.flatnonzero(invited)
    size = row.size
    created = tickets.closed[row] + SECOND
    sent = tickets.closed[row] + HOUR
    answers = dice.chance(0.34, size)
    delay = np.where(
        dice.chance(0.9, size),
        np.minimum(dice.duration(6 * 3600, 1.2, size), SURVEY_EXPIRES),
        dice.rng.integers(3 * DAY, SURVEY_EXPIRES, size),
    )
    hours = (tickets.closed[row] - tickets.created[row]) / HOUR
    mood = 4.9 - 0.35 * np.log1p(hours) + dice.rng.normal(0, 1.0, size)
    mood -= np.where(tickets.reopening[row] == QUESTION, 0.8, 0.0)
    order = np.argsort(created, kind="stable")
    return Surveys(
        ticket=row[order],
        created=created[order],
        sent=sent[order],
        scored=np.where(answers, sent + delay, NEVER)[order],
        score=np.clip(np.round(mood), 1, 5).astype(np.int64)[order],
    )
