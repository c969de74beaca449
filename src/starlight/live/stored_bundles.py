"""The bundles that a live node stores, for who looks after it: listed with why they wait, and dropped."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlight.dtntime import MILLISECOND
from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.live.stored_view import HoldingView, StoredBundle, StoredPage
from starlight.messages.urgency import PRIORITIES, Priority
from starlight.node.events import Drop, Event
from starlight.node.holding import ELSEWHERE
from starlight.node.stored import Stored

LISTED_MAX = 10_000
"""Bundles that one answer lists at most: some 4 MB of JSON, made in a fraction of a second."""


class StoredBundles:
    """The bundles of one live node.

    Args:
        node: the engine.
        moment: handles what has happened so far; returns mission time. Raises StoreError where the node
            does not run.
        tell: hands events to the engine at a mission time; done once what they cause is durable.
    """

    def __init__(
        self,
        node: Node,
        moment: Callable[[], int],
        tell: Callable[[Sequence[Event], int], Awaitable[None]],
    ) -> None:
        self._node = node
        self._moment = moment
        self._tell = tell

    def page(self, after: str = "", limit: int = LISTED_MAX, *, stuck: bool = False) -> StoredPage:
        """Return bundles that are stored, the first that came first.

        Args:
            after: `StoredPage.next` of the page before; empty for the first.
            limit: how many at most.
            stuck: only those that nothing which is known here will move on.

        Raises:
            InputError: `after` is nothing that a page said, or the limit is out of range.
        """
        if not 1 <= limit <= LISTED_MAX:
            raise InputError(f"a limit of {limit}", where="limit", right=f"It is 1 to {LISTED_MAX}")
        now, first = self._moment(), _place(after)
        waiting: Iterable[Stored] = (s for s in self._node.stored.values() if (s.meta.order, s.key) > first)
        if stuck:
            waiting = (stored for stored in waiting if self._node.holdings.of(stored, now).stuck)
        found = heapq.nsmallest(limit + 1, waiting, key=lambda stored: (stored.meta.order, stored.key))
        shown = [self._view(stored, now) for stored in found[:limit]]
        last = found[limit - 1] if len(found) > limit else None
        return StoredPage(shown, "" if last is None else f"{last.meta.order} {last.key}")

    async def drop(self, names: Sequence[str], *, deliverable: bool = False) -> list[StoredBundle]:
        """Drop bundles: all that are named, or none; return what they were once they are durably gone.

        Args:
            names: their keys; of one that is kept in fragments or copies its identity means them all.
            deliverable: also such as may still get to where they go.

        Raises:
            InputError: one is not here, has been sent and not answered, or may still get there and is not
                to be dropped then.
            StoreError: the disk refused.
        """
        now = self._moment()
        found: dict[str, StoredBundle] = {}
        for name in dict.fromkeys(names):
            here = self._node.holdings.named(name)
            if not here:
                right = "List what is: GET /api/bundles, or starlight bundle list"
                raise InputError(f"no bundle {name} is stored here", where="ids", right=right)
            for stored in here:
                self._check(stored, now, deliverable=deliverable)
                found[stored.key] = self._view(stored, now)
        await self._tell([Drop(name) for name in dict.fromkeys(names)], now)
        return list(found.values())

    def _check(self, stored: Stored, now: int, *, deliverable: bool) -> None:
        held = self._node.holdings.of(stored, now)
        if held.code in ELSEWHERE:
            peer = f"node {held.peer}" if held.peer is not None else "the next node"
            told = f"{stored.key} has been sent to {peer}, which may have it"
            raise InputError(told, where="ids", right="Wait for the answer of the link, or for it to fail")
        if not held.stuck and not deliverable:
            told = f"{stored.key} may still get to {stored.meta.destination}"
            right = "To drop it all the same say so: --deliverable, or deliverable = true in the API"
            raise InputError(told, where="ids", right=right)

    def _view(self, stored: Stored, now: int) -> StoredBundle:
        meta, held = stored.meta, self._node.holdings.of(stored, now)
        created_ms = meta.creation[0]
        return StoredBundle(
            stored.key,
            meta.source,
            meta.destination,
            created_ms * MILLISECOND if created_ms else None,
            meta.expires,
            meta.size,
            PRIORITIES[min(meta.priority, Priority.EXPEDITED)],
            meta.own,
            HoldingView(held.code, held.stuck, held.peer, held.until),
        )


def _place(after: str) -> tuple[int, str]:
    """Return the place behind which a page begins."""
    if not after:
        return -1, ""
    order, blank, key = after.partition(" ")
    if not (blank and order.isascii() and order.isdigit() and len(order) < 20):
        raise InputError(f"{after!r} is no place in the list", where="after", right="Give `next` of a page")
    return int(order), key
