"""Rule 31: SLA clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .desk import Desk
from .tickets import Ticket


@dataclass(frozen=True, kw_only=True)
class SlaClock:
    """One clock of a ticket."""

    ticket: Ticket
    clock: str
    outcome: str
    decided_at: datetime


def sla_clocks(desk: Desk) -> Iterator[SlaClock]:
    yield from ()
