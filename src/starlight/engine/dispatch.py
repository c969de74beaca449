"""Dispatching (RFC 9171, 5.3): once light has brought a bundle, it is delivered here or sent on."""

from __future__ import annotations

from starlight.bundle import ReasonCode
from starlight.dtntime import from_wire
from starlight.engine.delivery import Delivery
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Reported
from starlight.node.application import NotKept
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.reception import Reception
from starlight.node.reports import Reports, Told, read_report
from starlight.node.stored import Stored, remembered_until
from starlight.node.trace_events import ReportHeard


class Dispatcher:
    """Hands stored bundles to the part of the engine that they are for, and takes them back.

    Args:
        core: the node's.
        forwarding: has what is to be sent on.
        booking: what is booked for that.
        delivery: has what is for this node.
        reception: knows which node an endpoint is at.
        reports: makes status reports.
    """

    def __init__(
        self,
        core: Core,
        forwarding: Forwarding,
        booking: RouteBooking,
        delivery: Delivery,
        reception: Reception,
        reports: Reports,
    ) -> None:
        self._number = core.config.number
        self._limits = core.config.limits
        self._ledger, self._clocks = core.ledger, core.clocks
        self._deadlines = core.deadlines
        self._forwarding = forwarding
        self._booking = booking
        self._delivery = delivery
        self._duplicates = core.duplicates
        self._reception = reception
        self._reports = reports

    def dispatch_at(self, time: int, stored: Stored) -> None:
        """Dispatch a bundle when light has brought it, at a time in ns."""
        self._deadlines.at(time, self.dispatch, stored)

    def dispatch(self, stored: Stored, now: int) -> None:
        """Let a bundle that light has brought go where it goes."""
        if stored.state is not BundleState.HIDDEN:
            return  # It has expired, or another copy has replaced it.
        meta = stored.meta
        if not meta.own and not meta.reported:
            self._report_reception(stored, now)
        if stored.node != self._number:
            self._forwarding.enqueue(stored, now, not_before=now + self._limits.pause(stored.returns))
        elif meta.report is not None:
            self._hear(stored, now)
        else:
            self._delivery.take(stored, now)

    def dispatch_reports(self, now: int) -> None:
        """Let the reports that were made go where they go."""
        for stored in self._reports.take_made():
            self.dispatch(stored, now)

    def take_back(self, stored: Stored, reason: NotKept = NotKept.LIFETIME_EXPIRED) -> None:
        """Take a bundle out of whatever holds it, before it is let go of.

        Args:
            reason: told to the application that was offered it and left it.
        """
        self._forwarding.dequeue(stored)
        if stored.state in (BundleState.LOCAL, BundleState.DELIVERING):
            self._delivery.drop(stored, reason)
        elif stored.state is BundleState.HANDED:
            self._booking.release(stored)  # one that came back replaces it

    def _report_reception(self, stored: Stored, now: int) -> None:
        reason = ReasonCode.NO_ADDITIONAL_INFORMATION
        if self._reports.report(stored.key, stored.meta, "received", now, reason):
            # So that a restart does not report it again.
            stored.meta.reported = True
            self._ledger.update(stored)

    def _compare_clocks(self, stored: Stored, told: Told) -> None:
        """Note when something became of a bundle of ours, if the peer that says so has sent that itself."""
        peer = stored.sender
        if told.time is not None and peer is not None and peer == self._reception.node_at(stored.meta.source):
            # Nothing became of it elsewhere before it was made here.
            made = from_wire(int(told.known_as.rsplit("/", 2)[1]))
            self._clocks.answered(peer, told.time, made)

    def _hear(self, stored: Stored, now: int) -> None:
        """Take a status report that came to this node."""
        meta = stored.meta
        assert meta.report is not None
        for told in read_report(meta.report, self._reception):
            if told.source_node == self._number:
                self._ledger.act(Reported(told.known_as, meta.source, told.status, told.time, told.reason))
                self._compare_clocks(stored, told)
            self._ledger.trace(now, ReportHeard(told.key, meta.source, told.status))
        until = remembered_until(meta)
        self._duplicates.deliver(stored.key, until)
        self._ledger.forget(stored, Cause.HEARD, until)
