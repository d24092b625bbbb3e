"""Every step that makes a write survive a crash, and nothing else.

Each of them is a fault point: with `STELLAR_FAULT=n` in the environment the process is killed
right before the n-th step that it reaches, as a power cut would. The tests cut nights short there.
"""

import itertools
import os
import shutil
import signal
from pathlib import Path

_steps = itertools.count(1)


def fault_point() -> None:
    """Die here, by SIGKILL, where `STELLAR_FAULT` names this step of the process."""
    step = next(_steps)
    if os.environ.get("STELLAR_FAULT") == str(step):
        os.kill(os.getpid(), signal.SIGKILL)


def sync_file(path: Path) -> None:
    """Flush the file's content to the disk."""
    fault_point()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flush the folder's entries to the disk, so that a rename in it outlives a power cut."""
    sync_file(path)


def replace(source: Path, target: Path) -> None:
    """Rename a file over another in one step, and make the rename durable.

    The content of `source` must have been synced before.
    """
    fault_point()
    source.replace(target)
    sync_folder(target.parent)


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder to a name that does not exist yet, and make the rename durable."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fault_point()
    source.rename(target)
    sync_folder(target.parent)


def write_text(path: Path, text: str) -> None:
    """Write a small file whole: readers see the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    sync_file(draft)
    replace(draft, path)


def remove_folder(path: Path) -> None:
    """Remove a folder that nothing refers to any more; one that is gone already is fine."""
    fault_point()
    shutil.rmtree(path, ignore_errors=True)
