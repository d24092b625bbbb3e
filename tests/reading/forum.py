"""Terms: Question thread, answer post."""

from .desk import Desk
from .shop import Record


def question_threads(desk: Desk) -> list[Record]:
    return [thread for thread in desk.records["forum_threads"] if thread["is_question"]]


def answer_posts(desk: Desk, thread: Record) -> list[Record]:
    return [
        post
        for post in desk.records["forum_posts"]
        if (post["source"], post["thread_id"]) == (thread["source"], thread["thread_id"])
        and post["created_at"] >= thread["created_at"]
        and _is_by_another(post["author_id"], thread["author_id"])
    ]


def _is_by_another(author: str | None, asker: str | None) -> bool:
    """Say whether two are not the same: one unknown, they are not; both unknown, they may be."""
    return author != asker
