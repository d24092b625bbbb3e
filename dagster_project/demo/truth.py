"""What is true of the demo shop, worked out from what was drawn and from nothing that we build.

The marts are held to it by tests/pipeline/test_demo_truth.py; no model may be used here.
"""

import json
from datetime import date
from pathlib import Path

from dagster_project.demo.rhythm import DAY, DESK_OPENED, seoul_midnight
from dagster_project.demo.seen import Seen
from dagster_project.demo.truth_answers import AnswerTruth
from dagster_project.demo.truth_contacts import ContactTruth
from dagster_project.demo.truth_costs import CostTruth
from dagster_project.demo.truth_customers import CustomerTruth
from dagster_project.demo.truth_desk import DeskTruth
from dagster_project.demo.truth_figures import Figures, Span, months_between, sides
from dagster_project.demo.truth_public import ForumTruth, WebTruth, gestures
from dagster_project.demo.truth_requests import RequestTruth
from dagster_project.durable import write_text
from dagster_project.landing.instants import write_instant

MATURE_AFTER = 14 * DAY
"""After this a month's tickets have waited long enough to be told of."""

WHOLE_YEAR = (seoul_midnight(date(2025, 1, 1)), seoul_midnight(date(2026, 1, 1)))


def truth(seen: Seen) -> Figures:
    """Return the true figures of a shop as at its clock.

    Months are those of Seoul, channels those of our entities. A ratio comes as numerator and
    denominator, times in whole seconds, money in won.
    """
    tickets, customers = DeskTruth(seen), CustomerTruth(seen)
    contacts = ContactTruth(seen)
    requests = RequestTruth(seen, tickets, contacts, customers)
    answers, costs = AnswerTruth(seen, tickets, contacts), CostTruth(seen, requests)
    web, forum = WebTruth(seen), ForumTruth(seen)

    def month(span: Span) -> Figures:
        by_name = (
            tickets.first_response_time,
            tickets.reply_time,
            tickets.average_response_time,
            tickets.average_resolution_time,
            tickets.one_touch_resolution_rate,
            tickets.unanswered_rate,
            tickets.zero_touch_rate,
            tickets.first_response_within_hour_rate,
            tickets.reopen_rate,
            tickets.macro_usage_rate,
            tickets.silent_dissatisfied_customers,
            contacts.calls,
            contacts.average_wait_time,
            contacts.long_wait_rate,
            contacts.answered_within_target_rate,
            contacts.average_handle_time,
            contacts.chat_concurrency,
            contacts.callbacks_kept_rate,
            requests.abandonment_rate,
            requests.self_service_rate,
            requests.bot_handoff_rate,
            requests.time_to_human_after_bot,
            requests.transfer_rate,
            requests.contact_rate,
            requests.after_hours_share,
            requests.orders_after_chat_rate,
            requests.proactive_contact_rate,
            requests.active_channels,
            requests.live_coverage,
            requests.channels_per_customer,
            requests.channel_switch_rate,
            requests.repeat_contact_rate,
            requests.first_contact_resolution_rate,
            answers.csat_score,
            answers.csat_mean,
            answers.net_promoter_score,
            answers.customer_effort_score,
            answers.survey_response_rate,
            answers.feedback_follow_up_rate,
            answers.internal_quality_score,
            costs.cost_per_contact,
            costs.live_to_self_service_cost_ratio,
            customers.repeat_purchase_rate,
            customers.late_delivery_rate,
            customers.loyal_customers,
            web.conversion_rate,
            web.cart_abandonment_rate,
            web.direct_traffic_share,
            web.pages_per_visit,
            web.marketing_roi,
            forum.community_answer_rate,
            forum.community_solution_rate,
            forum.power_user_answer_share,
        )
        return {
            **{figure.__name__: figure(span) for figure in by_name},
            "customer_acquisition_cost": web.customer_acquisition_cost(span, customers.new(span)),
            "delight_rate": sides(gestures(seen, span), customers.active_at_end(span)),
        }

    mature = months_between(DESK_OPENED, seen.now - MATURE_AFTER)
    with_history = customers.with_history()
    return {
        "as_of": write_instant(seen.clock),
        "tickets": tickets.exclusions(),
        "months": {name: month(span) for name, span in mature.items()},
        "backlog": tickets.backlog(),
        **{
            figure.__name__: {name: figure(span) for name, span in with_history.items()}
            for figure in (
                customers.retention_rate,
                customers.churn_rate,
                customers.customer_acquisition_rate,
            )
        },
        "customer_lifetime_value": {"2025": customers.customer_lifetime_value(WHOLE_YEAR)},
        "bad_week": tickets.bad_week(),
    }


def write_truth(seen: Seen, path: Path) -> None:
    """Write the true figures beside the data."""
    write_text(path, json.dumps(truth(seen), indent=2) + "\n")
