"""The shapes of what happens at the demo shop's helpdesk: channels, tickets, messages, events.

Conversations are drawn in conversations.py and spelt out in records.py; how they look at a clock
is worked out in seen.py, what is true of them in truth.py.
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.people import AGENTS, NOBODY, Codes, Flags
from dagster_project.demo.rhythm import NEVER, Instants


@dataclass(frozen=True)
class Channel:
    """How customers and agents behave on one channel; durations in seconds, medians.

    Attributes:
        word: The vendor's word for it.
        name: The name in our entities.
        answer: Working time that an answer takes.
        think: Time after which a customer writes again.
        more: Chance of another round after each.
        burst: Span within which one side sends several messages in a row.
        late: Whether it is staffed in the evening and on Sundays.
        bot: Whether the bot may speak first.
        receipt: Whether a rule may say that the question has arrived.
    """

    word: str
    name: str
    share: float
    answer: float
    think: float
    more: float
    burst: float
    late: bool = False
    bot: bool = False
    receipt: bool = False


CHANNELS = (
    Channel("email", "email", 0.33, 7200, 21600, 0.55, 300, receipt=True),
    Channel("chat", "chat", 0.21, 100, 60, 0.72, 40, late=True, bot=True),
    Channel("kakaotalk", "kakaotalk", 0.17, 420, 240, 0.68, 60, late=True, bot=True),
    Channel("contact_form", "web_form", 0.10, 9000, 28800, 0.50, 300, bot=True, receipt=True),
    Channel("instagram-direct-message", "social", 0.06, 3600, 3600, 0.58, 120, late=True),
    Channel("facebook-messenger", "social", 0.02, 3600, 3600, 0.58, 120, late=True),
    Channel("sms", "sms", 0.03, 900, 600, 0.58, 60, late=True),
    Channel("whatsapp", "whatsapp", 0.02, 900, 600, 0.58, 60, late=True),
    Channel("naver-smartstore", "marketplace", 0.06, 10800, 43200, 0.40, 300, receipt=True),
)

TOPICS = (
    "delivery", "return", "exchange", "refund", "product", "payment", "account", "coupon",
    "complaint",
)  # fmt: skip
NO_TOPIC = NOBODY

INQUIRY, OUTBOUND, SPAM, TEST, DOUBLE = range(5)
"""Kinds of tickets. A double is a second ticket about the same matter; it is merged."""

(ANSWERED, BOT_SOLVED, BOT_RETURNED, BOT_HANDED, RULE_CLOSED, RULE_RETURNED, IGNORED, DISMISSED) = (
    range(8)
)
"""How the first round of an inquiry goes. Returned: the customer wrote again after a rule had
closed the ticket; ignored: nobody ever answers; dismissed: an agent closes it without a word."""

HUMAN_PATHS = (ANSWERED, BOT_RETURNED, BOT_HANDED, RULE_RETURNED)
BOT_PATHS = (BOT_SOLVED, BOT_RETURNED, BOT_HANDED)
RETURNED_PATHS = (BOT_RETURNED, RULE_RETURNED)

NO_REOPENING, THANKS, QUESTION = range(3)


@dataclass(frozen=True)
class Rounds:
    """What one side asked and the other answered, one row each, apart from reopenings.

    Attributes:
        number: 0 for the first of its ticket.
        asked: The customer's first message of the round.
        waits_from: Where the clock of the answer starts: later than `asked` where a bot had
            answered and closed, and the customer wrote again.
        answered: The agent's first message, or `NEVER`.
    """

    ticket: Codes
    number: Codes
    asked: Instants
    waits_from: Instants
    answered: Instants
    agent: Codes


@dataclass(frozen=True)
class Tickets:
    """Tickets, one row each, by the time at which they were created.

    Attributes:
        agent: The first agent; `NOBODY` where none was given.
        second_agent: Who took over at `passed_on`.
        bot_said: When the bot answered. `rule_closed`: when a rule closed the first round.
        returned: When the customer wrote again after that.
        acknowledged: When a rule sent a receipt.
        closed: The closing that ends the rounds; `closed_by_rule` says by whom.
        reopened: The customer's next message after it, `reopening` says of what sort,
            `reopened_answer` and `reclosed` how it ended.
        merged: When a double was merged, into the ticket (a row) that `target` says.
    """

    created: Instants
    kind: Codes
    path: Codes
    channel: Codes
    person: Codes
    topic: Codes
    topic_tagged: Instants
    store: Codes
    language: Codes
    priority: Codes
    team: Codes
    agent: Codes
    second_agent: Codes
    assigned: Instants
    assigned_by_rule: Flags
    teamed: Instants
    passed_on: Instants
    passed_to_team: Flags
    is_proactive: Flags
    bot_said: Instants
    rule_closed: Instants
    returned: Instants
    acknowledged: Instants
    snoozed: Instants
    woken: Instants
    closed: Instants
    closed_by_rule: Flags
    reopening: Codes
    reopened: Instants
    reopened_answer: Instants
    reclosed: Instants
    marked_spam: Instants
    merged: Instants
    target: Codes
    trashed: Instants

    @property
    def count(self) -> int:
        """How many there are."""
        return self.created.size

    @property
    def last_agent(self) -> Codes:
        """Who is in charge after any passing on."""
        return np.where(self.passed_on < NEVER, self.second_agent, self.agent)


BOT_CODE = len(AGENTS)
"""The bot's row, after those of `AGENTS`."""

CUSTOMER, AGENT, AUTOMATION = range(3)
SENDERS = ("customer", "agent", "automation")

MACROS = 6
TEXTS = 24
"""How many texts a pool of them has; which one a message has is drawn."""


@dataclass(frozen=True)
class Messages:
    """Messages, one row each, by the time at which they were sent.

    Attributes:
        agent: Row in `AGENTS`; `BOT_CODE` for the bot; `NOBODY` for rules and customers, and for
            the few agents whom the vendor forgot.
        failed: When sending failed, or `NEVER`.
        text: Which of the pool's texts it has.
    """

    ticket: Codes
    sent: Instants
    sender: Codes
    agent: Codes
    is_public: Flags
    failed: Instants
    macro: Codes
    text: Codes


(
    CREATED, ASSIGNED, TEAM_ASSIGNED, CLOSED, REOPENED, SNOOZED, UNSNOOZED, MERGED, MARKED_SPAM,
    TRASHED, TAGGED,
) = range(11)  # fmt: skip


@dataclass(frozen=True)
class Events:
    """What was done to tickets, one row each, by time.

    Attributes:
        actor: Row in `AGENTS`; `NOBODY` for customers and rules.
        value: The agent, the team, the ticket merged into or the topic; `NOBODY` without any.
    """

    ticket: Codes
    at: Instants
    what: Codes
    actor: Codes
    value: Codes


@dataclass(frozen=True)
class Surveys:
    """Satisfaction surveys, one row each; `scored` is `NEVER` where nobody answered."""

    ticket: Codes
    created: Instants
    sent: Instants
    scored: Instants
    score: Codes


@dataclass(frozen=True)
class Desk:
    """All that happens at the helpdesk."""

    tickets: Tickets
    rounds: Rounds
    messages: Messages
    events: Events
    surveys: Surveys
