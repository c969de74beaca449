"""The backend of the view of one person's queue."""

from __future__ import annotations

from typing import Protocol

from starlight.messages.queue import HoldOrder, MoveOrder, QueueView
from starlight.messages.withdrawal import Withdrawal


class QueueBackend(Protocol):
    """One person's queue.

    What changes it may raise InputError, when a letter has left or is none; the page shows its words.
    """

    async def queue(self) -> QueueView:
        """Return it."""
        ...

    async def move(self, order: MoveOrder) -> QueueView:
        """Let a letter leave before another; return the queue as it is then."""
        ...

    async def hold(self, letter: str, order: HoldOrder) -> QueueView:
        """Hold a letter that waits; return the queue as it is then."""
        ...

    async def let_go(self, letter: str) -> QueueView:
        """Let a letter go that is held; return the queue as it is then."""
        ...

    async def take_back(self, letter: str) -> Withdrawal:
        """Take back a letter that has left and opens later, while that would still come first."""
        ...
