"""The links of one node with its peers: who is let in, who is up, which links are cut.

A peer is up while a link with it is, and no cut is set for what we send to it. Either side may have begun it;
both directions use it. Where there are several, what we send goes over one that acknowledges, and among such
over the oldest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from starlight.links import Closing, Flight, Link
from starlight.live.clock import MissionClock
from starlight.neighbours.link_driver import LinkDriver
from starlight.neighbours.link_status import LinkStatus, Tally
from starlight.neighbours.outcomes import Outcome, TransferOutcomes
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.strangers import Strangers
from starlight.neighbours.trace_events import (
    LinkLost,
    LinkRefused,
    LinkRose,
    NamelessLinkEnded,
    PeerUnreached,
)
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.trace import TraceEvent

LINKS_EACH = 8
"""Links at once with one peer that it has begun: two when both ends call, the others dead and not yet found
out. Each may hold an unfinished transfer of the largest size in memory; strangers hold none."""


class LinkFacts(NamedTuple):
    """The facts of a link by which an engine plans; as in `events.LinkUp`."""

    transfer_max: int | None
    acknowledged: bool


class PeerLink:
    """Sends bundles over one link: as many at a time as it takes, the others wait.

    Args:
        driver: of the link, which is up.
        foreign: the peer is not a Starlight node, so it is not told when the last byte left.
        outcomes: told of each `Transmit` once.
        tally: of the peer.
    """

    def __init__(
        self, driver: LinkDriver, outcomes: TransferOutcomes, tally: Tally, *, foreign: bool
    ) -> None:
        self.driver = driver
        self.link: Link = driver.link
        self._foreign = foreign
        self._outcomes = outcomes
        self._tally = tally
        self._under_way: dict[int, Transmit] = {}
        self._waiting: deque[tuple[Transmit, bytes]] = deque()

    @property
    def facts(self) -> LinkFacts:
        """Return what the engine is told of it."""
        return LinkFacts(self.link.transfer_max, self.link.promises.acknowledged)

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Queue a bundle; it is written when the driver transmits."""
        if self._waiting or self.link.free_transfers <= 0:
            self._waiting.append((transmit, data))  # behind those before it: the engine's order is kept
        else:
            self._start(transmit, data)

    def end_of(self, outcome: Outcome) -> None:
        """Take the end of a transfer, and go on with those that wait."""
        self._outcomes.take(self._under_way.pop(outcome.transfer), outcome)
        while self._waiting and self.link.free_transfers > 0:
            self._start(*self._waiting.popleft())

    def fail_waiting(self, reason: str) -> None:
        """Fail what has not begun: the link has ended."""
        for transmit, _ in self._waiting:
            self._outcomes.failed(transmit, reason)
        self._waiting.clear()

    def _start(self, transmit: Transmit, data: bytes) -> None:
        most = self.link.transfer_max
        if most is not None and len(data) > most:
            # Not for good: another link may take more, and the engine, which was told of this one's limit,
            # sends nothing like it over this one again.
            self._outcomes.failed(transmit, f"the peer takes {most} bytes at most")
            return
        flight = None if self._foreign else Flight(transmit.leaves, transmit.last_byte, transmit.reaches)
        transfer = self.link.send(data, self.driver.wall_now(), flight)
        self._tally.sent += 1
        self._under_way[transfer] = transmit


