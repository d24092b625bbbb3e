"""What the demo shop knows of its service beside the helpdesk, in the columns of our entities.

Tickets and their like are in tables.py.
"""

import numpy as np
import pyarrow as pa

from dagster_project.demo import feedback as feedback_of
from dagster_project.demo import gestures as gestures_of
from dagster_project.demo.columns import account_ids, ids, instants, numbered, where, words_of
from dagster_project.demo.desk import TOPICS
from dagster_project.demo.people import NOBODY
from dagster_project.demo.rhythm import NEVER
from dagster_project.demo.seen import FIRST_TICKET_ID, Seen
from dagster_project.demo.self_service import OUTCOMES, RESOLVED, TOOLS
from dagster_project.demo.staff import BUDGETS, CATEGORIES, SHIFT_CHANNELS, month_of
from dagster_project.demo.wire import USERS

_USER_IDS = pa.array([str(user.id) for user in USERS])
_TOPICS = pa.array(TOPICS)


def self_service_sessions(seen: Seen) -> pa.Table:
    """Return the sessions that are over."""
    every = seen.story.sessions
    row = seen.told(every.ended)
    person, ticket = every.person[row], every.ticket[row]
    is_set_right = every.set_right[row] <= seen.now
    return pa.table(
        {
            "session_id": numbered("H", row, 7),
            "started_at": instants(every.started[row]),
            "ended_at": instants(np.where(every.is_end_known[row], every.ended[row], NEVER)),
            "tool": words_of(pa.array(TOOLS), every.tool[row]),
            "topic": words_of(_TOPICS, every.topic[row]),
            "customer_id": where(person != NOBODY, ids(seen.customer_of[person])),
            "outcome": words_of(
                pa.array(OUTCOMES), np.where(is_set_right, RESOLVED, every.outcome[row])
            ),
            "ticket_id": where(ticket != NOBODY, ids(FIRST_TICKET_ID + ticket)),
            "updated_at": instants(seen.latest(every.ended[row], every.set_right[row])),
        }
    )


def surveys(seen: Seen) -> pa.Table:
    """Return the NPS and CES surveys that were sent; the helpdesk serves its own."""
    every = seen.story.feedback
    row = seen.told(every.sent)
    is_changed = every.changed[row] <= seen.now
    given = seen.known(np.where(is_changed, every.changed[row], every.responded[row]))
    score = np.where(is_changed, every.changed_score[row], every.score[row])
    return pa.table(
        {
            "survey_id": numbered("Q", row, 7),
            "kind": words_of(pa.array(feedback_of.KINDS), every.kind[row]),
            "sent_at": instants(every.sent[row]),
            "responded_at": instants(given),
            "score": where(given < NEVER, pa.array(score)),
            "contact_id": numbered("L", every.contact[row], 7),
            "customer_id": account_ids(every.account[row]),
            "updated_at": instants(
                seen.latest(every.sent[row], every.responded[row], every.changed[row])
            ),
        }
    )


def quality_reviews(seen: Seen) -> pa.Table:
    """Return the reviews that were made."""
    every = seen.story.reviews
    row = seen.told(every.reviewed)
    is_appealed = every.appealed[row] <= seen.now
    return pa.table(
        {
            "review_id": numbered("R", row, 6),
            "ticket_id": ids(FIRST_TICKET_ID + every.ticket[row]),
            "agent_id": words_of(_USER_IDS, every.agent[row]),
            "reviewed_at": instants(every.reviewed[row]),
            "points": pa.array((every.half_points[row] + 2 * is_appealed) / 2),
            "points_possible": pa.array(every.possible[row]),
            "updated_at": instants(seen.latest(every.reviewed[row], every.appealed[row])),
        }
    )


def gestures(seen: Seen) -> pa.Table:
    """Return the gestures that were made."""
    every = seen.story.gestures
    row = seen.told(every.made)
    is_named = every.named[row] <= seen.now
    is_unnamed = (every.named[row] < NEVER) & ~is_named
    kind = np.where(is_unnamed, gestures_of.OTHER, every.kind[row])
    return pa.table(
        {
            "gesture_id": numbered("G", row, 6),
            "made_at": instants(every.made[row]),
            "customer_id": account_ids(every.account[row]),
            "kind": words_of(pa.array(gestures_of.KINDS), kind),
            "agent_id": words_of(_USER_IDS, every.agent[row]),
            "updated_at": instants(seen.latest(every.made[row], every.named[row])),
        }
    )


def agent_shifts(seen: Seen) -> pa.Table:
    """Return the shifts that the rota shows, those to come included."""
    every = seen.story.shifts
    row = seen.told(every.announced)
    return pa.table(
        {
            "shift_id": numbered("D", row, 6),
            "agent_id": words_of(_USER_IDS, every.agent[row]),
            "started_at": instants(every.started[row]),
            "ended_at": instants(every.ended[row]),
            "channel": words_of(pa.array(SHIFT_CHANNELS), every.channel[row]),
            "updated_at": instants(seen.latest(every.announced[row], every.fell_out[row])),
            "deleted": pa.array(every.fell_out[row] <= seen.now),
        }
    )


def support_costs(seen: Seen) -> pa.Table:
    """Return what was booked for the months that are over."""
    every = seen.story.support_costs
    row = seen.told(every.booked)
    months = [month_of(month) for month in every.month[row].tolist()]
    is_corrected = every.corrected[row] <= seen.now
    return pa.table(
        {
            "cost_id": numbered("K", row, 5),
            "month": pa.array(months, pa.date32()),
            "channel": words_of(pa.array(list(BUDGETS)), every.channel[row]),
            "category": words_of(pa.array(CATEGORIES), every.category[row]),
            "amount": pa.array(
                np.where(is_corrected, every.corrected_amount[row], every.amount[row])
            ),
            "currency": pa.repeat("KRW", row.size),
            "updated_at": instants(seen.latest(every.booked[row], every.corrected[row])),
        }
    )
