"""The versions of the plan that other nodes hold, as far as they are known, and what they still miss.

A node says what it holds when it has been sent something; until it has said so, its author sends it again,
ever more rarely. What has once been sent is not sent again before that is due, however often the plan
changes meanwhile: a bundle that waits for its window is still on its way.

Two deadlines keep apart who has not answered. `due` waits for another node, months perhaps, and is given up
in the end; `again` waits for this node's own store to take a bundle, which it does within the step or not at
all, and is never given up: whom no bundle was ever stored for has not been asked.
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

OFFERED_AGAIN = HOUR
"""After which a bundle that this node did not take is offered to it again: a full store empties as its
contacts come."""


class PeerState(msgspec.Struct):
    """The knowledge that a node has of another; it is stored, so new fields go to the end, with a default.

    Attributes:
        as_of: when the other one said what it holds, in ns; 0 for never.
        runs: that, as the runs of a version vector.
        sent_to: own amendments up to this number have been sent and are not due to be sent again.
        due: when what it still misses is sent again, in ns; None for not at all.
        tries: how often that was done since it was heard.
        again: when what this node itself has not taken for it is offered again, in ns; None where all was.
    """

    as_of: int = 0
    runs: dict[int, tuple[tuple[int, int], ...]] = {}
    sent_to: int = 0
    due: int | None = None
    tries: int = 0
    again: int | None = None

    @property
    def version(self) -> VersionVector:
        """Return which amendments it held."""
        return VersionVector(self.runs)


class PlanVersions:
    """The amendments that other nodes hold, and the times to send each what it misses of this node's own.

    Args:
        node: this node's number.

    Attributes:
        changes: how often something new was heard.
    """

    def __init__(self, node: int) -> None:
        self._node = node
        self.changes = 0
        self._peers: dict[int, PeerState] = {}
        self._changed: set[int] = set()
        # By node: `sent_to` before each message to it that this node has not said to have taken.
        self._offered: dict[int, set[int]] = {}

    def known(self) -> dict[int, Known]:
        """Return what is known of each node that was heard of, by number."""
        return {
            node: Known(state.as_of, state.version)
            for node, state in sorted(self._peers.items())
            if state.as_of
        }

    def highest_of(self, author: int, at_most: int) -> int:
        """Return the highest number of an author that anybody has told of; 0 where nobody has.

        Args:
            author: its node number.
            at_most: numbers above it are not believed.
        """
        return max((state.version.latest(author, at_most) for state in self._peers.values()), default=0)

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
        # Who has lost its store may have lost its clock with it, and speaks from before its former life; were
        # that no news, it would never be sent what it misses. At worst a late first word costs a bundle.
        has_lost = directly and not known.version.runs and bool(state.runs)
        if known.as_of < state.as_of and not has_lost:
            return False
        news = known.version.runs != state.runs
        state.as_of, state.runs = known.as_of, known.version.runs
        self._changed.add(node)
        self.changes += news
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
            waits = state.due is not None or state.again is not None
            if waits and all(id in state.version for id in numbers):
                state.due = None
                self._answered(node, state)
                self._changed.add(node)

    def taken_back(self, node: int, before: int) -> None:
        """Take note that what is on its way to a node is so only up to a number."""
        state = self._state(node)
        state.sent_to = min(state.sent_to, before)
        self._changed.add(node)

    def sent(self, node: int, number: int, now: int) -> None:
        """Take note that all up to a number of this node's is on its way to another.

        It counts as taken by this node once that is `accepted`. A refusal needs no word: nothing was taken.
        """
        state = self._state(node)
        self._offered.setdefault(node, set()).add(state.sent_to)
        state.sent_to = max(state.sent_to, number)
        state.due, state.again = now + LIFETIME, now + OFFERED_AGAIN
        self._changed.add(node)

    def accepted(self, node: int, before: int, arrives: int | None, now: int) -> None:
        """Take note that a bundle for a node was taken.

        Args:
            node: for which.
            before: up to which number all was on its way before it.
            arrives: when it will be there, in ns; None where no route is known yet.
            now: in ns.
        """
        state = self._state(node)
        offered = self._offered.get(node, set())
        offered.discard(before)
        if not offered:
            self._answered(node, state)
        # Without a route it waits for one; with one the answer needs about as long again.
        state.due = (
            now + LIFETIME if arrives is None else arrives + 2 * (arrives - now) + (DAY << state.tries)
        )
        self._changed.add(node)

    def take_due(self, now: int) -> None:
        """Count as missing, and not on its way, what is now to be sent again."""
        for node, state in sorted(self._peers.items()):
            if state.due is not None and state.due <= now:
                state.due = None
                state.tries += 1
                if state.tries <= TRIES_MAX:
                    state.sent_to = 0
                    self._answered(node, state)
                self._changed.add(node)
            if state.again is not None and state.again <= now:
                # After a restart it is not known which were not taken; to send one twice does no harm.
                state.sent_to = min(state.sent_to, min(self._offered.get(node, ()), default=0))
                self._answered(node, state)
                self._changed.add(node)

    def next_wakeup(self) -> int | None:
        """Return when `take_due` has something to do, in ns, or None."""
        dues = (due for state in self._peers.values() for due in (state.due, state.again))
        return min((due for due in dues if due is not None), default=None)

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

    def _answered(self, node: int, state: PeerState) -> None:
        """Forget what was offered to this node for another: it has taken that, or it is offered anew."""
        state.again = None
        self._offered.pop(node, None)

    def _state(self, node: int) -> PeerState:
        return self._peers.setdefault(node, PeerState())


class WaitingBundles:
    """The bundles with amendments that wait here for other nodes.

    When there is more to tell a node, those that wait for it are taken back and all goes anew: so a storm and
    its end, told by someone whom it has cut off, come together and are one change of the plan, and an
    unreachable node fills no store.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, dict[str, int]] = {}  # by node and bundle: `sent_to` before it
        self._nodes: dict[str, int] = {}  # by bundle

    def add(self, node: int, key: str, before: int) -> None:
        """Take note of a bundle for a node, before which all up to a number was on its way to it."""
        self._waiting.setdefault(node, {})[key] = before
        self._nodes[key] = node

    def gone(self, key: str) -> None:
        """Take note that a bundle has left, or waits no more: it can't be taken back."""
        node = self._nodes.pop(key, None)
        if node is not None:
            bundles = self._waiting[node]
            del bundles[key]
            if not bundles:
                del self._waiting[node]

    def take_back(self, node: int) -> dict[str, int]:
        """Return the bundles that wait for a node, which do so no more, each with the number before it."""
        bundles = self._waiting.pop(node, {})
        for key in bundles:
            del self._nodes[key]
        return bundles
