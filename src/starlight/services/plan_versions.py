"""The versions of the plan that other nodes hold, as far as they are known, and what they still miss.

A node says what it holds when it has been sent something; until it has said so, its author sends it again,
ever more rarely. What has once been sent is not sent again before that is due, however often the plan
changes meanwhile: a bundle that waits for its window is still on its way.

Only one bundle waits for a node at a time. When there is more to tell it, the one that waits is taken back
and all goes in one: so a storm and its end, told by someone whom it has cut off, come together and are one
change of the plan, and an unreachable node fills no store.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from starlight.contacts import AmendmentId, VersionVector
from starlight.dtntime import DAY, HOUR
from starlight.errors import StoreError
from starlight.services.amendment_format import Known

LIFETIME = 90 * DAY
"""Of a bundle with amendments: longer than the Sun stands between two worlds, and a relay is repaired."""

TRIES_MAX = 6
"""Who has not answered after so many, a day apart at first and two months at last, is not asked again until
there is something new, or it is heard of."""


class PeerState(msgspec.Struct):
    """The knowledge that a node has of another; it is stored, so new fields go to the end, with a default.

    Attributes:
        as_of: when the other one said what it holds, in ns; 0 for never.
        runs: that, as the runs of a version vector.
        sent_to: own amendments up to this number have been sent and are not due to be sent again.
        due: when what it still misses is sent again, in ns; None for not at all.
        tries: how often that was done since it was heard.
    """

    as_of: int = 0
    runs: dict[int, tuple[tuple[int, int], ...]] = {}
    sent_to: int = 0
    due: int | None = None
    tries: int = 0

    @property
    def version(self) -> VersionVector:
        """Return which amendments it held."""
        return VersionVector(self.runs)


class PlanVersions:
    """The amendments that other nodes hold, and the times to send each what it misses of this node's own.

    Args:
        node: this node's number.
    """

    def __init__(self, node: int) -> None:
        self._node = node
        self._peers: dict[int, PeerState] = {}
        self._changed: set[int] = set()
        self._waiting: dict[int, tuple[str, int]] = {}  # by node: the bundle, and `sent_to` before it
        self._carriers: dict[str, int] = {}  # by waiting bundle: for which node

    def known(self) -> dict[int, Known]:
        """Return what is known of each node that was heard of, by number."""
        return {
            node: Known(state.as_of, state.version)
            for node, state in sorted(self._peers.items())
            if state.as_of
        }

    def highest_of(self, author: int) -> int:
        """Return the highest number of an author that anybody has told of; 0 where nobody has."""
        return max((state.version.latest(author) for state in self._peers.values()), default=0)

    def heard(self, node: int, known: Known, *, directly: bool) -> bool:
        """Take note of what a node holds; return whether that is news.

        Args:
            node: which one; of this node itself nothing is learnt.
            known: what, and as of when.
            directly: it has said so itself, so it can be reached.
        """
        if node == self._node:
            return False
        state = self._state(node)
        if directly and (state.tries or state.due is None):
            state.tries = 0
            # Nothing is on its way to it: what it says that it misses, it is sent at once.
            state.sent_to = state.sent_to if state.due is not None else 0
            self._changed.add(node)
        if known.as_of < state.as_of:
            return False
        news = known.version.runs != state.runs
        state.as_of, state.runs = known.as_of, known.version.runs
        self._changed.add(node)
        return news

    def sent_to(self, node: int) -> int:
        """Return up to which of this node's numbers all is on its way to another, or there."""
        return self._state(node).sent_to

    def missing(self, node: int, own: Iterable[int]) -> list[int]:
        """Return which of this node's numbers another one misses and is not being sent, ascending."""
        state = self._state(node)
        version = state.version
        return [n for n in own if n > state.sent_to and AmendmentId(self._node, n) not in version]

    def settle(self, own: Iterable[int]) -> None:
        """Stop looking after nodes that hold all of some numbers of this node's."""
        numbers = [AmendmentId(self._node, number) for number in own]
        for node, state in self._peers.items():
            if state.due is not None and all(id in state.version for id in numbers):
                state.due = None
                self._changed.add(node)

    def take_back(self, node: int) -> str | None:
        """Return the bundle that waits here for a node, if one does; what it carries is missing again."""
        if node not in self._waiting:
            return None
        key, before = self._waiting.pop(node)
        self._carriers.pop(key, None)
        state = self._state(node)
        state.sent_to = min(state.sent_to, before)
        return key

    def departed(self, key: str) -> None:
        """Take note that a bundle has left: it can't be taken back any more."""
        node = self._carriers.pop(key, None)
        if node is not None:
            del self._waiting[node]

    def sent(self, node: int, number: int, now: int) -> None:
        """Take note that all up to a number of this node's is on its way to another."""
        state = self._state(node)
        state.sent_to = max(state.sent_to, number)
        state.due = now + LIFETIME
        self._changed.add(node)

    def accepted(self, node: int, key: str, before: int, arrives: int | None, now: int) -> None:
        """Take note that a bundle for a node was taken.

        Args:
            key: the bundle.
            before: up to which number all was on its way before it.
            arrives: when it will be there, in ns; None where no route is known yet.
        """
        state = self._state(node)
        self._waiting.setdefault(node, (key, before))
        self._carriers[self._waiting[node][0]] = node
        # Without a route it waits for one; with one the answer needs about as long again.
        state.due = (
            now + LIFETIME if arrives is None else arrives + 2 * (arrives - now) + (DAY << state.tries)
        )
        self._changed.add(node)

    def failed(self, node: int, now: int) -> None:
        """Take note that what was to be sent to a node was not taken by this one."""
        self._state(node).due = now + HOUR
        self._changed.add(node)

    def take_due(self, now: int) -> list[int]:
        """Return the nodes to which all that they miss is now to be sent again."""
        found: list[int] = []
        for node, state in sorted(self._peers.items()):
            if state.due is not None and state.due <= now:
                state.due = None
                state.tries += 1
                self._changed.add(node)
                if state.tries <= TRIES_MAX:
                    state.sent_to = 0
                    found.append(node)
        return found

    def next_wakeup(self) -> int | None:
        """Return when `take_due` has something to return, in ns, or None."""
        return min((state.due for state in self._peers.values() if state.due is not None), default=None)

    def take_changed(self) -> list[tuple[int, bytes]]:
        """Return the nodes of which anything is known otherwise than before, each with its record."""
        changed = sorted(self._changed)
        self._changed.clear()
        return [(node, msgspec.msgpack.encode(self._peers[node])) for node in changed]

    def restore(self, node: int, record: bytes) -> None:
        """Take back a record of a node.

        Raises:
            StoreError: it is none.
        """
        try:
            self._peers[node] = msgspec.msgpack.decode(record, type=PeerState)
        except msgspec.DecodeError as error:
            raise StoreError(f"what node {node} holds: {error}") from error

    def _state(self, node: int) -> PeerState:
        return self._peers.setdefault(node, PeerState())
