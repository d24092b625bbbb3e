"""Who writes to the demo shop and who answers: customers, their accounts, agents and teams.

What they do is drawn elsewhere. All names and addresses are made up; `.example` belongs to nobody.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.rhythm import (
    DESK_OPENED,
    HOUR,
    NEVER,
    SHOP_OPENED,
    STORY_ENDS,
    Instants,
    seoul_midnight,
)

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NOBODY = -1

FAMILY_NAMES = (
    ("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("정", "jung"), ("강", "kang"),
    ("조", "cho"), ("윤", "yoon"), ("장", "jang"), ("임", "lim"), ("한", "han"), ("오", "oh"),
    ("서", "seo"), ("신", "shin"), ("권", "kwon"), ("황", "hwang"), ("안", "ahn"), ("송", "song"),
)  # fmt: skip
GIVEN_NAMES = (
    ("민지", "minji"), ("서연", "seoyeon"), ("지우", "jiwoo"), ("하은", "haeun"), ("수빈", "subin"),
    ("유진", "yujin"), ("도윤", "doyun"), ("서준", "seojun"), ("주원", "juwon"),
    ("예준", "yejun"), ("시우", "siwoo"), ("지호", "jiho"), ("현우", "hyunwoo"),
    ("은서", "eunseo"), ("채원", "chaewon"), ("다은", "daeun"), ("준서", "junseo"),
    ("소율", "soyul"), ("태민", "taemin"), ("가영", "gayoung"),
)  # fmt: skip
MAIL_HOSTS = ("naver.example", "hanmail.example", "gmail.example", "kakao.example")

PROXY_ADDRESS = "orders@openmarket.example"
"""The address that a market place gives for all of its buyers: it must link nobody."""

PROXY_ACCOUNTS = 25


@dataclass(frozen=True)
class Agent:
    """One user of the helpdesk.

    Attributes:
        role: The vendor's word for it.
        slowness: How many times longer than usual this agent's replies take.
        lead_since: When an agent was made a lead; `NEVER` for those who were not.
    """

    id: int
    name: str
    email: str
    role: str
    slowness: float = 1.0
    joined: int = DESK_OPENED - 24 * HOUR
    left: int = int(NEVER)
    lead_since: int = int(NEVER)


AGENTS = (
    Agent(901, "한지민", "jimin.han@seoul-lamp.example", "lead-agent"),
    Agent(902, "오세훈", "sehun.oh@seoul-lamp.example", "admin"),
    Agent(903, "김나래", "narae.kim@seoul-lamp.example", "agent", slowness=2.5),
    Agent(904, "박도현", "dohyun.park@seoul-lamp.example", "agent",
          left=seoul_midnight(date(2026, 6, 30))),
    Agent(905, "이수진", "sujin.lee@seoul-lamp.example", "agent", slowness=0.7),
    Agent(906, "최은우", "eunwoo.choi@seoul-lamp.example", "agent"),
    Agent(907, "정하람", "haram.jung@seoul-lamp.example", "basic-agent"),
    Agent(908, "윤소미", "somi.yoon@seoul-lamp.example", "agent", slowness=2.5),
    Agent(909, "장태오", "taeo.jang@seoul-lamp.example", "agent"),
    Agent(910, "임보라", "bora.lim@seoul-lamp.example", "agent",
          lead_since=seoul_midnight(date(2026, 4, 1))),
    Agent(911, "서강준", "gangjun.seo@seoul-lamp.example", "basic-agent", slowness=0.8),
    Agent(912, "신예린", "yerin.shin@seoul-lamp.example", "agent"),
    Agent(913, "권민석", "minseok.kwon@seoul-lamp.example", "agent",
          joined=seoul_midnight(date(2026, 3, 2))),
    Agent(914, "Emma Clark", "emma.clark@seoul-lamp.example", "agent"),
)  # fmt: skip
LEAD = 0
"""Who takes over where nobody else is left, and sorts out spam."""

STAND_IN = 5
"""Who gets the tickets of those who are not there."""

ANSWERING = [row for row, agent in enumerate(AGENTS) if agent.role in {"agent", "basic-agent"}]
STEADY = [
    row for row in ANSWERING if AGENTS[row].left == NEVER and AGENTS[row].joined < DESK_OPENED
]
"""Of those who answer, all who are there from beginning to end."""

BOT = Agent(990, "램프봇", "bot@seoul-lamp.example", "bot")

FRONTLINE, ORDERS, VIP = 11, 12, 13
TEAMS = {FRONTLINE: "Frontline", ORDERS: "Orders", VIP: "VIP"}


@dataclass(frozen=True)
class Persons:
    """Everybody who ever writes or orders, one row each; the row number is the person.

    The first `desk` of them write to the helpdesk and the first `both` of these also have an
    account at the shop, as all after `desk` have.
    """

    desk: int
    both: int
    family: Codes
    given: Codes
    host: Codes
    phone: Codes
    desk_knows_email: Flags
    desk_knows_phone: Flags
    desk_knows_account: Flags
    account_has_other_email: Flags
    account_has_phone: Flags
    vip_since: Instants
    english: Flags


@dataclass(frozen=True)
class Accounts:
    """The shop's own customers, one row each, in the order in which they signed up.

    Attributes:
        person: Who it is; a few persons have two accounts.
        proxy: Whether the market place's address stands in for the person's own.
    """

    person: Codes
    created: Instants
    proxy: Flags

    @property
    def known(self) -> int:
        """How many there are."""
        return self.person.size


def draw_persons(rng: np.random.Generator, tickets: int) -> Persons:
    """Draw as many persons as so many tickets a year come from."""
    desk = max(round(tickets * 0.55), 40)
    both = round(desk * 0.7)
    everybody = desk + round(desk * 2.2)
    vip = rng.random(everybody) < 0.04
    vip_since = rng.integers(SHOP_OPENED, STORY_ENDS, everybody)
    return Persons(
        desk=desk,
        both=both,
        family=rng.integers(0, len(FAMILY_NAMES), everybody),
        given=rng.integers(0, len(GIVEN_NAMES), everybody),
        host=rng.choice(len(MAIL_HOSTS), everybody, p=[0.55, 0.15, 0.2, 0.1]),
        phone=(np.arange(everybody) * 7919 + 12_345_678) % 10**8,
        desk_knows_email=rng.random(everybody) < 0.85,
        desk_knows_phone=rng.random(everybody) < 0.45,
        desk_knows_account=rng.random(everybody) < 0.35,
        account_has_other_email=rng.random(everybody) < 0.2,
        account_has_phone=rng.random(everybody) < 0.8,
        vip_since=np.where(vip, vip_since, NEVER),
        english=rng.random(everybody) < 0.06,
    )


def draw_accounts(rng: np.random.Generator, persons: Persons) -> Accounts:
    """Draw the shop's accounts; the shop grows, so that more sign up later."""
    owners = np.concatenate([np.arange(persons.both), np.arange(persons.desk, persons.family.size)])
    twice = rng.choice(owners, round(owners.size * 0.01), replace=False)
    person = np.concatenate([owners, twice])
    life = STORY_ENDS - SHOP_OPENED
    created = SHOP_OPENED + (rng.random(person.size) ** 0.8 * life).astype(np.int64)
    order = np.argsort(created, kind="stable")
    person, created = person[order], created[order]
    proxy = np.zeros(person.size, dtype=bool)
    proxy[:: max(person.size // PROXY_ACCOUNTS, 1)] = True
    proxy &= (np.cumsum(proxy) <= PROXY_ACCOUNTS) & ~np.isin(person, twice)
    return Accounts(person=person, created=created, proxy=proxy)


def _pool(words: tuple[str, ...], rows: Codes) -> pa.Array:
    return pa.array(words).take(pa.array(rows))


def names(persons: Persons, rows: Codes) -> pa.Array:
    """Return the names of these persons, the family first."""
    family = _pool(tuple(name for name, _ in FAMILY_NAMES), persons.family[rows])
    given = _pool(tuple(name for name, _ in GIVEN_NAMES), persons.given[rows])
    return pc.binary_join_element_wise(family, given, "")


def emails(persons: Persons, rows: Codes, *, suffix: str = "") -> pa.Array:
    """Return an address of each of these persons; with another suffix it is another address."""
    given = _pool(tuple(name for _, name in GIVEN_NAMES), persons.given[rows])
    family = _pool(tuple(name for _, name in FAMILY_NAMES), persons.family[rows])
    number = pa.array(rows).cast(pa.string())
    host = _pool(MAIL_HOSTS, persons.host[rows])
    return pc.binary_join_element_wise(given, ".", family, number, suffix, "@", host, "")


def phones(persons: Persons, rows: Codes) -> pa.Array:
    """Return the mobile number of each of these persons."""
    digits = pc.utf8_lpad(pa.array(persons.phone[rows]).cast(pa.string()), 8, "0")
    head, tail = pc.utf8_slice_codeunits(digits, 0, 4), pc.utf8_slice_codeunits(digits, 4, 8)
    return pc.binary_join_element_wise("010", head, tail, "-")
