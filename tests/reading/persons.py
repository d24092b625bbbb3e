"""Terms: Person. Which customers of all sources are one person."""

from collections import defaultdict
from collections.abc import Callable, Hashable

from .shop import Record, Shop

Customer = tuple[str, str]
"""(source, customer_id)"""


class Persons:
    """Who is who; a person is named by the first of their customers."""

    def __init__(self, shop: Shop, customers: list[Record]) -> None:
        self._vips = {_key(customer) for customer in customers if customer["is_vip"]}
        self._same: dict[Customer, set[Customer]] = {}
        for customer in customers:
            self._same[_key(customer)] = {_key(customer)}
        for addresses in (_emails, _phones, _external_ids):
            for sharing in _sharing(customers, addresses):
                if len(sharing) <= shop.settings["person_link_cap"]:
                    for other in sharing[1:]:
                        self._join(sharing[0], other)
        for one, other in shop.person_joins:
            self._join(one, other)

    def _join(self, one: Customer, other: Customer) -> None:
        together = self._all_of(one) | self._all_of(other)
        for customer in together:
            self._same[customer] = together

    def _all_of(self, customer: Customer) -> set[Customer]:
        return self._same.get(customer, {customer})

    def of(self, record: Record) -> Customer | None:
        """Return the person of a record that names a customer."""
        if record["customer_id"] is None:
            return None
        return min(self._all_of(_key(record)))

    def is_vip(self, person: Customer | None) -> str | None:
        """Return `true` or `false`; None where nobody is known."""
        if person is None:
            return None
        return "true" if self._all_of(person) & self._vips else "false"


def _key(record: Record) -> Customer:
    return record["source"], record["customer_id"]


def _sharing(
    customers: list[Record], addresses: Callable[[Record], list[str]]
) -> list[list[Customer]]:
    sharing: dict[Hashable, list[Customer]] = defaultdict(list)
    for customer in customers:
        for address in set(addresses(customer)):
            sharing[address].append(_key(customer))
    return list(sharing.values())


def _emails(customer: Record) -> list[str]:
    return [customer["email"].strip().lower()] if customer["email"] else []


def _phones(customer: Record) -> list[str]:
    digits = "".join(sign for sign in customer["phone"] or "" if sign.isdigit())
    return [digits] if digits else []


def _external_ids(customer: Record) -> list[str]:
    return [each.strip() for each in customer["external_ids"] or [] if each.strip()]
