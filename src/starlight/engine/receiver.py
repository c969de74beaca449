"""Receiving (RFC 9171, 5.6): whether a bundle that a peer offers is taken, refused, or known already.

Theory of operation. To acknowledge a transfer says that this node has the bundle: the peer may let go of
it. So it is said of what is stored, of what has been here, and of what is deleted by a rule that
asks for it; whatever is only wanting room, or can't be read, is refused and stays with the peer.

A bundle may come while another copy of it is here. Which has come further is told by the hop count
(see `duplicate_filter.py`): the one that has may be the only one left, and replaces ours.
"""

from __future__ import annotations

from starlight.bundle import ReasonCode
from starlight.dtntime import SECOND, from_wire
from starlight.engine.delivery import Delivery
from starlight.engine.dispatch import Dispatcher
from starlight.errors import PeerError
from starlight.forwarding.critical_forwarding import copies
from starlight.node.actions import Acknowledge, Refuse
from starlight.node.admission import AdmissionRule, Admissions
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.events import BundleReceived
from starlight.node.reception import ReceivedBundle, Reception
from starlight.node.reports import Reports
from starlight.node.stored import Stored, whole_of
from starlight.node.trace_events import (
    BundleAccepted,
    BundleDeleted,
    BundleDuplicate,
    BundleKeptOut,
    BundleMisdated,
    BundleRefused,
)

IT_CROSSES = "a copy of it is under way from here, whose answer is still out"
"""Why a copy is refused for now. It may be our own, coming back: to say that we hold it while the
peer's answer makes us let go would lose it. Later the answer will have come, or failed to."""


