"""Who hears of it when nights begin to fail, when they are well again, and when figures deviate.

The state is one small file below the home, so that it outlives the process; how a night runs and
why it failed is said elsewhere.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from dagster_project import durable
from dagster_project.deviations import Deviation
from dagster_project.home import Home

TIMEOUT_SECONDS = 5.0

# It logs whole addresses, and a webhook's address is its secret.
logging.getLogger("httpx").setLevel(logging.WARNING)

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class Failure(BaseModel):
    """The last failed night since one was published.

    Attributes:
        since: When the first night in a row failed.
        at: When the last one did.
        step: Where it stopped.
        reason: Why, in plain words.
        resume: The command that goes on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: AwareDatetime
    at: AwareDatetime
    step: str
    reason: str
    resume: str


def last_failure(home: Home) -> Failure | None:
    """Return how the nights have been failing, or None where the last one was published.

    A file that cannot be read counts as a failure of now: somebody should look.
    """
    try:
        return Failure.model_validate_json(_state(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        now = datetime.now(UTC)
        return Failure(
            since=now,
            at=now,
            step="alert",
            reason=f"{_state(home)} cannot be read; remove it.",
            resume="make nightly",
        )


def failed(
    home: Home,
    *,
    shop: str,
    webhook: str | None,
    secrets: Sequence[str],
    step: str,
    reason: str,
    resume: str,
) -> str | None:
    """Remember that the night failed and tell the webhook.

    Returns:
        Why the webhook could not be told, in one line; None where it was, or where there is none.
    """
    now = datetime.now(UTC)
    before = last_failure(home)
    failure = Failure(
        since=before.since if before else now, at=now, step=step, reason=reason, resume=resume
    )
    durable.write_text(_state(home), failure.model_dump_json(indent=2) + "\n")
    return _tell(
        webhook,
        {
            "event": "failed",
            "shop": shop,
            "at": now.isoformat(),
            "failed_since": failure.since.isoformat(),
            "step": step,
            "reason": redacted(reason, secrets),
            "resume": resume,
            "text": f"{shop}: the night failed at {step}. {redacted(reason, secrets)}",
        },
    )


def recovered(home: Home, *, shop: str, webhook: str | None) -> str | None:
    """Forget the failure, if there was one, and tell the webhook that nights are well again.

    Returns:
        Why the webhook could not be told, in one line; None where it was, or where there is none.
    """
    before = last_failure(home)
    if before is None:
        return None
    trouble = _tell(
        webhook,
        {
            "event": "recovered",
            "shop": shop,
            "at": datetime.now(UTC).isoformat(),
            "failed_since": before.since.isoformat(),
            "text": f"{shop}: published again; nights had failed since {before.since:%Y-%m-%d}.",
        },
    )
    _state(home).unlink()
    durable.sync_folder(home.root)
    return trouble


def deviated(deviations: Sequence[Deviation], *, shop: str, webhook: str | None) -> str | None:
    """Tell the webhook what deviates, in one message, if anything does.

    Returns:
        Why the webhook could not be told, in one line; None where it was, or where there is none.
    """
    if not deviations:
        return None
    return _tell(
        webhook,
        {
            "event": "deviations",
            "shop": shop,
            "at": datetime.now(UTC).isoformat(),
            "deviations": [
                asdict(each) | {"on_date": each.on_date.isoformat()} for each in deviations
            ],
            "text": "\n".join([f"{shop}: {len(deviations)} new deviations", *map(str, deviations)]),
        },
    )


def redacted(text: str, secrets: Sequence[str]) -> str:
    """Return the text without the given secrets and without anything like an e-mail address."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _EMAIL.sub("***", text)


def _state(home: Home) -> Path:
    return home.root / "failing.json"


def _tell(webhook: str | None, body: Mapping[str, object]) -> str | None:
    if webhook is None:
        return None
    try:
        # Only the status is of interest: a receiver that never ends its body holds nothing up.
        with httpx.stream("POST", webhook, json=body, timeout=TIMEOUT_SECONDS) as answer:
            if answer.is_success:
                return None
            trouble = f"it answered {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        trouble = type(error).__name__
    return f"the alert webhook could not be told: {trouble}"
