"""dbt's events, made into messages only where somebody listens. Nothing else is changed in them."""

from collections.abc import Set as AbstractSet
from typing import Any

from dbt_common.events.event_manager import EventManager


class HeardAlone(EventManager):
    """dbt's own makes a message of each of its events, a tenth of what a small build costs.

    Args:
        heard: The names of the events that are listened to.
    """

    def __init__(self, heard: AbstractSet[str]) -> None:
        super().__init__()
        self._heard = heard

    def fire_event(
        self,
        e: Any,
        level: Any = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """Fire what is listened to, and what may have to be an error."""
        if force_warn_or_error_handling or type(e).__name__ in self._heard:
            super().fire_event(e, level, node, force_warn_or_error_handling)
