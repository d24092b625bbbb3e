"""Erlang's formulas in their recursive form, one hour at a time."""

import math


def has_to_wait(agents: int, erlangs: float) -> float:
    """Return Erlang C, by the recursion of Erlang B from no agent on."""
    blocked = 1.0
    for busy in range(1, agents + 1):
        blocked = erlangs * blocked / (busy + erlangs * blocked)
    return agents * blocked / (agents - erlangs * (1 - blocked))


def answered_in_time(
    agents: int, erlangs: float, *, handle_seconds: float, within_seconds: float
) -> float:
    """Return the share that waits no longer; more agents than the load are there."""
    to_spare = agents - erlangs
    waits = has_to_wait(agents, erlangs)
    return 1 - waits * math.exp(-to_spare * within_seconds / handle_seconds)


def agents_needed(
    erlangs: float, *, handle_seconds: float, within_seconds: float, share: float
) -> int:
    """Return the fewest agents who answer a share in time."""
    agents = math.floor(erlangs) + 1
    while (
        answered_in_time(
            agents, erlangs, handle_seconds=handle_seconds, within_seconds=within_seconds
        )
        < share
    ):
        agents += 1
    return agents
