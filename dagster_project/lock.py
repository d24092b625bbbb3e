"""One writer for each home: a lock that the process holds until it ends, however it ends."""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from dagster_project.home import Home

_held: dict[Path, IO[str]] = {}


class HomeLockedError(Exception):
    """Another run writes below the same home."""


def hold(home: Home) -> None:
    """Take the home for this process until it ends; taking it twice is fine.

    Raises:
        HomeLockedError: Where another process has it; the message says which, and since when.
    """
    path = home.lock_file
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            raise HomeLockedError(
                f"{home.root} is in use by another run ({_holder(file)}). Wait until it has ended,"
                " or stop it; two runs must never write to one home. Nothing was changed."
            ) from None
    file.truncate(0)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    file.write(json.dumps({"pid": os.getpid(), "started_at": started_at}))
    file.flush()
    _held[path] = file


def _holder(file: IO[str]) -> str:
    """Say who wrote the lock file; a run that has just taken the lock may not have yet."""
    file.seek(0)
    try:
        holder = json.load(file)
    except ValueError:
        return "it has just begun"
    return f"process {holder['pid']}, since {holder['started_at']}"
