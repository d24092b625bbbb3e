"""The records of a shop as seen at a clock, in the JSON of Gorgias.

Pages, cursors and refusals are made in server.py. JSON is put together column by column, since
a dictionary for each of a hundred thousand records would take longer than all the rest.
"""

import json
import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo import desk, words
from dagster_project.demo.columns import account_ids
from dagster_project.demo.desk import BOT_CODE, CHANNELS, MACROS
from dagster_project.demo.people import (
    AGENTS,
    BOT,
    NOBODY,
    TEAMS,
    Agent,
    Codes,
    Flags,
    emails,
    names,
    phones,
)
from dagster_project.demo.rhythm import DESK_OPENED, NEVER, Instants, instant_of
from dagster_project.demo.seen import (
    FIRST_EVENT_ID,
    FIRST_MESSAGE_ID,
    FIRST_SURVEY_ID,
    FIRST_TICKET_ID,
    SNOOZED,
    STATES,
    TAGS,
    Seen,
)

USERS = (*AGENTS, BOT)
RECEIPT_RULE = 9001
FIRST_TAG_ID = 201
FIRST_MACRO_ID = 601
STORES = ("Seoul Lamp", "Hanok Home")
LANGUAGES = ("ko", "en")
PRIORITIES = ("low", "normal", "high", "critical")

EVENT_TYPES = (
    "ticket-created", "ticket-assigned", "ticket-team-assigned", "ticket-closed",
    "ticket-reopened", "ticket-snoozed", "ticket-self-unsnoozed", "ticket-merged",
    "ticket-marked-spam", "ticket-trashed", "ticket-tags-added",
)  # fmt: skip
"""By the events of desk.py."""

_DATA_BEGINS = {
    desk.ASSIGNED: '{"assignee_user_id":',
    desk.TEAM_ASSIGNED: '{"assignee_team_id":',
    desk.MERGED: '{"merged_into_ticket_id":',
    desk.SNOOZED: '{"snooze_datetime":',
    desk.TAGGED: '{"tags_added":[',
}
_EVENT_DATA_BEGINS = pa.array([_DATA_BEGINS.get(what) for what in range(len(EVENT_TYPES))])

ROLE_IDS = {"agent": 1, "admin": 2, "lead-agent": 3, "basic-agent": 4, "bot": 5}


@cache
def _split(template: str) -> tuple[str, ...]:
    return tuple(re.split(r"<(\w+)>", "".join(line.strip() for line in template.splitlines())))


def _fill(template: str, /, **columns: pa.Array) -> pa.Array:
    """Put columns of JSON text in the places of a template that name them; null is `null`."""
    parts = _split(template)
    filled = [columns[part] if n % 2 else part for n, part in enumerate(parts)]
    return pc.binary_join_element_wise(
        *filled, "", null_handling="replace", null_replacement="null"
    )


def _numbers(values: Codes) -> pa.Array:
    return pa.array(values).cast(pa.string())


def _quoted(texts: pa.Array) -> pa.Array:
    """Put quotes around texts that hold nothing to be escaped."""
    return pc.binary_join_element_wise('"', texts, '"', "")


def _instants(instants: Instants) -> pa.Array:
    known = pa.array(instants, mask=instants == NEVER).cast(pa.timestamp("us"))
    return pc.strftime(known, '"%Y-%m-%dT%H:%M:%S"')


def _booleans(flags: Flags) -> pa.Array:
    return pc.if_else(pa.array(flags), "true", "false")


def _of(pool: pa.Array, codes: Codes) -> pa.Array:
    """Return the pool's texts by code; null for `NOBODY`."""
    return pool.take(pa.array(codes, mask=codes == NOBODY))


def _json_pool(values: tuple[object, ...]) -> pa.Array:
    return pa.array([json.dumps(value, ensure_ascii=False) for value in values])


def _user_inside(agent: Agent) -> dict[str, object]:
    first, _, last = agent.name.rpartition(" ")
    return {
        "id": agent.id,
        "email": agent.email,
        "name": agent.name,
        "firstname": first or agent.name[1:],
        "lastname": last if first else agent.name[:1],
        "meta": None,
    }


