"""The end of a bundle's stay: it need not be kept any more (RFC 9171, 5: no retention constraint is left).

The next hop has it, its lifetime has ended, or it is one copy too many of a critical bundle. Whoever holds
the bundle in a queue takes it out there before it comes here.
"""

from __future__ import annotations

from starlight.bundle import ReasonCode
from starlight.node.application import NotKept
from starlight.node.bundle_state import Cause
from starlight.node.core import Core
from starlight.node.reports import Reports
from starlight.node.stored import Stored, identity, remembered_until
from starlight.node.submission_news import SubmissionNews
from starlight.node.trace_events import BundleDeleted, BundleDropped, BundleExpired, BundleForwarded


class Retention:
    """Lets go of bundles, and says so to those who want to know.

    Args:
        core: the node's.
        submissions: tells the bundle's application.
        reports: tells whoever the bundle asks to be told.
    """

    def __init__(self, core: Core, submissions: SubmissionNews, reports: Reports) -> None:
        self._ledger = core.ledger
        self._duplicates = core.duplicates
        self._submissions = submissions
        self._reports = reports

    def handed_on(self, stored: Stored, now: int) -> None:
        """Let go of a bundle that the next hop has."""
        meta, key = stored.meta, identity(stored)
        # Each copy of a critical bundle is handed on, but the bundle comes back no more often for that.
        if not meta.critical or not self._duplicates.was_handed(key, meta.hops):
            self._duplicates.hand(key, meta.hops)
        self._forget(stored, Cause.HANDED_ON, now)
        self._submissions.handed(stored)
        self._ledger.trace(now, BundleForwarded(stored.key, stored.peer or None))
        self._reports.report(stored.key, meta, "forwarded", now, ReasonCode.NO_ADDITIONAL_INFORMATION)

    def expired(self, stored: Stored, now: int) -> None:
        """Let go of a bundle whose lifetime has ended (RFC 9171, 5.5)."""
        self._ledger.forget(stored, Cause.EXPIRED, now)
        # After it has left the index: whether a copy is here still is told by what else is in it.
        ended = self._submissions.ended(stored, NotKept.LIFETIME_EXPIRED)
        self._ledger.trace(now, BundleExpired(stored.key))
        if ended:
            self._reports.report(stored.key, stored.meta, "deleted", now, ReasonCode.LIFETIME_EXPIRED)

    def dropped(self, stored: Stored, now: int, reason: ReasonCode) -> None:
        """Let go of a bundle that who runs the node has dropped (RFC 9171, 5.10).

        Args:
            reason: what the report of its deletion cites.
        """
        meta = stored.meta
        # Remembered, also by the store: a neighbour that missed our answer would else bring it back.
        self._duplicates.deliver(identity(stored), meta.expires)
        self._ledger.forget(stored, Cause.DROPPED, meta.expires)
        ended = self._submissions.ended(stored, NotKept.DROPPED)
        self._ledger.trace(now, BundleDeleted(stored.key, NotKept.DROPPED))
        if ended:
            self._reports.report(stored.key, meta, "deleted", now, reason)

    def surplus(self, stored: Stored, now: int) -> None:
        """Let go of a copy whose neighbour has no route any more, as another copy is here."""
        self._forget(stored, Cause.SURPLUS, now)
        self._ledger.trace(now, BundleDropped(stored.key, stored.meta.via))

    def _forget(self, stored: Stored, cause: Cause, now: int) -> None:
        """Forget a bundle that is elsewhere; of a critical one remember that copies were made of it.

        A copy that comes back would else be copied to all neighbours once more, and theirs again.
        """
        meta = stored.meta
        # Of any other nothing is kept in the store: it may come back as the only copy that is left, and then
        # must be taken, also after a restart.
        self._ledger.forget(stored, cause, remembered_until(meta) if meta.critical and meta.copied else now)
