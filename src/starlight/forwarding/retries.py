"""Bundles that a neighbour did not take, and that rest: a new session with it is reason to try them at once.

Theory of operation. A rest grows with each failure, up to an hour, as there is mostly no telling when a peer
will take again what it did not. A new session tells: the peer was started anew, a cable is in again. So what
failed there and rests goes at once, and its failures count no more. A link that flaps must cost little all
the same. So of sessions that follow each other, over which nothing was ever taken, each further one brings
this about only after a pause, doubled up to a minute; a transfer that ends well begins anew.
"""

from __future__ import annotations

from starlight.dtntime import MINUTE
from starlight.forwarding.contact_queue import Neighbour
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.forwarding import Forwarding
from starlight.node.bundle_state import BundleState
from starlight.node.core import Core
from starlight.node.stored import Stored

PAUSE_MAX = MINUTE
"""The longest pause, so nothing ever waits longer for a session that is up; what is tried then is at most
what was under way when the last one broke."""


class Retries:
    """The bundles that rest after a failure, by the neighbour that they failed at.

    Args:
        core: the node's.
        queues: of the contacts; they hold the neighbours.
        forwarding: finds the routes.
    """

    def __init__(self, core: Core, queues: ContactQueues, forwarding: Forwarding) -> None:
        self._limits = core.config.limits
        self._deadlines = core.deadlines
        self._queues = queues
        self._forwarding = forwarding

    def failed(self, stored: Stored) -> None:
        """Take note that a bundle was not taken by the neighbour that it was sent to."""
        resting = self._queues.neighbour(stored.peer).resting
        resting[stored] = None
        # Those that have gone since, by others or at the end of their lifetimes, are let go of now and then.
        if len(resting) > 2 * self._limits.under_way:
            for gone in [each for each in resting if each.state is BundleState.GONE]:
                del resting[gone]

    def succeeded(self, peer: int) -> None:
        """Take note that a neighbour has taken a bundle."""
        neighbour = self._queues.neighbour(peer)
        neighbour.vain, neighbour.again_at = 0, 0

    def link_up(self, peer: Neighbour, now: int) -> None:
        """Let what failed at a neighbour and rests go at once, or soon where its link flaps."""
        if peer.resting:
            if peer.again_at > now:
                self._deadlines.at(peer.again_at, self._again, peer)
            else:
                self._again(peer, now)

    def _again(self, peer: Neighbour, now: int) -> None:
        if not peer.link.up or peer.again_at > now:
            return
        peer.again_at = now + min(self._limits.rest(peer.vain + 1), PAUSE_MAX)
        peer.vain += 1
        resting, peer.resting = peer.resting, {}
        for stored in resting:
            if stored.state in (BundleState.QUEUED, BundleState.WAITING):
                self._forwarding.dequeue(stored)
                stored.failures = 0
                stored.refused_by -= {peer.number}
                self._forwarding.enqueue(stored, now)