_USERS = _json_pool(tuple(_user_inside(agent) for agent in USERS))
_USER_IDS = np.array([agent.id for agent in USERS])
_TEAMS = _json_pool(tuple({"id": id, "name": name} for id, name in TEAMS.items()))
_FIRST_TEAM = min(TEAMS)
_LANGUAGES = _json_pool(LANGUAGES)
_STATES = _json_pool(STATES)
_PRIORITIES = _json_pool(PRIORITIES)
_EVENT_TYPES = _json_pool(EVENT_TYPES)
_CHANNEL_WORDS = _json_pool(tuple(channel.word for channel in CHANNELS))
_INTEGRATIONS = _json_pool(
    tuple(
        [{"id": 301 + n, "name": name, "address": f"shop{n}.seoul-lamp.example", "type": "shopify"}]
        for n, name in enumerate(STORES)
    )
)
_SUBJECTS = _json_pool(words.SUBJECTS)
_CUSTOMER_TEXTS = _json_pool(words.CUSTOMER_TEXTS)
_AGENT_TEXTS = _json_pool(words.AGENT_TEXTS)
_MACROS = _json_pool(tuple({"macros": [{"id": FIRST_MACRO_ID + n}]} for n in range(MACROS)))

_CUSTOMER_INSIDE = """
{"id":<id>,"email":<email>,"name":<name>,"firstname":<given>,"lastname":<family>,"meta":null}
"""


def _customers_inside(seen: Seen, person: Codes) -> pa.Array:
    """The customers as they stand inside tickets and messages."""
    persons = seen.story.persons
    name = names(persons, person)
    return _fill(
        _CUSTOMER_INSIDE,
        id=_numbers(seen.customer_of[person]),
        email=_known_emails(seen, person),
        name=_quoted(name),
        given=_quoted(pc.utf8_slice_codeunits(name, 1)),
        family=_quoted(pc.utf8_slice_codeunits(name, 0, 1)),
    )


def _known_emails(seen: Seen, person: Codes) -> pa.Array:
    persons = seen.story.persons
    known = pa.array(persons.desk_knows_email[person])
    return pc.if_else(known, _quoted(emails(persons, person)), None)


_TICKET = """
{"id":<id>,"uri":"/api/tickets/<id>/","external_id":null,"language":<language>,
"status":<status>,"priority":<priority>,"channel":<channel>,"via":<channel>,
"from_agent":<from_agent>,"spam":<spam>,"customer":<customer>,"assignee_user":<assignee>,
"assignee_team":<team>,"subject":<subject>,"excerpt":<excerpt>,"integrations":<integrations>,
"meta":{},"tags":<tags>,"custom_fields":{},"messages_count":<messages>,"is_unread":<is_unread>,
"created_datetime":<created>,"opened_datetime":<opened>,
"last_received_message_datetime":<last_received>,"last_message_datetime":<last_message>,
"updated_datetime":<updated>,"closed_datetime":<closed>,"snooze_datetime":<snoozed_until>,
"trashed_datetime":<trashed>}
"""


def tickets(seen: Seen, rows: Codes) -> pa.Array:
    """Return these tickets as JSON."""
    every, now = seen.story.desk.tickets, seen.tickets
    person, topic = every.person[rows], every.topic[rows]
    status = np.where(now.state[rows] == SNOOZED, 0, now.state[rows])
    team = now.team[rows]
    return _fill(
        _TICKET,
        id=_numbers(FIRST_TICKET_ID + rows),
        language=_of(_LANGUAGES, every.language[rows]),
        status=_of(_STATES, status),
        priority=_of(_PRIORITIES, every.priority[rows]),
        channel=_of(_CHANNEL_WORDS, every.channel[rows]),
        from_agent=_booleans(every.kind[rows] == desk.OUTBOUND),
        spam=_booleans(now.is_spam[rows]),
        customer=_customers_inside(seen, person),
        assignee=_of(_USERS, now.assignee[rows]),
        team=_of(_TEAMS, np.where(team == NOBODY, NOBODY, team - _FIRST_TEAM)),
        subject=_of(_SUBJECTS, np.where(topic == NOBODY, len(words.SUBJECTS) - 1, topic)),
        excerpt=_of(_CUSTOMER_TEXTS, rows % len(words.CUSTOMER_TEXTS)),
        integrations=pc.fill_null(_of(_INTEGRATIONS, every.store[rows]), "[]"),
        tags=_tag_lists(now.tags[rows]),
        messages=_numbers(now.messages[rows]),
        is_unread=_booleans(now.last_message[rows] == now.last_received[rows]),
        created=_instants(every.created[rows]),
        opened=_instants(now.opened[rows]),
        last_received=_instants(now.last_received[rows]),
        last_message=_instants(now.last_message[rows]),
        updated=_instants(now.updated[rows]),
        closed=_instants(now.closed[rows]),
        snoozed_until=_instants(now.snoozed_until[rows]),
        trashed=_instants(now.trashed[rows]),
    )


