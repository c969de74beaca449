"""Transfers to the next hop and what becomes of them: sent, acknowledged, failed, or never answered."""

from __future__ import annotations

from starlight.forwarding.answer_watch import AnswerWatch
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.late_answers import LateAnswers
from starlight.forwarding.retries import Retries
from starlight.forwarding.route_booking import RouteBooking
from starlight.forwarding.transmit_scheduler import TransmitScheduler
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.events import TransmissionAcknowledged, TransmissionFailed, TransmissionSent
from starlight.node.retention import Retention
from starlight.node.stored import Stored
from starlight.node.trace_events import BundleFailed


class Transfers:
    """The transfers that are under way, and those that were given up.

    Args:
        core: the node's.
        scheduler: sends.
        forwarding: finds another route for what failed.
        booking: what was booked for what is sent.
        retries: keeps what failed and rests.
        watch: tells whose answers are overdue.
        retention: lets go of what the next hop has, or whose lifetime has ended.
    """

    def __init__(
        self,
        core: Core,
        scheduler: TransmitScheduler,
        forwarding: Forwarding,
        booking: RouteBooking,
        retries: Retries,
        watch: AnswerWatch,
        retention: Retention,
    ) -> None:
        self._limits = core.config.limits
        self._answers = LateAnswers(self._limits.remembered)  # that may still come
        self._ledger, self._expiries = core.ledger, core.ledger.index.expiries
        self._scheduler = scheduler
        self._forwarding = forwarding
        self._booking = booking
        self._retries = retries
        self._watch = watch
        self._deadlines = core.deadlines
        self._retention = retention

    def sent(self, event: TransmissionSent, now: int) -> None:
        """Let go of a bundle that has left over a link that does not acknowledge: no more will be known."""
        stored = self._end(event, now)
        if stored is not None:
            self._hand_on(stored, now)

    def acknowledged(self, event: TransmissionAcknowledged, now: int) -> None:
        """Take note that the next hop has stored a bundle."""
        stored = self._end(event, now)
        if stored is None:
            return
        if event.known <= now:
            self._hand_on(stored, now)
            return
        self._ledger.move(stored, Cause.ACKNOWLEDGED)
        stored.meta.handed_until = event.known
        self._ledger.update(stored)
        self._deadlines.at(event.known, self.known, stored)

    def _end(self, event: TransmissionSent | TransmissionAcknowledged, now: int) -> Stored | None:
        """Return the bundle whose transfer has ended well, and need not be sent any more."""
        if self._answers.is_out(event.key, event.peer):
            stored = self._late(event)
        else:
            stored = self._under_way(event.key, event.peer)
        if stored is None:
            return None
        if stored.state is BundleState.UNDER_WAY:
            self._scheduler.answered(stored, now)
        else:  # It was given up, queues again, and need not be sent twice.
            self._forwarding.dequeue(stored)
        stored.peer = event.peer
        self._retries.succeeded(event.peer)
        return stored

    def _late(self, event: TransmissionSent | TransmissionAcknowledged) -> Stored | None:
        """Return what the end of a transfer settles that may be that of one given up before."""
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

    def restored(self, stored: Stored) -> None:
        """Take note that the next hop had a bundle before this node started again."""
        assert stored.meta.handed_until is not None
        self._ledger.move(stored, Cause.ACKNOWLEDGED)
        self._deadlines.at(stored.meta.handed_until, self.known, stored)

    def known(self, stored: Stored, now: int) -> None:
        """Let go of a bundle of which light has brought the acknowledgement."""
        if stored.state is BundleState.HANDED:
            self._hand_on(stored, now)

    def _hand_on(self, stored: Stored, now: int) -> None:
        self._booking.passed(stored, now)
        self._retention.handed_on(stored, now)

    def failed(self, event: TransmissionFailed, now: int) -> None:
        """Take note that a transfer will not be acknowledged."""
        # Of two transfers to a peer it does not say which has failed; that of the newer one is what
        # must not be missed, and if it was the older one the bundle is only sent once more.
        stored = self._under_way(event.key, event.peer)
        if stored is not None:
            self.fail(stored, now, event.reason, event.refused)
        elif self._answers.is_out(event.key, event.peer):
            self._answers.take(event.key, event.peer)

    def give_up_overdue(self, now: int) -> None:
        """Treat transfers that were never answered as failed; an answer may come all the same."""
        for stored in self._watch.take_overdue():
            if stored.state is BundleState.UNDER_WAY:
                self._answers.expect(stored.key, stored.peer, stored)
                self.fail(stored, now, "no answer came in time")

    def fail(self, stored: Stored, now: int, reason: str, refused: bool = False) -> None:
        """Send a bundle again that was not taken, later or by another route."""
        self._scheduler.answered(stored, now)
        self._booking.release(stored)
        stored.failures += 1
        self._ledger.trace(now, BundleFailed(stored.key, stored.peer, reason))
        if stored.meta.expires <= now and not self._expiries.held:
            self._retention.expired(stored, now)
            return
        self._retries.failed(stored)
        if refused:
            stored.refused_by |= {stored.peer}
            self._forwarding.enqueue(stored, now)
        else:
            # It rests, longer after each failure: so a link that breaks at once costs little, and nothing
            # is repeated without time passing.
            self._forwarding.enqueue(stored, now, not_before=now + self._limits.rest(stored.failures))

    def _under_way(self, key: str, peer: int) -> Stored | None:
        stored = self._ledger.index.entries.get(key)
        if stored is None or stored.state is not BundleState.UNDER_WAY or stored.peer != peer:
            return None
        return stored
