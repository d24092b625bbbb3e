"""The demo shop's forum: who asks, and who of staff, power users and customers answers."""

from dataclasses import dataclass

import numpy as np

from dagster_project.demo.desk import NO_TOPIC, TOPICS
from dagster_project.demo.people import NOBODY, STEADY, Accounts, Codes
from dagster_project.demo.rhythm import (
    ASKING_HOURS,
    DAY,
    DESK_OPENED,
    HOUR,
    MINUTE,
    NEVER,
    STORY_ENDS,
    Instants,
    arrivals,
)

AUTHOR_KINDS = ("staff", "power_user", "customer")
STAFF, POWER_USER, CUSTOMER = range(3)

POWER_USERS = 12
"""The first so many accounts know everything about lamps."""

THREADS_PER_TICKET = 0.05
MOST_POSTS = 8

QUESTION, TALK, NOT_TOLD = range(3)


@dataclass(frozen=True)
class Threads:
    """Threads, one row each, by the time at which they were begun.

    Attributes:
        author: An account; `NOBODY` where it was deleted since.
        sort: `QUESTION`, `TALK`, or `NOT_TOLD` where the author did not say.
        views: Those counted at `counted`, a week after; `first_views` those before it.
        solved: When a post was marked as the solution, or `NEVER`.
    """

    created: Instants
    author: Codes
    sort: Codes
    topic: Codes
    first_views: Codes
    views: Codes
    counted: Instants
    solved: Instants


@dataclass(frozen=True)
class Posts:
    """Posts that follow the first one of their thread, one row each, by time.

    Attributes:
        author: An agent's row for staff, an account for others; `NOBODY` where it is not known.
        accepted: When it was marked as the solution, or `NEVER`.
    """

    thread: Codes
    created: Instants
    kind: Codes
    author: Codes
    accepted: Instants


def draw_forum(
    rng: np.random.Generator, accounts: Accounts, per_year: int
) -> tuple[Threads, Posts]:
    """Draw the threads and what is posted in them; some thank for an answer to their own."""
    created = arrivals(
        rng,
        per_year=round(per_year * THREADS_PER_TICKET),
        start=DESK_OPENED,
        end=STORY_ENDS,
        hours=ASKING_HOURS,
    )
    size = created.size
    signed_up = np.searchsorted(accounts.created, created)
    asker = (rng.random(size) * signed_up).astype(np.int64)
    author = np.where(rng.random(size) < 0.04, NOBODY, asker)
    posts = _posts(rng, accounts, created, author)
    by_another = (posts["kind"] == STAFF) | (posts["author"] != author[posts["thread"]])
    helps = by_another & (rng.random(by_another.size) < 0.4)
    accepted = np.where(helps, posts["created"] + rng.integers(HOUR, 6 * DAY, helps.size), NEVER)
    solved = np.full(size, NEVER)
    np.minimum.at(solved, posts["thread"], accepted)
    posts["accepted"] = np.where(accepted == solved[posts["thread"]], accepted, NEVER)
    order = np.argsort(posts["created"], kind="stable")
    views = rng.geometric(0.02, size)
    threads = Threads(
        created=created,
        author=author,
        sort=rng.choice(3, size, p=[0.8, 0.17, 0.03]),
        topic=np.where(rng.random(size) < 0.2, NO_TOPIC, rng.integers(0, len(TOPICS), size)),
        first_views=views // 8,
        views=views,
        counted=created + 7 * DAY,
        solved=solved,
    )
    return threads, Posts(**{key: column[order] for key, column in posts.items()})


def _posts(
    rng: np.random.Generator, accounts: Accounts, begun: Instants, asker: Codes
) -> dict[str, Codes]:
    """Draw who posts what when: the first of them soon, or after more than a week."""
    count = np.where(rng.random(begun.size) < 0.07, 0, rng.geometric(0.42, begun.size))
    thread = np.repeat(np.arange(begun.size), np.minimum(count, MOST_POSTS))
    size = thread.size
    waits = rng.lognormal(np.log(6 * HOUR), 1.5, size).astype(np.int64)
    created = begun[thread] + waits + MINUTE
    kind = rng.choice(3, size, p=[0.24, 0.34, 0.42])
    signed_up = np.searchsorted(accounts.created, created)
    customer = POWER_USERS + (rng.random(size) * (signed_up - POWER_USERS)).astype(np.int64)
    is_asker = rng.random(size) < 0.3
    customer = np.where(is_asker, asker[thread], customer)
    is_forgotten = rng.random(size) < 0.05
    customer = np.where(is_forgotten, NOBODY, customer)
    author = np.select(
        [kind == STAFF, kind == POWER_USER],
        [rng.choice(STEADY, size), rng.integers(0, POWER_USERS, size)],
        customer,
    )
    told = created < STORY_ENDS
    columns = {
        "thread": thread, "created": created, "kind": kind, "author": author,
    }  # fmt: skip
    return {key: column[told] for key, column in columns.items()}
