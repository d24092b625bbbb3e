"""Draws the whole demo shop from a seed. What is visible of it at a clock is said in seen.py."""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.conversations import draw_tickets
from dagster_project.demo.desk import Desk
from dagster_project.demo.people import Accounts, Persons, draw_accounts, draw_persons
from dagster_project.demo.records import draw_messages, draw_surveys, events_of
from dagster_project.demo.trade import (
    Contacts,
    Orders,
    Subscriptions,
    draw_contacts,
    draw_orders,
    draw_subscriptions,
)

TICKETS = 6_000
"""Tickets in the first year, unless a caller wants another size."""

SEED = 20_251_101


@dataclass(frozen=True)
class Story:
    """All that ever happens at the demo shop, from its opening to the last night."""

    persons: Persons
    accounts: Accounts
    desk: Desk
    orders: Orders
    subscriptions: Subscriptions
    contacts: Contacts


def generate(*, tickets: int = TICKETS, seed: int = SEED) -> Story:
    """Draw the shop's whole story, the same for the same size and seed.

    Args:
        tickets: Tickets in the first year; there are about six messages to each.
        seed: Any number; another one is another shop.
    """
    for_each = iter(np.random.default_rng(seed).spawn(8))
    persons = draw_persons(next(for_each), tickets)
    accounts = draw_accounts(next(for_each), persons)
    asked, rounds = draw_tickets(next(for_each), persons, tickets)
    return Story(
        persons=persons,
        accounts=accounts,
        desk=Desk(
            tickets=asked,
            rounds=rounds,
            messages=draw_messages(next(for_each), asked, rounds),
            events=events_of(asked),
            surveys=draw_surveys(next(for_each), asked),
        ),
        orders=draw_orders(next(for_each), accounts),
        subscriptions=draw_subscriptions(next(for_each), accounts),
        contacts=draw_contacts(next(for_each), accounts, tickets),
    )
