"""Which files of a folder are there to be read, and whether they hold still. No file is opened."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

QUIET_SECONDS = 2.0
"""A file that changed less than this ago may still be being written."""

UNFINISHED = (".tmp", ".part", ".partial")
"""How copying programs name what they have not finished; so are names that begin with a dot."""

Pause = Callable[[float], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Arrival:
    """A file as it was found.

    Attributes:
        name: Its path below the folder.
        size: In bytes.
        changed_ns: When it last changed, in nanoseconds since 1970.
    """

    name: str
    path: Path
    size: int
    changed_ns: int

    @classmethod
    def find(cls, path: Path, folder: Path) -> "Arrival":
        """Look at a file."""
        status = path.stat()
        name = path.relative_to(folder).as_posix()
        return cls(name, path, status.st_size, status.st_mtime_ns)

    def holds_still(self) -> bool:
        """Say whether the file is still as it was found."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        return (self.size, self.changed_ns) == (status.st_size, status.st_mtime_ns)


def arrivals(paths: Iterable[Path], folder: Path, pause: Pause) -> list[Arrival]:
    """Return the finished ones of the paths in the order of their names.

    Where one of them changed just now, all are looked at again after a pause.
    """
    found = sorted(Arrival.find(path, folder) for path in paths if _is_finished(path))
    now_ns = time.time_ns()
    if any(now_ns - arrival.changed_ns < QUIET_SECONDS * 1e9 for arrival in found):
        pause(QUIET_SECONDS)
    settled = []
    for arrival in found:
        if arrival.holds_still():
            settled.append(arrival)
        else:
            tell_waiting(arrival)
    return settled


def tell_waiting(arrival: Arrival) -> None:
    """Say that a file is left for the next walk."""
    logger.warning("%s is still being written; it is read on the next walk", arrival.name)


def _is_finished(path: Path) -> bool:
    name = path.name.lower()
    return not name.startswith(".") and not name.endswith(UNFINISHED) and path.is_file()
