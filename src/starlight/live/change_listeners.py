"""Listeners of a node: called whenever something that people see has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class ChangeListeners:
    """Calls each listener after every change, in the order in which they came."""

    def __init__(self) -> None:
        self._listeners: dict[Callable[[], None], None] = {}  # a dict, because a set has no order

    def add(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener from now on; return what ends that."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    def notify(self) -> None:
        """Call all of them in the next turn of the loop: what breaks in one breaks nothing here."""
        # Not called from here: a listener that raised would break off the step that reports the change.
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener)
