"""The demo shop's records in the columns of our entities, as seen at a clock.

The same records in the helpdesk's own JSON are made in wire.py.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo import desk, wire, words
from dagster_project.demo.columns import account_ids, ids, instants, numbered, where, words_of
from dagster_project.demo.desk import BOT_CODE, CHANNELS, SENDERS, TOPICS
from dagster_project.demo.people import (
    NOBODY,
    PROXY_ADDRESS,
    emails,
    names,
    phones,
)
from dagster_project.demo.rhythm import NEVER, instant_of
from dagster_project.demo.seen import (
    CLOSED,
    FIRST_EVENT_ID,
    FIRST_MESSAGE_ID,
    FIRST_SURVEY_ID,
    FIRST_TICKET_ID,
    OPEN,
    SNOOZED,
    STATES,
    TAGS,
    Seen,
)
from dagster_project.demo.trade import ANSWERED, OUTCOMES

_USER_IDS = pa.array([str(user.id) for user in wire.USERS])
_CHANNELS = pa.array([channel.name for channel in CHANNELS])
_TOPICS = pa.array(TOPICS)
_TAGS = pa.array(TAGS)
_PRIORITIES = pa.array(["low", "normal", "high", "urgent"])
_ROLES = {"agent": "agent", "basic-agent": "agent", "lead-agent": "lead", "admin": "lead"}

_STATUS_EVENTS = {
    desk.CREATED: (None, OPEN),
    desk.CLOSED: (None, CLOSED),
    desk.REOPENED: (CLOSED, OPEN),
    desk.SNOOZED: (OPEN, SNOOZED),
    desk.UNSNOOZED: (SNOOZED, OPEN),
}
_EVENT_KINDS = {
    **dict.fromkeys(_STATUS_EVENTS, "status"),
    desk.ASSIGNED: "assignee",
    desk.TEAM_ASSIGNED: "team",
    desk.MERGED: "merge",
}


def _by_key(words_of: dict[int, str | None], size: int) -> pa.Array:
    return pa.array([words_of.get(key) for key in range(size)], pa.string())


def tickets(seen: Seen) -> pa.Table:
    """Return the tickets that exist."""
    count, now = seen.ticket_count, seen.tickets
    every = seen.story.desk.tickets
    row = np.arange(count)
    is_merged = now.merged_into != NOBODY
    by_nobody = now.closer == NOBODY
    closed_by = np.select([now.state != CLOSED, is_merged, by_nobody], [NOBODY, 2, 1], 0)
    order = np.flatnonzero(now.tags)
    offsets = np.concatenate([[0], np.cumsum(now.tags.sum(axis=1))])
    return pa.table(
        {
            "ticket_id": ids(FIRST_TICKET_ID + row),
            "created_at": instants(every.created[:count]),
            "status": pa.array(STATES).take(pa.array(now.state)),
            "channel": _CHANNELS.take(pa.array(every.channel[:count])),
            "opened_by": pc.if_else(
                pa.array(every.kind[:count] == desk.OUTBOUND), "agent", "customer"
            ),
            "customer_id": ids(seen.customer_of[every.person[:count]]),
            "assignee_id": words_of(_USER_IDS, now.assignee),
            "team_id": where(now.team != NOBODY, ids(now.team)),
            "topic": words_of(_TOPICS, now.topic),
            "tags": pa.ListArray.from_arrays(
                pa.array(offsets, pa.int32()), _TAGS.take(pa.array(order % len(TAGS)))
            ),
            "priority": words_of(_PRIORITIES, every.priority[:count]),
            "closed_at": instants(now.closed),
            "closed_by": words_of(pa.array(["agent", "automation", "merge"]), closed_by),
            "is_spam": pa.array(now.is_spam),
            "is_test": pa.array(now.tags[:, TAGS.index("test")]),
            "merged_into_ticket_id": where(is_merged, ids(FIRST_TICKET_ID + now.merged_into)),
            "brand": words_of(pa.array(wire.STORES), every.store[:count]),
            "language": words_of(pa.array(wire.LANGUAGES), every.language[:count]),
            "updated_at": instants(now.updated),
            "deleted": pa.array(now.trashed != NEVER),
        }
    )


def messages(seen: Seen) -> pa.Table:
    """Return the messages that were sent."""
    every, count = seen.story.desk.messages, seen.message_count
    sender, agent = every.sender[:count], every.agent[:count]
    by_bot = agent == BOT_CODE
    failed = seen.known(every.failed[:count])
    purpose = np.select([by_bot, sender == desk.AUTOMATION], [0, 1], NOBODY)
    body = pc.case_when(
        pc.make_struct(
            pa.array(sender == desk.CUSTOMER), pa.array(sender == desk.AUTOMATION), pa.array(by_bot)
        ),
        pa.array(words.CUSTOMER_TEXTS).take(pa.array(every.text[:count])),
        words.RECEIPT_TEXT,
        words.BOT_TEXT,
        pa.array(words.AGENT_TEXTS).take(pa.array(every.text[:count])),
    )
    return pa.table(
        {
            "message_id": ids(FIRST_MESSAGE_ID + np.arange(count)),
            "ticket_id": ids(FIRST_TICKET_ID + every.ticket[:count]),
            "sent_at": instants(every.sent[:count]),
            "sender": pa.array(SENDERS).take(pa.array(sender)),
            "agent_id": words_of(_USER_IDS, agent),
            "channel": _CHANNELS.take(
                pa.array(seen.story.desk.tickets.channel[every.ticket[:count]])
            ),
            "is_public": pa.array(every.is_public[:count]),
            "is_failed": pa.array(failed < NEVER),
            "macro_id": where(
                every.macro[:count] != NOBODY, ids(wire.FIRST_MACRO_ID + every.macro[:count])
            ),
            "purpose": words_of(pa.array(["answer", "acknowledgement"]), purpose),
            "body": body,
            "updated_at": instants(seen.latest(every.sent[:count], every.failed[:count])),
        }
    )


def ticket_events(seen: Seen) -> pa.Table:
    """Return what was done to tickets, as far as our entities have a kind for it."""
    every = seen.story.desk.events
    row = np.flatnonzero(np.isin(every.what[: seen.event_count], list(_EVENT_KINDS)))
    what, value, actor = every.what[row], every.value[row], every.actor[row]
    size = max(_EVENT_KINDS) + 1
    before = _by_key(
        {w: None if a is None else STATES[a] for w, (a, _) in _STATUS_EVENTS.items()}, size
    )
    after = _by_key({w: STATES[b] for w, (_, b) in _STATUS_EVENTS.items()}, size)
    is_assigned = what == desk.ASSIGNED
    by_customer = (what == desk.REOPENED) | (what == desk.CREATED)
    to_value = pc.case_when(
        pc.make_struct(
            pa.array(is_assigned),
            pa.array(what == desk.TEAM_ASSIGNED),
            pa.array(what == desk.MERGED),
        ),
        words_of(_USER_IDS, np.where(is_assigned, value, NOBODY)),
        ids(value),
        ids(FIRST_TICKET_ID + value),
        after.take(pa.array(what)),
    )
    return pa.table(
        {
            "event_id": ids(FIRST_EVENT_ID + row),
            "ticket_id": ids(FIRST_TICKET_ID + every.ticket[row]),
            "at": instants(every.at[row]),
            "kind": _by_key(dict(_EVENT_KINDS), size).take(pa.array(what)),
            "from_value": before.take(pa.array(what)),
            "to_value": to_value,
            "actor": pa.array(SENDERS).take(
                pa.array(
                    np.select(
                        [actor != NOBODY, by_customer], [desk.AGENT, desk.CUSTOMER], desk.AUTOMATION
                    )
                )
            ),
            "updated_at": instants(every.at[row]),
        }
    )


def surveys(seen: Seen) -> pa.Table:
    """Return the surveys that were sent."""
    every = seen.story.desk.surveys
    row = np.flatnonzero(every.sent[: seen.survey_count] <= seen.now)
    scored = seen.known(every.scored[row])
    person = seen.story.desk.tickets.person[every.ticket[row]]
    return pa.table(
        {
            "survey_id": ids(FIRST_SURVEY_ID + row),
            "kind": pa.array(["csat"] * row.size, pa.string()),
            "sent_at": instants(every.sent[row]),
            "responded_at": instants(scored),
            "score": where(scored < NEVER, pa.array(every.score[row])),
            "ticket_id": ids(FIRST_TICKET_ID + every.ticket[row]),
            "customer_id": ids(seen.customer_of[person]),
            "updated_at": instants(seen.latest(every.sent[row], every.scored[row])),
        }
    )


def agents(seen: Seen) -> pa.Table:
    """Return the users of the helpdesk."""
    known = [user for user in wire.USERS if user.joined <= seen.now]
    return pa.table(
        {
            "agent_id": [str(user.id) for user in known],
            "name": [user.name for user in known],
            "role": [
                "lead" if user.lead_since <= seen.now else _ROLES.get(user.role, "bot")
                for user in known
            ],
            "active_from": pa.array(
                [instant_of(user.joined) for user in known], pa.timestamp("us", tz="UTC")
            ),
            "active_until": pa.array(
                [instant_of(user.left) if user.left <= seen.now else None for user in known],
                pa.timestamp("us", tz="UTC"),
            ),
        }
    )


def desk_customers(seen: Seen) -> pa.Table:
    """Return the helpdesk's customers."""
    persons, person = seen.story.persons, seen.writers
    return pa.table(
        {
            "customer_id": ids(seen.customer_of[person]),
            "created_at": instants(seen.writers_since),
            "email": where(persons.desk_knows_email[person], emails(persons, person)),
            "phone": where(persons.desk_knows_phone[person], phones(persons, person)),
            "name": names(persons, person),
            "is_vip": pa.array(persons.vip_since[person] <= seen.now),
            "updated_at": instants(seen.writers_updated),
        }
    )