def _tag_lists(tags: Flags) -> pa.Array:
    sets, which = np.unique(tags, axis=0, return_inverse=True)
    lists = _json_pool(tuple([tag_inside(int(tag)) for tag in np.flatnonzero(one)] for one in sets))
    return lists.take(pa.array(which))


def tag_inside(tag: int) -> dict[str, object]:
    """Return a tag as it stands inside a ticket."""
    return {"id": FIRST_TAG_ID + tag, "name": TAGS[tag], "decoration": {"color": "#8FD14F"}}


_MESSAGE = """
{"id":<id>,"uri":"/api/messages/<id>/","message_id":null,"ticket_id":<ticket>,
"external_id":null,"public":<public>,"channel":<channel>,"via":<via>,
"source":{"type":<channel>,"from":{"name":<from_name>,"address":<from_address>},
"to":[{"name":<to_name>,"address":<to_address>}],"cc":[],"bcc":[]},
"sender":<sender>,"receiver":<receiver>,"integration_id":null,"rule_id":<rule>,
"from_agent":<from_agent>,"subject":<subject>,"body_text":<body>,"body_html":null,
"stripped_text":<body>,"stripped_html":null,"stripped_signature":null,"headers":null,
"attachments":[],"actions":null,"macros":[],"meta":<meta>,"created_datetime":<created>,
"sent_datetime":<sent>,"failed_datetime":<failed>,"deleted_datetime":null,
"opened_datetime":null,"last_sending_error":<error>}
"""

_DESK_ADDRESS = '"help@seoul-lamp.example"'
_DESK_NAME = '"서울램프 고객센터"'


def messages(seen: Seen, rows: Codes) -> pa.Array:
    """Return these messages as JSON."""
    every, of = seen.story.desk.messages, seen.story.desk.tickets
    ticket = every.ticket[rows]
    person, topic = of.person[ticket], of.topic[ticket]
    from_customer = every.sender[rows] == desk.CUSTOMER
    by_customer = pa.array(from_customer)
    is_public = every.is_public[rows]
    is_rule = pa.array(every.sender[rows] == desk.AUTOMATION)
    failed = seen.known(every.failed[rows])
    channel = _of(_CHANNEL_WORDS, of.channel[ticket])
    channel = pc.if_else(pa.array(is_public), channel, '"internal-note"')
    customer, name = _customers_inside(seen, person), _quoted(names(seen.story.persons, person))
    address = _known_emails(seen, person)
    body = pc.case_when(
        pc.make_struct(by_customer, is_rule, pa.array(every.agent[rows] == BOT_CODE)),
        _of(_CUSTOMER_TEXTS, every.text[rows]),
        json.dumps(words.RECEIPT_TEXT, ensure_ascii=False),
        json.dumps(words.BOT_TEXT, ensure_ascii=False),
        _of(_AGENT_TEXTS, every.text[rows]),
    )
    return _fill(
        _MESSAGE,
        id=_numbers(FIRST_MESSAGE_ID + rows),
        ticket=_numbers(FIRST_TICKET_ID + ticket),
        public=_booleans(is_public),
        channel=channel,
        via=pc.if_else(is_rule, '"rule"', channel),
        from_name=pc.if_else(by_customer, name, _DESK_NAME),
        from_address=pc.if_else(by_customer, address, _DESK_ADDRESS),
        to_name=pc.if_else(by_customer, _DESK_NAME, name),
        to_address=pc.if_else(by_customer, _DESK_ADDRESS, address),
        sender=pc.if_else(by_customer, customer, _of(_USERS, every.agent[rows])),
        receiver=pc.if_else(by_customer, None, customer),
        rule=pc.if_else(is_rule, str(RECEIPT_RULE), None),
        from_agent=_booleans(~from_customer),
        subject=_of(_SUBJECTS, np.where(topic == NOBODY, len(words.SUBJECTS) - 1, topic)),
        body=body,
        meta=_of(_MACROS, every.macro[rows]),
        created=_instants(every.sent[rows]),
        sent=_instants(np.where(from_customer | (failed < NEVER), NEVER, every.sent[rows])),
        failed=_instants(failed),
        error=pc.if_else(pa.array(failed < NEVER), '"Mailbox unavailable"', None),
    )


