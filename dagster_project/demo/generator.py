"""Draws the whole demo shop from a seed. What is visible of it at a clock is said in seen.py."""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.community import Posts, Threads, draw_forum
from dagster_project.demo.conversations import draw_tickets
from dagster_project.demo.desk import Desk
from dagster_project.demo.feedback import Feedback, Reviews, draw_feedback, draw_reviews
from dagster_project.demo.gestures import Gestures, draw_gestures
from dagster_project.demo.people import Accounts, Persons, draw_accounts, draw_persons
from dagster_project.demo.records import draw_messages, draw_surveys, events_of
from dagster_project.demo.self_service import Sessions, draw_sessions
from dagster_project.demo.staff import Shifts, SupportCosts, draw_shifts, draw_support_costs
from dagster_project.demo.trade import (
    Contacts,
    Orders,
    Subscriptions,
    draw_contacts,
    draw_orders,
    draw_subscriptions,
)
from dagster_project.demo.web import MarketingCosts, Visits, draw_web

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
    sessions: Sessions
    feedback: Feedback
    reviews: Reviews
    gestures: Gestures
    threads: Threads
    posts: Posts
    visits: Visits
    marketing_costs: MarketingCosts
    shifts: Shifts
    support_costs: SupportCosts


def generate(*, tickets: int = TICKETS, seed: int = SEED) -> Story:
    """Draw the shop's whole story, the same for the same size and seed.

    Args:
        tickets: Tickets in the first year; there are about six messages to each.
        seed: Any number; another one is another shop.
    """
    for_each = iter(np.random.default_rng(seed).spawn(16))
    persons = draw_persons(next(for_each), tickets)
    accounts = draw_accounts(next(for_each), persons)
    asked, rounds = draw_tickets(next(for_each), persons, tickets)
    desk = Desk(
        tickets=asked,
        rounds=rounds,
        messages=draw_messages(next(for_each), asked, rounds),
        events=events_of(asked),
        surveys=draw_surveys(next(for_each), asked),
    )
    orders = draw_orders(next(for_each), accounts, asked)
    subscriptions = draw_subscriptions(next(for_each), accounts)
    contacts = draw_contacts(next(for_each), accounts, tickets)
    sessions = draw_sessions(next(for_each), asked, tickets)
    threads, posts = draw_forum(next(for_each), accounts, tickets)
    visits, marketing_costs = draw_web(next(for_each), orders, tickets)
    return Story(
        persons=persons,
        accounts=accounts,
        desk=desk,
        orders=orders,
        subscriptions=subscriptions,
        contacts=contacts,
        sessions=sessions,
        feedback=draw_feedback(next(for_each), orders, contacts),
        reviews=draw_reviews(next(for_each), asked, rounds),
        gestures=draw_gestures(next(for_each), orders, tickets),
        threads=threads,
        posts=posts,
        visits=visits,
        marketing_costs=marketing_costs,
        shifts=draw_shifts(next(for_each)),
        support_costs=draw_support_costs(next(for_each), asked, contacts, sessions),
    )
