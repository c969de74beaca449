"""The links of a node to its peers: which are up, since when, what they take, and when a peer was last heard.

All of it is what this node can know. A peer is heard by a bundle or an acknowledgement of it, at the time at
which light brings that: a driver that imposes light tells of it before, and until then it counts for nothing.
"""

from __future__ import annotations

from collections import deque

import msgspec

HEARD_STEPS = 64
"""Of a stream of bundles that light has yet to bring, about so many moments are kept: memory is bounded, and
what is told of the last one heard is too old by such a part of the light time at most."""

PASSERS_BY = 1_024
"""Peers with whom nothing goes on, and to whom the plan has no link, are remembered up to this many: more
than pass by in a day of people, and some hundred kilobytes. Without a bound a peer that connects under ever
new node numbers would fill the node."""


class LinkState(msgspec.Struct, frozen=True, gc=False):
    """The state of a link to a peer, as this node knows it.

    Attributes:
        peer: its node number.
        up: whether bundles can be carried to it now.
        since: since when it is up, or down, in ns; None where nothing was ever told of it.
        last_heard: when light brought the last bundle or acknowledgement of it, in ns; None if it never did.
        transfer_max: the largest bundle that it takes, in bytes, as last told; None for any.
        acknowledged: it answers each transfer.
    """

    peer: int
    up: bool = False
    since: int | None = None
    last_heard: int | None = None
    transfer_max: int | None = None
    acknowledged: bool = True


class KnownLink:
    """A link to one peer, as far as it is known; attributes as in `LinkState`, but for what is heard."""

    __slots__ = ("_coming", "_last_heard", "acknowledged", "peer", "since", "transfer_max", "up")

    def __init__(self, peer: int) -> None:
        self.peer = peer
        self.up = False
        self.since: int | None = None
        self.transfer_max: int | None = None
        self.acknowledged = True
        self._last_heard: int | None = None
        self._coming: deque[int] = deque()  # when light will bring what it has sent, ascending

    def rise(self, transfer_max: int | None, acknowledged: bool, now: int) -> None:
        """Take note that it can carry bundles, or, where it could, of what has changed."""
        if not self.up:
            self.up, self.since = True, now
        self.transfer_max, self.acknowledged = transfer_max, acknowledged

    def fall(self, now: int) -> None:
        """Take note that it carries nothing any more."""
        if self.up:
            self.up, self.since = False, now

    def hear(self, at: int, now: int) -> None:
        """Take note of something from the peer that light brings at a time, in ns."""
        if at <= now:
            self._last_heard = at if self._last_heard is None else max(self._last_heard, at)
        # The step is a part of the light time: what comes from afar may be told as coarsely as that is long.
        elif not self._coming or at - self._coming[-1] > (at - now) // HEARD_STEPS:
            self._settle(now)
            self._coming.append(at)

    def last_heard(self, now: int) -> int | None:
        """Return when light brought the last of what came from the peer, in ns."""
        self._settle(now)
        return self._last_heard

    def state(self, now: int) -> LinkState:
        """Return its state."""
        heard = self.last_heard(now)
        return LinkState(self.peer, self.up, self.since, heard, self.transfer_max, self.acknowledged)

    def _settle(self, now: int) -> None:
        coming = self._coming
        while coming and coming[0] <= now:
            at = coming.popleft()
            self._last_heard = at if self._last_heard is None else max(self._last_heard, at)


class Links:
    """The links of one node, by peer.

    Of peers that were let go all is forgotten but for the last `PASSERS_BY`: since when their links are down,
    when they were heard, and what they take. They will be met like any peer of which nothing was ever told.
    """

    def __init__(self) -> None:
        self._links: dict[int, KnownLink] = {}
        self._let_go: dict[int, None] = {}  # whoever was let go last comes last

    def to(self, peer: int) -> KnownLink:
        """Return the link to a peer, which is kept until it is let go; without any news it is down."""
        self._let_go.pop(peer, None)
        link = self._links.get(peer)
        if link is None:
            link = self._links[peer] = KnownLink(peer)
        return link

    def let_go(self, peer: int) -> None:
        """Take note that nothing goes on with a peer whose link is known; the oldest one may be forgotten."""
        self._let_go.pop(peer, None)
        self._let_go[peer] = None
        if len(self._let_go) > PASSERS_BY:
            oldest = next(iter(self._let_go))
            del self._let_go[oldest], self._links[oldest]

    def state(self, peer: int, now: int) -> LinkState:
        """Return the state of the link to a peer, without keeping anything of one that is not known."""
        link = self._links.get(peer)
        return LinkState(peer) if link is None else link.state(now)

    def hear(self, peer: int | None, at: int, now: int) -> None:
        """Take note of something from a peer that light brings at a time, in ns; None is a peer unknown."""
        if peer is None:
            return
        if peer not in self._links:
            # To be heard is no reason to be kept: whoever holds a link has asked for it with `to`.
            self._links[peer] = KnownLink(peer)
            self.let_go(peer)
        self._links[peer].hear(at, now)