_EVENT = """
{"id":<id>,"uri":"/api/events/<id>/","context":"<context>","object_id":<ticket>,
"object_type":"Ticket","user_id":<user>,"type":<type>,"data":<data>,"created_datetime":<created>}
"""


def events(seen: Seen, rows: Codes) -> pa.Array:
    """Return these events as JSON."""
    every = seen.story.desk.events
    actor = every.actor[rows]
    number = _numbers(FIRST_EVENT_ID + rows)
    return _fill(
        _EVENT,
        id=number,
        context=pc.binary_join_element_wise(
            "7f0c2a51-0d4e-4b1a-9a51", pc.utf8_lpad(number, 12, "0"), "-"
        ),
        ticket=_numbers(FIRST_TICKET_ID + every.ticket[rows]),
        user=_of(_numbers(_USER_IDS), actor),
        type=_of(_EVENT_TYPES, every.what[rows]),
        data=_event_data(seen, rows),
        created=_instants(every.at[rows]),
    )


def _event_data(seen: Seen, rows: Codes) -> pa.Array:
    """What an event says beside its type; null where it says nothing."""
    every = seen.story.desk.events
    what, value = every.what[rows], every.value[rows]
    is_assigned = what == desk.ASSIGNED
    number = np.select(
        [is_assigned, what == desk.MERGED, what == desk.TAGGED],
        [_USER_IDS[np.where(is_assigned, value, 0)], FIRST_TICKET_ID + value, FIRST_TAG_ID + value],
        value,
    )
    woken = _instants(seen.story.desk.tickets.woken[every.ticket[rows]])
    by_itself = is_assigned & (every.actor[rows] == NOBODY)
    return pc.binary_join_element_wise(
        _EVENT_DATA_BEGINS.take(pa.array(what)),
        pc.if_else(pa.array(what == desk.SNOOZED), woken, _numbers(number)),
        pc.if_else(pa.array(what == desk.TAGGED), "]", ""),
        pc.if_else(pa.array(by_itself), ',"auto_assigned":true}', "}"),
        "",
    )


_SURVEY = """
{"id":<id>,"uri":"/api/satisfaction-surveys/<id>/","ticket_id":<ticket>,"customer_id":<customer>,
"score":<score>,"body_text":<body>,"meta":{},"created_datetime":<created>,
"should_send_datetime":<should_send>,"sent_datetime":<sent>,"scored_datetime":<scored>}
"""


def surveys(seen: Seen, rows: Codes) -> pa.Array:
    """Return these satisfaction surveys as JSON."""
    every = seen.story.desk.surveys
    ticket, scored = every.ticket[rows], seen.known(every.scored[rows])
    is_scored = pa.array(scored < NEVER)
    speaks = pa.array((scored < NEVER) & (rows % 3 == 0))
    return _fill(
        _SURVEY,
        id=_numbers(FIRST_SURVEY_ID + rows),
        ticket=_numbers(FIRST_TICKET_ID + ticket),
        customer=_numbers(seen.customer_of[seen.story.desk.tickets.person[ticket]]),
        score=pc.if_else(is_scored, _numbers(every.score[rows]), None),
        body=pc.if_else(speaks, _of(_CUSTOMER_TEXTS, rows % len(words.CUSTOMER_TEXTS)), None),
        created=_instants(every.created[rows]),
        should_send=_instants(every.sent[rows]),
        sent=_instants(seen.known(every.sent[rows])),
        scored=_instants(scored),
    )


