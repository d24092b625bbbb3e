"""What `adapter` is to sqlfluff, which knows no engine: each dispatched macro as a plain call."""

from collections.abc import Callable, Iterator
from typing import Any

TYPES = {"text_type": "varchar", "double_type": "double"}


def dispatch(name: str) -> Callable[..., str]:
    """Return what stands for a macro: SQL of the shape that its engines make of it."""

    def call(*arguments: Any) -> str:
        return TYPES.get(name) or f"{name}({', '.join(_expressions(arguments))})"

    return call


def _expressions(arguments: Any) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, list):
            yield from _expressions(argument)
        elif isinstance(argument, str) and argument.strip(",; "):
            yield argument