def customers(seen: Seen) -> pa.Table:
    """Return the shop's own customers."""
    persons, accounts, count = seen.story.persons, seen.story.accounts, seen.account_count
    person = accounts.person[:count]
    other = emails(persons, person, suffix=".shop")
    email = pc.if_else(
        pa.array(persons.account_has_other_email[person]), other, emails(persons, person)
    )
    vip_since = persons.vip_since[person]
    return pa.table(
        {
            "customer_id": account_ids(np.arange(count)),
            "created_at": instants(accounts.created[:count]),
            "email": pc.if_else(pa.array(accounts.proxy[:count]), PROXY_ADDRESS, email),
            "phone": where(persons.account_has_phone[person], phones(persons, person)),
            "name": names(persons, person),
            "is_vip": pa.array(vip_since <= seen.now),
            "country": pa.array(["KR"] * count, pa.string()),
            "updated_at": instants(np.maximum(accounts.created[:count], seen.latest(vip_since))),
        }
    )


def orders(seen: Seen) -> pa.Table:
    """Return the orders that were made."""
    every, count = seen.story.orders, seen.order_count
    row = np.arange(count)
    is_refunded = every.refunded_at[:count] <= seen.now
    return pa.table(
        {
            "order_id": numbered("O", row, 8),
            "customer_id": account_ids(every.account[:count]),
            "created_at": instants(every.created[:count]),
            "currency": pa.array(["KRW"] * count, pa.string()),
            "total": pa.array(every.total[:count]),
            "refunded": where(is_refunded, pa.array(every.refunded[:count])),
            "cancelled_at": instants(seen.known(every.cancelled[:count])),
            "fulfilled_at": instants(seen.known(every.fulfilled[:count])),
            "promised_at": instants(every.promised[:count]),
            "delivered_at": instants(seen.known(every.delivered[:count])),
            "is_test": pa.array(every.is_test[:count]),
            "updated_at": instants(seen.order_updated),
        }
    )