class PeerLinks:
    """Admits drivers as links with peers, and tells the engine when links rise and fall.

    Args:
        node: our number.
        peers: those that are let in.
        clock: mission time.
        outcomes: told what becomes of what is sent.
        tally: returns the counts of a peer.
        tell: takes the engine's events.
        say: takes what is to be traced.
    """

    def __init__(
        self,
        node: int,
        peers: Sequence[PeerConfig],
        clock: MissionClock,
        outcomes: TransferOutcomes,
        tally: Callable[[int], Tally],
        tell: Callable[[events.Event], None],
        say: Callable[[TraceEvent], None],
    ) -> None:
        self._node = node
        self._by_node_id = {peer.name: peer for peer in peers}
        self._clock = clock
        self._outcomes = outcomes
        self._tally = tally
        self._tell = tell
        self._say = say
        self._turned_away, self._nameless = Strangers(say), Strangers(say)
        self._links: dict[int, list[PeerLink]] = {}
        self._by_driver: dict[LinkDriver, PeerLink] = {}
        self._told: dict[int, LinkFacts] = {}  # of each link that the engine knows as up
        self._down: dict[int, asyncio.Event] = {}
        self._cut: frozenset[tuple[int, int]] = frozenset()

    @property
    def connected(self) -> list[int]:
        """Return the peers with a link, cut or not, ascending."""
        return sorted(self._links)

    @property
    def up(self) -> list[int]:
        """Return the peers that can be sent to now, ascending."""
        return sorted(peer for peer in self._links if not self.is_cut(peer))

    def is_cut(self, peer: int) -> bool:
        """Return whether what we send to a peer is eaten."""
        return (self._node, peer) in self._cut

    def of(self, driver: LinkDriver) -> PeerLink | None:
        """Return the link of a driver; None of a stranger's."""
        return self._by_driver.get(driver)

    def to(self, peer: int) -> PeerLink | None:
        """Return the link that carries what we send to a peer."""
        # What is acknowledged is kept until then, so nothing is lost with it; that is worth more than age.
        found = self._links.get(peer, ())
        return next((each for each in found if each.link.promises.acknowledged), found[0] if found else None)

    def established(self, driver: LinkDriver, node_id: str) -> bool:
        """Take a driver whose link is established, by the node id that its peer says; return whether it is
        new.

        A stranger, or one link too many, is turned away; then nothing more is read from it.
        """
        if driver in self._by_driver:  # what its peer takes has changed
            assert driver.peer is not None
            self._tell_facts(driver.peer)
            return False
        called = driver.called
        # A protocol without names is believed to have reached whom we have called.
        peer = called if called and node_id in ("", called.name) else self._by_node_id.get(node_id)
        if peer is None or (called and peer is not called):
            self._turn_away(driver, node_id, "not a peer of this node", Closing.STRANGER)
            return False
        links = self._links.setdefault(peer.node, [])
        # The new one goes, not the oldest: who can only repeat a peer's node id must not end its links.
        if called is None and len(links) >= LINKS_EACH:
            self._turn_away(driver, node_id, "it has too many links already", Closing.BUSY)
            return False
        driver.peer = peer.node
        tally = self._tally(peer.node)
        link = PeerLink(driver, self._outcomes, tally, foreign=peer.foreign)
        self._by_driver[driver] = link
        links.append(link)
        if len(links) == 1:
            self._down.pop(peer.node, None)
            tally.since = self._clock.now()
            self._say(LinkRose(peer.node))
        self._tell_facts(peer.node)
        return True

    def fall(self, driver: LinkDriver, reason: str) -> None:
        """Let go of a driver whose link has ended; what waits for it fails."""
        link = self._by_driver.pop(driver, None)
        peer = driver.peer
        if link is None or peer is None:
            if driver.called:
                self._say(NamelessLinkEnded(None, reason, driver.called.node, driver.where))
                self._tally(driver.called.node).erred(reason, self._clock.now())
            else:
                self._nameless.add(lambda _: NamelessLinkEnded(None, reason, None, driver.where))
            return
        now, tally = self._clock.now(), self._tally(peer)
        tally.heard = self._heard(link) or tally.heard
        tally.erred(reason, now)
        self._links[peer].remove(link)
        if not self._links[peer]:
            del self._links[peer]
            tally.since = now
            self._down.pop(peer, asyncio.Event()).set()
            self._say(LinkLost(peer, reason))
        # Before what has failed with it is told, so that the engine does not send it over it again.
        self._tell_facts(peer)
        link.fail_waiting(reason)

    def unreached(self, peer: int, reason: str) -> None:
        """Take note that a peer could not be called."""
        self._tally(peer).erred(reason, self._clock.now())
        self._say(PeerUnreached(peer, reason))

    def cut(self, silent: Collection[tuple[int, int]]) -> None:
        """Cut these directed links ``(from, to)`` and mend all others; what has left is in flight."""
        self._cut = frozenset(silent)
        for peer in sorted(self._links):
            self._tell_facts(peer)

    async def wait_down(self, peer: int) -> None:
        """Return once there is no link with a peer."""
        if peer in self._links:
            await self._down.setdefault(peer, asyncio.Event()).wait()

    def status(self, peer: PeerConfig) -> LinkStatus:
        """Return how the links with a peer stand."""
        link, tally = self.to(peer.node), self._tally(peer.node)
        wires = [each.driver.traffic for each in self._links.get(peer.node, ())]
        wall = self._clock.wall_now()
        scheme = link.driver.scheme if link else peer.address.scheme if peer.address else ""
        return LinkStatus(
            peer=peer.node,
            protocol=scheme,
            address=str(peer.address or ""),
            up=link is not None and not self.is_cut(peer.node),
            since=tally.since,
            heard=(self._heard(link) if link else None) or tally.heard,
            acknowledges=link.facts.acknowledged if link else None,
            transfer_max=link.facts.transfer_max if link else None,
            sent=tally.sent,
            acknowledged=tally.acknowledged,
            failed=tally.failed,
            received=tally.received,
            error=tally.error,
            error_at=tally.error_at,
            ordered=link.link.promises.ordered if link else None,
            session=link.link.promises.session if link else None,
            sent_bytes_per_s=sum(each.sent.per_s(wall) for each in wires),
            received_bytes_per_s=sum(each.received.per_s(wall) for each in wires),
        )

    def _heard(self, link: PeerLink) -> int | None:
        """Return when something came over a link last, in ns of mission time."""
        at = link.driver.heard_at
        return None if at is None else self._clock.at_wall(at)

    def _tell_facts(self, peer: int) -> None:
        """Tell the engine whether a peer is up, and what its link is like, where it does not know."""
        link = self.to(peer)
        if link is None or self.is_cut(peer):
            if self._told.pop(peer, None) is not None:
                self._tell(events.LinkDown(peer))
        # Told again where another link carries on, since it may take less, or acknowledge nothing.
        elif self._told.get(peer) != link.facts:
            self._told[peer] = link.facts
            self._tell(events.LinkUp(peer, *link.facts))

    def _turn_away(self, driver: LinkDriver, node_id: str, why: str, reason: Closing) -> None:
        self._turned_away.add(
            lambda nth: LinkRefused(
                node_id[:100], why if nth == 1 else f"{why}, the {nth}. of such", driver.where
            )
        )
        # Not from within the link's own event: its other events must be handed on first.
        asyncio.get_running_loop().call_soon(partial(driver.close, reason, at_once=True))