_CUSTOMER = """
{"id":<id>,"uri":"/api/customers/<id>/","external_id":<account>,"active":true,"email":<email>,
"name":<name>,"firstname":<given>,"lastname":<family>,"language":<language>,
"timezone":"Asia/Seoul","note":null,"data":<data>,"meta":{},"channels":[<channels>],
"created_datetime":<created>,"updated_datetime":<updated>}
"""


def customers(seen: Seen, rows: Codes) -> pa.Array:
    """Return these customers as JSON; a row is a place in `seen.writers`."""
    persons, person = seen.story.persons, seen.writers[rows]
    name, email = names(persons, person), _known_emails(seen, person)
    phone = pc.if_else(pa.array(persons.desk_knows_phone[person]), phones(persons, person), None)
    is_vip = persons.vip_since[person] <= seen.now
    account = seen.account_of[person]
    known_account = persons.desk_knows_account[person] & (account != NOBODY)
    channels = pc.binary_join_element_wise(
        pc.binary_join_element_wise('{"type":"email","address":', email, "}", ""),
        pc.binary_join_element_wise('{"type":"phone","address":"', phone, '"}', ""),
        ",",
        null_handling="replace",
        null_replacement="",
    )
    return _fill(
        _CUSTOMER,
        id=_numbers(seen.customer_of[person]),
        account=_quoted(account_ids(np.where(known_account, account, NOBODY))),
        email=email,
        name=_quoted(name),
        given=_quoted(pc.utf8_slice_codeunits(name, 1)),
        family=_quoted(pc.utf8_slice_codeunits(name, 0, 1)),
        language=_LANGUAGES.take(pa.array(persons.english[person].astype(np.int64))),
        data=pc.if_else(pa.array(is_vip), '{"is_vip":true}', '{"is_vip":false}'),
        channels=pc.utf8_trim(channels, ","),
        created=_instants(seen.writers_since[rows]),
        updated=_instants(seen.writers_updated[rows]),
    )


def users(seen: Seen) -> list[str]:
    """Return the users of the helpdesk as JSON."""
    return [
        json.dumps(
            {
                "id": agent.id,
                "uri": f"/api/users/{agent.id}/",
                "active": agent.left > seen.now,
                "email": agent.email,
                "name": agent.name,
                "firstname": agent.name.split()[0],
                "lastname": agent.name.split()[-1],
                "role": {"id": ROLE_IDS[role], "name": role},
                "language": "ko",
                "timezone": "Asia/Seoul",
                "bio": None,
                "meta": {},
                "created_datetime": _text(agent.joined),
                "updated_datetime": _text(max(agent.joined, *changed)),
                "deactivated_datetime": _text(agent.left) if agent.left <= seen.now else None,
            },
            ensure_ascii=False,
        )
        for agent in USERS
        if agent.joined <= seen.now
        for changed in [[at for at in (agent.lead_since, agent.left) if at <= seen.now] or [0]]
        for role in ["lead-agent" if agent.lead_since <= seen.now else agent.role]
    ]


def teams() -> list[str]:
    """Return the teams as JSON."""
    return [
        json.dumps({"id": id, "uri": f"/api/teams/{id}/", "name": name, "description": None})
        for id, name in TEAMS.items()
    ]


def tags(seen: Seen) -> list[str]:
    """Return the tags as JSON, with the tickets that carry each."""
    usage = seen.tickets.tags.sum(axis=0).tolist()
    return [
        json.dumps(
            {
                **tag_inside(tag),
                "uri": f"/api/tags/{FIRST_TAG_ID + tag}/",
                "description": None,
                "usage": usage[tag],
                "created_datetime": _text(DESK_OPENED),
                "deleted_datetime": None,
            }
        )
        for tag in range(len(TAGS))
    ]


def _text(moment: int) -> str:
    return instant_of(moment).replace(tzinfo=None).isoformat(timespec="microseconds")
