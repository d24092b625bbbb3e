"""Community: questions in the forum, and who answers them."""

from collections.abc import Iterator

from ..desk import Desk
from ..forum import answer_posts, question_threads
from ..kpi_values import Kpi, Observation
from ..shop import Record
from .common import DAYS_7


def of_thread(thread: Record, numerator: int) -> Observation:
    return Observation(
        at=thread["created_at"],
        channel=None,
        numerator=numerator,
        about=f"{thread['source']}/{thread['thread_id']}",
    )


def community_answer_rate(desk: Desk) -> Iterator[Observation]:
    for thread in question_threads(desk):
        since = thread["created_at"]
        if since <= desk.shop.as_of - DAYS_7:
            answers = answer_posts(desk, thread)
            yield of_thread(
                thread, int(any(since <= post["created_at"] <= since + DAYS_7 for post in answers))
            )


def community_solution_rate(desk: Desk) -> Iterator[Observation]:
    for thread in question_threads(desk):
        yield of_thread(thread, int(thread["solved_at"] is not None))


def power_user_answer_share(desk: Desk) -> Iterator[Observation]:
    for thread in question_threads(desk):
        for post in answer_posts(desk, thread):
            yield Observation(
                at=post["created_at"],
                channel=None,
                numerator=int(post["author_kind"] == "power_user"),
                about=f"{post['source']}/{post['post_id']}",
            )


KPIS = [
    Kpi(
        id="community_answer_rate",
        unit="percent",
        needs=("forum_threads", "forum_posts"),
        matures_after=DAYS_7,
        by_channel=False,
        observe=community_answer_rate,
    ),
    Kpi(
        id="community_solution_rate",
        unit="percent",
        needs=("forum_threads", "forum_posts"),
        by_channel=False,
        observe=community_solution_rate,
    ),
    Kpi(
        id="power_user_answer_share",
        unit="percent",
        needs=("forum_threads", "forum_posts"),
        by_channel=False,
        observe=power_user_answer_share,
    ),
]