def subscriptions(seen: Seen) -> pa.Table:
    """Return the subscriptions that were begun."""
    every, count = seen.story.subscriptions, seen.subscription_count
    return pa.table(
        {
            "subscription_id": numbered("S", np.arange(count), 6),
            "customer_id": account_ids(every.account[:count]),
            "started_at": instants(every.started[:count]),
            "ended_at": instants(seen.known(every.ended[:count])),
            "updated_at": instants(seen.subscription_updated),
        }
    )


def live_contacts(seen: Seen) -> pa.Table:
    """Return the calls and chats that the telephone system has written down."""
    every, row = seen.story.contacts, seen.contacts
    started, is_chat = every.started[row], pa.array(every.is_chat[row])
    answered = every.outcome[row] == ANSWERED
    waited = started + (every.ivr[row] + every.queue[row]) * 1_000_000
    wrap_up = np.where(
        every.corrected[row] <= seen.now, every.corrected_wrap_up[row], every.wrap_up[row]
    )
    return pa.table(
        {
            "contact_id": numbered("L", row, 7),
            "kind": pc.if_else(is_chat, "chat", "call"),
            "started_at": instants(started),
            "channel": pc.if_else(is_chat, "chat", "phone"),
            "customer_id": account_ids(every.account[row]),
            "agent_id": words_of(_USER_IDS, every.agent[row]),
            "ivr_seconds": pa.array(every.ivr[row]),
            "queue_seconds": pa.array(every.queue[row]),
            "answered_at": instants(np.where(answered, waited, NEVER)),
            "ended_at": instants(every.ended[row]),
            "talk_seconds": where(answered, pa.array(every.talk[row])),
            "hold_seconds": where(answered, pa.array(every.hold[row])),
            "wrap_up_seconds": where(answered, pa.array(wrap_up)),
            "transfers": where(answered, pa.array(every.transfers[row])),
            "outcome": pa.array(OUTCOMES).take(pa.array(every.outcome[row])),
            "updated_at": instants(seen.contact_updated),
        }
    )
