"""The demo shop's visits, campaigns and forum in the columns of our entities, at a clock."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo import community, web
from dagster_project.demo.columns import account_ids, instants, numbered, where, words_of
from dagster_project.demo.desk import TOPICS
from dagster_project.demo.people import NOBODY
from dagster_project.demo.seen import Seen
from dagster_project.demo.wire import USERS

_USER_IDS = pa.array([str(user.id) for user in USERS])
_TOPICS = pa.array(TOPICS)
_CAMPAIGNS = pa.array([campaign.name for campaign in web.CAMPAIGNS])
_SOURCES = pa.array([*(each.source for each in web.CAMPAIGNS), *(s for s, _ in web.SOURCES)])
_MEDIA = pa.array([*(each.medium for each in web.CAMPAIGNS), *(m for _, m in web.SOURCES)])


def web_visits(seen: Seen) -> pa.Table:
    """Return the visits that were over for half an hour."""
    every = seen.story.visits
    row = seen.told(every.told)
    campaign, bot = every.campaign[row], every.bot[row]
    came_from = np.where(campaign == NOBODY, len(web.CAMPAIGNS) + every.source[row], campaign)
    is_unmasked = every.unmasked[row] <= seen.now
    is_called = (bot != web.NOT_TOLD) | is_unmasked
    return pa.table(
        {
            "visit_id": numbered("W", row, 8),
            "started_at": instants(every.started[row]),
            "visitor_id": numbered("v", every.visitor[row], 8),
            "source": words_of(_SOURCES, came_from),
            "medium": words_of(_MEDIA, came_from),
            "campaign": words_of(_CAMPAIGNS, campaign),
            "page_views": pa.array(every.pages[row]),
            "filled_cart": pa.array(every.filled_cart[row]),
            "order_id": numbered("O", every.order[row], 8),
            "is_bot": where(is_called, pa.array((bot == 1) | is_unmasked)),
            "updated_at": instants(seen.latest(every.told[row], every.unmasked[row])),
        }
    )


def marketing_costs(seen: Seen) -> pa.Table:
    """Return what the campaigns cost on the days that are over."""
    every = seen.story.marketing_costs
    row = seen.told(every.reported)
    return pa.table(
        {
            "cost_id": numbered("A", row, 6),
            "date": pa.array([web.day_of(day) for day in every.day[row].tolist()], pa.date32()),
            "campaign": words_of(_CAMPAIGNS, every.campaign[row]),
            "amount": pa.array(every.amount[row]),
            "currency": pa.repeat("KRW", row.size),
            "attributed_revenue": where(
                every.settled[row] <= seen.now, pa.array(every.revenue[row])
            ),
            "updated_at": instants(seen.latest(every.reported[row], every.settled[row])),
        }
    )


def forum_threads(seen: Seen) -> pa.Table:
    """Return the threads that were begun."""
    every = seen.story.threads
    row = seen.told(every.created)
    sort, is_counted = every.sort[row], every.counted[row] <= seen.now
    return pa.table(
        {
            "thread_id": numbered("F", row, 6),
            "created_at": instants(every.created[row]),
            "author_id": account_ids(every.author[row]),
            "is_question": where(sort != community.NOT_TOLD, pa.array(sort == community.QUESTION)),
            "topic": words_of(_TOPICS, every.topic[row]),
            "views": pa.array(np.where(is_counted, every.views[row], every.first_views[row])),
            "solved_at": instants(seen.known(every.solved[row])),
            "updated_at": instants(
                seen.latest(every.created[row], every.counted[row], every.solved[row])
            ),
        }
    )


def forum_posts(seen: Seen) -> pa.Table:
    """Return the posts that were written."""
    every = seen.story.posts
    row = seen.told(every.created)
    kind, author = every.kind[row], every.author[row]
    by_staff = kind == community.STAFF
    return pa.table(
        {
            "post_id": numbered("P", row, 7),
            "thread_id": numbered("F", every.thread[row], 6),
            "created_at": instants(every.created[row]),
            "author_kind": words_of(pa.array(community.AUTHOR_KINDS), kind),
            "author_id": pc.if_else(
                pa.array(by_staff),
                words_of(_USER_IDS, np.where(by_staff, author, NOBODY)),
                account_ids(author),
            ),
            "is_solution": pa.array(every.accepted[row] <= seen.now),
            "updated_at": instants(seen.latest(every.created[row], every.accepted[row])),
        }
    )
