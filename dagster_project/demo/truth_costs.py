"""What is true of what the demo shop's service costs."""

import numpy as np

from dagster_project.demo.rhythm import seoul_months
from dagster_project.demo.seen import Seen
from dagster_project.demo.staff import BUDGETS, SELF_SERVICE, SHARED
from dagster_project.demo.truth_figures import Figures, Span, sides
from dagster_project.demo.truth_requests import RequestTruth


class CostTruth:
    """The costs that were booked, beside what was handled for them."""

    def __init__(self, seen: Seen, requests: RequestTruth) -> None:
        self._seen, self._requests = seen, requests

    def _costs(self, span: Span) -> dict[str, int]:
        """Return what was booked for a month, by channel; nothing where nothing was."""
        every, now = self._seen.story.support_costs, self._seen.now
        month = int(seoul_months(np.array([span[0]]))[0])
        row = self._seen.told(every.booked)
        row = row[every.month[row] == month]
        is_corrected = every.corrected[row] <= now
        amount = np.where(is_corrected, every.corrected_amount[row], every.amount[row])
        return {
            name: int(amount[every.channel[row] == channel].sum())
            for channel, name in enumerate(BUDGETS)
            if (every.channel[row] == channel).any()
        }

    def cost_per_contact(self, span: Span) -> Figures:
        """Return costs and handled contacts of a month, of all and of each channel with costs."""
        costs, handled = self._costs(span), self._requests.handled(span)
        human = sum(n for name, n in handled.items() if name != SELF_SERVICE)
        figures = {"all": sides(sum(costs.values()), sum(handled.values()))}
        for name, own in costs.items():
            if name != SHARED:
                contacts = handled.get(name, 0)
                part = costs[SHARED] * contacts / human if name != SELF_SERVICE else 0
                figures[name] = sides(own + part, contacts)
        return figures

    def live_to_self_service_cost_ratio(self, span: Span) -> Figures:
        """Return what a contact with a person costs in a month, and what a session does."""
        costs, handled = self._costs(span), self._requests.handled(span)
        by_itself, sessions = costs.pop(SELF_SERVICE), handled.pop(SELF_SERVICE)
        return sides(sum(costs.values()) / sum(handled.values()), by_itself / sessions)
