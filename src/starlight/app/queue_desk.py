"""One person's queue as the page shows and changes it, over the queue of their node."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from starlight.live.queue_service import QueueService
from starlight.messages.queue import HoldOrder, MoveOrder, QueueEntry, QueueView
from starlight.messages.withdrawal import Withdrawal


class NodeQueueDesk:
    """The queue of one person.

    Args:
        address: of the mailbox.
        queues: of the node that it is at.
        called: returns what people call a correspondent, by address or group.
        titles: what nodes are called, by number.
    """

    def __init__(
        self, address: str, queues: QueueService, called: Callable[[str], str], titles: Mapping[int, str]
    ) -> None:
        self._address = address
        self._queues = queues
        self._called = called
        self._titles = titles

    async def queue(self) -> QueueView:
        """Return it."""
        return self._named(self._queues.queue(self._address))

    async def move(self, order: MoveOrder) -> QueueView:
        """Let a letter leave before another."""
        return self._named(await self._queues.move(self._address, order.letter, order.before))

    async def hold(self, letter: str, order: HoldOrder) -> QueueView:
        """Hold a letter that waits."""
        return self._named(await self._queues.hold(self._address, letter, order.until))

    async def let_go(self, letter: str) -> QueueView:
        """Let a letter go that is held."""
        return self._named(await self._queues.let_go(self._address, letter))

    async def take_back(self, letter: str) -> Withdrawal:
        """Take back a letter that has left and opens later."""
        return await self._queues.take_back(self._address, letter)

    def _named(self, view: QueueView) -> QueueView:
        return QueueView(
            tuple(map(self._entry, view.waiting)),
            tuple(map(self._entry, view.held)),
            tuple(map(self._entry, view.left)),
            tuple(replace(each, to_name=self._called(each.to)) for each in view.later),
        )

    def _entry(self, entry: QueueEntry) -> QueueEntry:
        node = entry.by_node
        by = "" if node is None else self._titles.get(node, f"node {node}")
        return replace(entry, to_name=self._called(entry.to), by=by)
