"""Bundles that a neighbour did not take, and that rest: a new session with it is reason to try them at once.

Theory of operation. A rest grows with each failure, up to an hour, as there is mostly no telling when a peer
will take again what it did not. A new session tells: the peer was started anew, a cable is in again. So what
failed there and rests goes at once, and its failures count no more. What has failed elsewhere since rests for
that other neighbour, of which the session tells nothing: it goes at once where it gets there sooner by the
neighbour that has come, and else keeps its rest. A link that flaps must cost little all the same. So of
sessions that follow each other, over which nothing was ever taken, each further one brings this about only
after a pause, doubled up to a minute; a transfer that ends well begins anew.
"""

from __future__ import annotations

from starlight.dtntime import MINUTE
from starlight.forwarding.contact_queue import Neighbour
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.known_neighbours import KnownNeighbours
from starlight.forwarding.route_booking import RouteBooking
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
        neighbours: of the node.
        booking: knows routes by one neighbour.
        forwarding: lets bundles queue.
    """

    def __init__(
        self, core: Core, neighbours: KnownNeighbours, booking: RouteBooking, forwarding: Forwarding
    ) -> None:
        self._limits = core.config.limits
        self._deadlines = core.deadlines
        self._neighbours = neighbours
        self._booking = booking
        self._forwarding = forwarding

    def failed(self, stored: Stored) -> None:
        """Take note that a bundle was not taken by the neighbour that it was sent to."""
        peer = self._neighbours.of(stored.peer)
        peer.resting[stored] = None
        # Those that have gone since, by others or at the end of their lifetimes, are let go of now and then:
        # when they may be the half of all, so that to look through all costs each that failed a step or two.
        if len(peer.resting) > max(peer.resting_most, 2 * self._limits.under_way):
            for gone in [each for each in peer.resting if each.state is BundleState.GONE]:
                del peer.resting[gone]
            peer.resting_most = 2 * len(peer.resting)

    def succeeded(self, peer: int) -> None:
        """Take note that a neighbour has taken a bundle."""
        neighbour = self._neighbours.of(peer)
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
        resting, peer.resting, peer.resting_most = peer.resting, {}, 0
        for stored in resting:
            if stored.state not in (BundleState.QUEUED, BundleState.WAITING):
                continue
            stored.refused_by -= {peer.number}
            if stored.peer == peer.number:
                self._forwarding.dequeue(stored)
                stored.failures = 0
                self._forwarding.enqueue(stored, now)
            else:
                self._offer(stored, peer, now)

    def _offer(self, stored: Stored, peer: Neighbour, now: int) -> None:
        """Let a bundle that rests for another neighbour go by this one at once, if that is sooner."""
        # Its own booking stays while another is sought: given back and booked again it loses its place.
        route = self._booking.find(stored, now, by=peer.number)
        if route and (stored.route is None or route.projected < stored.route.projected):
            self._forwarding.dequeue(stored)
            self._forwarding.enqueue(stored, now, over=route)
