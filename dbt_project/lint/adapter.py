"""What `adapter` is to sqlfluff, which knows no engine: each dispatched macro as a plain call."""

from collections.abc import Callable
from typing import Any

TYPES = {"text_type": "varchar", "double_type": "double"}


def dispatch(name: str) -> Callable[..., str]:
    """Return what stands for a macro: SQL of the shape that its engines make of it."""

    def call(*arguments: Any) -> str:
        shown = [each for each in arguments if isinstance(each, str) and each.strip(", ")]
        return TYPES.get(name) or f"{name}({', '.join(shown)})"

    return call
