"""A question to the router: from where to where, from when on, for what bundle, and by what it must not go.

There is one type for it everywhere: who asks makes it, the answers are remembered by it, and the searches
take it, each for the part of the route that it looks for.
"""

from __future__ import annotations

import msgspec

from starlight.routing.volume import Priority

NOBODY: frozenset[int] = frozenset()


class RouteRequest(msgspec.Struct, frozen=True, gc=False):
    """A bundle that needs a route.

    Attributes:
        source, destination: node numbers; where they are the same, the route has no hops.
        ready: when the bundle is at the source, in ns since 2000-01-01T00:00:00Z.
        size: in bytes.
        expires: the route must arrive by this time, in ns; None for no limit.
        priority: it waits for what is booked at this `Priority` and above.
        exclude: neighbours of the source that the bundle must not be handed to.
        exclude_contacts: ids of contacts that it must not use.
        avoid: nodes that it has been at and must not pass again; source and destination don't count.
        sender: the neighbour that it came from; it does not go back there, but to deliver it. None where
            it comes from none, or may go back.
        growth: bytes by which it may be larger when it leaves the source, for what is known only then: its
            age. What a link takes as one transfer holds for that.
    """

    source: int
    destination: int
    ready: int
    size: int
    expires: int | None = None
    priority: int = Priority.NORMAL
    exclude: frozenset[int] = NOBODY
    exclude_contacts: frozenset[int] = NOBODY
    avoid: frozenset[int] = NOBODY
    sender: int | None = None
    growth: int = 0

    @property
    def not_entered(self) -> frozenset[int]:
        """Return all neighbours of the source that the bundle is not handed to."""
        if self.sender is None or self.sender == self.destination:
            return self.exclude
        return self.exclude | {self.sender}

    def to_search(self, volume: int, exceeded: frozenset[int]) -> RouteRequest:
        """Return the request as a search takes it: all that it must not enter by is in `exclude`.

        The result is the request itself where nothing differs, as it mostly is: the router answers from
        memory in little more time than it takes to make one of these.

        Args:
            volume: what the bundle needs of each contact, in bytes.
            exceeded: neighbours of the source for whose links it is too large as one transfer.
        """
        if self.sender is None and not self.avoid and not exceeded and volume == self.size:
            return self
        exclude, avoid = self.not_entered | exceeded, self.avoid - {self.source, self.destination}
        return RouteRequest(
            self.source,
            self.destination,
            self.ready,
            volume,
            self.expires,
            self.priority,
            exclude,
            self.exclude_contacts,
            avoid,
        )
