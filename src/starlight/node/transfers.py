"""What becomes of transfers: sent, acknowledged, failed, or never answered."""

from __future__ import annotations

from collections.abc import Callable

from starlight.node.actions import Action, Update
from starlight.node.answers import OutstandingAnswers
from starlight.node.config import NodeLimits
from starlight.node.deadlines import Deadlines
from starlight.node.delivery import Say
from starlight.node.events import TransferAcknowledged, TransferFailed, TransferSent
from starlight.node.index import Index
from starlight.node.stored import BundleState, Stored, pack
from starlight.node.trace_events import BundleFailed
from starlight.node.transmit_scheduler import TransmitScheduler


class Transfers:
    """The transfers that are under way, and those that were given up.

    Args:
        limits: of the node: how long what failed rests, and how many answers are remembered.
        index: of all that is stored.
        forwarder: sends.
        deadlines: the node's.
        out: where actions are put.
        say: writes the trace.
        handed: lets go of a bundle that the next hop has.
        expire: lets go of a bundle whose lifetime has ended.
    """

    def __init__(
        self,
        limits: NodeLimits,
        index: Index,
        forwarder: TransmitScheduler,
        deadlines: Deadlines,
        out: list[Action],
        *,
        say: Say,
        handed: Callable[[Stored, int], None],
        expire: Callable[[Stored, int], None],
    ) -> None:
        self._index = index
        self._forwarder = forwarder
        self._limits = limits
        self._answers = OutstandingAnswers(limits.remembered)  # that may still come
        self._deadlines = deadlines
        self._out = out
        self._say = say
        self._handed = handed
        self._expire = expire

    def sent(self, event: TransferSent, now: int) -> None:
        """Take note that a transfer has left; on a one-way hop that is all that is ever known."""
        stored = self._under_way(event.key, event.peer)
        if stored is not None and stored.one_way:
            self._forwarder.answered(stored, now)
            self._hand_on(stored, now)

    def acknowledged(self, event: TransferAcknowledged, now: int) -> None:
        """Take note that the next hop has stored a bundle."""
        if self._answers.is_out(event.key, event.peer):
            stored = self._late(event)
        else:
            stored = self._under_way(event.key, event.peer)
        if stored is None:
            return
        if stored.state is BundleState.UNDER_WAY:
            self._forwarder.answered(stored, now)
        else:
            self._forwarder.dequeue(stored)
        stored.peer = event.peer
        if event.known <= now:
            self._hand_on(stored, now)
            return
        stored.state = BundleState.HANDED
        stored.meta.handed_until = event.known
        self._out.append(Update(stored.key, pack(stored.meta)))
        self._deadlines.at(event.known, self.known, stored)

    def _late(self, event: TransferAcknowledged) -> Stored | None:
        """Return what an acknowledgement settles that may be that of a transfer given up before."""
        stored = self._answers.take(event.key, event.peer)
        if stored is None or stored.state not in (
            BundleState.UNDER_WAY,
            BundleState.QUEUED,
            BundleState.WAITING,
        ):
            return None
        if stored.state is BundleState.UNDER_WAY:
            self._answers.expect(stored.key, stored.peer, None)  # of the transfer that is under way now
        return stored

    def known(self, stored: Stored, now: int) -> None:
        """Let go of a bundle of which light has brought the acknowledgement."""
        if stored.state is BundleState.HANDED:
            self._hand_on(stored, now)

    def _hand_on(self, stored: Stored, now: int) -> None:
        self._forwarder.passed(stored, now)
        self._handed(stored, now)

    def failed(self, event: TransferFailed, now: int) -> None:
        """Take note that a transfer will not be acknowledged."""
        # Of two transfers to a peer it does not say which has failed; that of the newer one is what
        # must not be missed, and if it was the older one the bundle is only sent once more.
        stored = self._under_way(event.key, event.peer)
        if stored is not None:
            self.fail(stored, now, event.reason, event.refused)
        elif self._answers.is_out(event.key, event.peer):
            self._answers.take(event.key, event.peer)

    def overdue(self, stored: Stored, now: int) -> None:
        """Treat a transfer that was never answered as failed; an answer may come all the same."""
        self._answers.expect(stored.key, stored.peer, stored)
        self.fail(stored, now, "no answer came in time")

    def fail(self, stored: Stored, now: int, reason: str, refused: bool = False) -> None:
        """Send a bundle again that was not taken, later or by another way."""
        forwarder = self._forwarder
        forwarder.answered(stored, now)
        forwarder.release(stored)
        stored.failures += 1
        self._say(now, BundleFailed(stored.key, stored.peer, reason))
        if stored.meta.expires <= now:
            self._expire(stored, now)
        elif refused:
            stored.refused_by |= {stored.peer}
            forwarder.enqueue(stored, now)
        else:
            forwarder.enqueue(stored, now, not_before=now + self._limits.rest(stored.failures))

    def _under_way(self, key: str, peer: int) -> Stored | None:
        stored = self._index.entries.get(key)
        if stored is None or stored.state is not BundleState.UNDER_WAY or stored.peer != peer:
            return None
        return stored
