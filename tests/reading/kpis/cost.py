"""Cost: what an answered question costs, with a person and without."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from fractions import Fraction

from ..desk import Desk
from ..interactions import handled_contacts
from ..kpi_values import Figure, Kpi
from ..periods import Period, first_instant, period_of
from ..shop import Record
from ..tickets import Happened
from ..trade import cost, is_in
from .common import BY_MONTH, TICKET_STREAMS

SELF_SERVICE = "self_service"
NEEDS = (*TICKET_STREAMS, "live_contacts", "self_service_sessions", "support_costs")


def is_human(desk: Desk, channel: str | None) -> bool:
    return channel in desk.shop.channels - {SELF_SERVICE}


class Month:
    """The costs of a calendar month, and what was handled in it."""

    def __init__(self, desk: Desk, month: date, happened: Happened) -> None:
        zone = desk.shop.reporting_timezone
        period = period_of(first_instant(month, zone), "month", zone)
        self._desk = desk
        self.costs = [
            record
            for record in desk.records["support_costs"]
            if record["month"].replace(day=1) == month
            and happened.includes(first_instant(record["month"], zone))
        ]
        self.handled = Counter(
            each.channel for each in handled_contacts(desk) if is_in(period, happened, each.at)
        )

    def has_costs_of(self, chosen: Callable[[str], bool]) -> bool:
        return any(chosen(record["channel"]) for record in self.costs)

    def amount(self, chosen: Callable[[str], bool]) -> Fraction:
        return sum(
            (self._amount(record) for record in self.costs if chosen(record["channel"])),
            Fraction(0),
        )

    def shared(self, channel: str) -> Fraction:
        """Return what a human channel bears of the shared costs."""
        if not self.handled_by_people:
            return Fraction(0)
        shared = self.amount(lambda of: of == "shared")
        return shared * self.handled[channel] / self.handled_by_people

    @property
    def handled_by_people(self) -> int:
        return sum(n for channel, n in self.handled.items() if is_human(self._desk, channel))

    def _amount(self, record: Record) -> Fraction:
        return Fraction(cost(self._desk, record))


def months(desk: Desk, period: Period, happened: Happened) -> Iterator[Month]:
    """Yield the months of a period that have a cost record."""
    zone = desk.shop.reporting_timezone
    of_records = {record["month"].replace(day=1) for record in desk.records["support_costs"]}
    for month in sorted(of_records):
        if period.start <= first_instant(month, zone) < period.end:
            read = Month(desk, month, happened)
            if read.costs:
                yield read


def cost_per_contact(desk: Desk, period: Period, happened: Happened, channel: str) -> Figure:
    amount, handled = Fraction(0), 0
    for month in months(desk, period, happened):
        if channel == "all":
            amount += month.amount(lambda _: True)
            handled += sum(month.handled.values())
        elif month.has_costs_of(lambda of: of == channel):
            amount += month.amount(lambda of: of == channel)
            amount += month.shared(channel) if is_human(desk, channel) else 0
            handled += month.handled[channel]
    return Figure(numerator=amount, denominator=handled)


def channels_with_costs(desk: Desk, until: datetime) -> Iterator[str | None]:
    zone = desk.shop.reporting_timezone
    for record in desk.records["support_costs"]:
        if record["channel"] != "shared" and first_instant(record["month"], zone) <= until:
            yield record["channel"]
    for each in handled_contacts(desk):
        if each.at <= until:
            yield each.channel


def live_to_self_service_cost_ratio(
    desk: Desk, period: Period, happened: Happened, channel: str
) -> Figure:
    live, live_handled, own, own_handled = Fraction(0), 0, Fraction(0), 0
    with_both = [
        month
        for month in months(desk, period, happened)
        if month.has_costs_of(lambda of: is_human(desk, of))
        and month.has_costs_of(lambda of: of == SELF_SERVICE)
    ]
    if not with_both:
        return Figure()
    for month in with_both:
        live += month.amount(lambda of: is_human(desk, of))
        live += sum(month.shared(of) for of in month.handled if of and is_human(desk, of))
        live_handled += month.handled_by_people
        own += month.amount(lambda of: of == SELF_SERVICE)
        own_handled += month.handled[SELF_SERVICE]
    return Figure(
        numerator=live / live_handled if live_handled else None,
        denominator=own / own_handled if own_handled else None,
    )


KPIS = [
    Kpi(
        id="cost_per_contact",
        unit="currency",
        needs=NEEDS,
        grains=BY_MONTH,
        seen=channels_with_costs,
        at_end=cost_per_contact,
    ),
    Kpi(
        id="live_to_self_service_cost_ratio",
        unit="ratio",
        needs=NEEDS,
        grains=BY_MONTH,
        by_channel=False,
        at_end=live_to_self_service_cost_ratio,
    ),
]