class Receiver:
    """Decides on the bundles that peers offer.

    Args:
        core: the node's.
        reception: reads bundles.
        delivery: knows how many fragments of a bundle are here.
        dispatcher: takes what is taken.
        reports: makes status reports.
        admissions: the rules for what each peer may bring.
    """

    def __init__(
        self,
        core: Core,
        reception: Reception,
        delivery: Delivery,
        dispatcher: Dispatcher,
        reports: Reports,
        admissions: Admissions,
    ) -> None:
        self._number = core.config.number
        self._limits = core.config.limits
        self._ledger = core.ledger
        self._clocks = core.clocks
        self._admissions = admissions
        self._duplicates = core.duplicates
        self._reception = reception
        self._delivery = delivery
        self._dispatcher = dispatcher
        self._reports = reports

    def receive(self, event: BundleReceived, now: int) -> None:
        """Take, refuse or delete the bundle whose bytes came over a link."""
        limits = self._limits
        if len(event.data) > limits.bundle_bytes:
            self._refuse(event, now, "no resources", f"larger than {limits.bundle_bytes} B")
            return
        try:
            received = self._reception.receive(event)
        except PeerError as error:
            self._refuse(event, now, "not acceptable", str(error))
            self._report_unintelligible(event, now)
            return
        if received.of_peer and event.peer is not None and received.meta.creation[0]:
            self._clocks.created(event.peer, from_wire(received.meta.creation[0]), now)
        if not self._is_answered_by_what_is_here(event, received, now):
            rule = self._admissions.objection(event.peer, received.meta, len(event.data))
            if rule is not None:
                # First, so that nobody who is kept out can have reports sent to whom they name.
                self._keep_out(event, received, rule, now)
            elif received.refusal is not None:
                self._acknowledge(event)
                self._discard(received, now)
            elif self._ledger.index.is_full(received.meta.size):
                self._refuse(event, now, "no resources", "the store is full")
            elif received.node == self._number and not self._delivery.has_room(received):
                self._refuse(event, now, "no resources", f"in more than {limits.fragments} fragments")
            else:
                self._take(event, received, now)

    def _keep_out(
        self, event: BundleReceived, received: ReceivedBundle, rule: AdmissionRule, now: int
    ) -> None:
        """Refuse what a rule for its peer keeps out, for good: it would be kept out again."""
        if event.transfer is not None:
            self._ledger.act(Refuse(event.peer, event.transfer, "not acceptable"))
        key, destination = received.key, received.meta.destination
        self._ledger.trace(now, BundleKeptOut(event.peer or 0, rule, key, destination, len(event.data)))

    def _is_answered_by_what_is_here(self, event: BundleReceived, received: ReceivedBundle, now: int) -> bool:
        """Answer for a bundle that has been here, or of which a copy is; return whether that is all."""
        index = self._ledger.index
        held = copies(index, received.key)
        under_way = [copy for copy in held if copy.state is BundleState.UNDER_WAY]
        if received.key not in index.entries and self._has_been_here(received, now):
            self._duplicate(event, received, now)
        elif not all(_is_further(received, copy) for copy in held):
            if any(copy.peer == event.peer for copy in under_way):
                self._refuse(event, now, "no resources", IT_CROSSES)
            else:
                for copy in held:
                    copy.returned = True  # who sent it may let go of it now: ours may be the only ones
                self._duplicate(event, received, now)
        elif under_way:
            self._refuse(event, now, "no resources", IT_CROSSES)
        else:
            return False
        return True

    def _has_been_here(self, received: ReceivedBundle, now: int) -> bool:
        duplicates, meta = self._duplicates, received.meta
        if received.node == self._number:
            whole = whole_of(received.key) if meta.fragment else received.key
            return duplicates.was_delivered(received.key, now) or duplicates.was_delivered(whole, now)
        if duplicates.was_handed(received.key, meta.hops):
            return True
        # Of what passes through, only what was dropped here is remembered as delivered, and the identity of
        # critical bundles that copies were made of: such a copy may be the last one, and is taken.
        return not meta.critical and duplicates.was_delivered(received.key, now)

    def _was_copied(self, received: ReceivedBundle, now: int) -> bool:
        """Tell whether copies of a critical bundle were sent on before, as far as is remembered."""
        key = received.key
        return self._duplicates.times_handed(key) > 0 or self._duplicates.was_delivered(key, now)

    def _take(self, event: BundleReceived, received: ReceivedBundle, now: int) -> None:
        meta, index = received.meta, self._ledger.index
        meta.copied = meta.critical and (bool(copies(index, received.key)) or self._was_copied(received, now))
        replaced = index.entries.get(received.key)
        if replaced is not None:
            self._replace(replaced)
        stored = self._ledger.persist(received.key, meta, received.node, received.data)
        stored.sender = event.peer
        stored.returns = self._duplicates.times_handed(stored.key)
        if stored.returns and event.peer is not None:
            stored.refused_by = frozenset((event.peer,))  # whoever sent it back would do so again
        self._acknowledge(event)
        size = len(event.data)
        self._ledger.trace(now, BundleAccepted(stored.key, meta.destination, event.peer, meta.arrives, size))
        if received.misdated:
            ahead_s = (from_wire(meta.creation[0]) - meta.arrives) / SECOND
            self._ledger.trace(now, BundleMisdated(stored.key, event.peer, ahead_s))
        if meta.arrives > now:
            self._dispatcher.dispatch_at(meta.arrives, stored)
        else:
            self._dispatcher.dispatch(stored, now)

    def _replace(self, stored: Stored) -> None:
        """Let a copy that has come further take the place of a bundle."""
        if stored.state is BundleState.HANDED:
            self._duplicates.hand(stored.key, stored.meta.hops)
        self._dispatcher.take_back(stored)
        self._ledger.drop(stored, Cause.REPLACED)

    def _duplicate(self, event: BundleReceived, received: ReceivedBundle, now: int) -> None:
        self._acknowledge(event)
        self._ledger.trace(now, BundleDuplicate(received.key, event.peer))

    def _discard(self, received: ReceivedBundle, now: int) -> None:
        """Delete, by rule, a bundle that was not stored yet (RFC 9171, 5.10)."""
        assert received.refusal is not None
        self._ledger.trace(now, BundleDeleted(received.key, received.refusal.name.lower()))
        self._report_deletion(received, now)

    def _report_unintelligible(self, event: BundleReceived, now: int) -> None:
        """Report, if asked, that a bundle with a mangled block is deleted (RFC 9171, 5.6, step 3)."""
        told = self._reception.unintelligible(event.data, event.arrives)
        # Another copy of it may be here whole.
        if told is not None and told.key not in self._ledger.index.entries:
            self._report_deletion(told, now)

    def _report_deletion(self, received: ReceivedBundle, now: int) -> None:
        """Report what was deleted at its reception: it was received all the same (RFC 9171, 5.6, step 2)."""
        key, meta = received.key, received.meta
        self._reports.report(key, meta, "received", now, ReasonCode.NO_ADDITIONAL_INFORMATION)
        self._reports.report(key, meta, "deleted", now, received.refusal or 0)

    def _acknowledge(self, event: BundleReceived) -> None:
        if event.transfer is not None:
            self._ledger.act(Acknowledge(event.peer, event.transfer))

    def _refuse(self, event: BundleReceived, now: int, reason: str, why: str) -> None:
        if event.transfer is not None:
            self._ledger.act(Refuse(event.peer, event.transfer, reason))
        self._ledger.trace(now, BundleRefused(event.peer, reason, why))


def _is_further(received: ReceivedBundle, stored: Stored) -> bool:
    """Tell whether a received copy has come further than a stored one (see `duplicate_filter.py`)."""
    hops, kept = received.meta.hops, stored.meta.hops
    if hops is None or kept is None:
        return stored.state is BundleState.HANDED
    return hops > kept
