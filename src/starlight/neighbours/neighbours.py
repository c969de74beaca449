"""The links of one node to its neighbours: the engine's wishes go out over them, facts come back.

Here light is imposed on what is received: the bundle is handed to the engine at once, with the time at
which light brings it, and the engine hides it until then. So it is safe, and acknowledged, as soon as the
cable allows, and neither a later cut nor a crash of the sender can stop it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from starlight import links
from starlight.contacts import ContactPlan
from starlight.dtntime import SECOND
from starlight.links import Refusal
from starlight.live.clock import MissionClock, MissionTimers
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.connections import TcpConnections
from starlight.neighbours.contact_windows import ContactWindows
from starlight.neighbours.datagram_sockets import DatagramSockets
from starlight.neighbours.dialling import Dialler
from starlight.neighbours.kinds import KINDS, LinkKind, StreamKind, ThisNode
from starlight.neighbours.light import Light
from starlight.neighbours.link_driver import LinkDriver, Tap
from starlight.neighbours.link_drivers import LinkDrivers
from starlight.neighbours.link_status import LinkStatus, Tally
from starlight.neighbours.outcomes import TransferOutcomes
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.peer_links import PeerLinks
from starlight.neighbours.trace_events import LinkMessageRejected
from starlight.neighbours.uncommitted import Uncommitted
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.node.clock_offsets import QUEUE_S, ClockOffsets
from starlight.node.peer_clocks import PeerClocks, error_s_of
from starlight.trace import TraceEvent


class Neighbours:
    """All links of one node.

    Args:
        me: this node.
        peers: whom we connect to, and whom we let connect.
        clock: mission time, and the wall for the protocols' timers.
        light: what is imposed.
        tell: takes the engine's events.
        say: takes what is to be traced.
        tap: sees all bytes of all wires; for captures in tests.
        kinds: the protocols that it speaks, by the schemes of their addresses.

    Attributes:
        listening: where peers may reach it.
        drivers: of all links, strangers' too; what is sent and answered is written at their `flush`.
        links: those with peers; `cut` them here.
        datagrams: the UDP sockets.
        clocks: those of the peers, beside ours.
        uncommitted: what has come in and is not safe yet.
    """

    def __init__(
        self,
        me: ThisNode,
        peers: Sequence[PeerConfig],
        clock: MissionClock,
        light: Light,
        tell: Callable[[events.Event], None],
        say: Callable[[TraceEvent], None],
        tap: Tap | None = None,
        kinds: Mapping[str, LinkKind] = KINDS,
    ) -> None:
        self.listening: list[LinkAddress] = []
        self._node = node = me.number
        self._facts = me.facts
        self._peers = {peer.node: peer for peer in peers}
        self._clock = clock
        self._light = light
        self._tell = tell
        self._say = say
        self._kinds = kinds
        self._plan: ContactPlan | None = None
        self._timers = MissionTimers(clock)
        self._tallies: dict[int, Tally] = {peer.node: Tally() for peer in peers}
        tally = self._tallies.__getitem__
        self._outcomes = TransferOutcomes(node, clock, light, self._timers, tell, tally)
        self.clocks = PeerClocks(ClockOffsets(float(clock.fastest)), say)
        self.drivers = LinkDrivers()
        self.links = PeerLinks(node, peers, clock, self._outcomes, tally, tell, say)
        # One for all links: what is bounded is the memory of the node.
        me = me._replace(room=links.ReceiveRoom())
        self._connections = TcpConnections(me, clock, self.drivers, self._heard, say, tap)
        self.datagrams = DatagramSockets(me, clock, self.drivers, self._heard, self.links.unreached, say, tap)
        windows = ContactWindows(node, self._peers)
        self._dialler = Dialler(self._connections, self.links, windows, clock)
        self.uncommitted = Uncommitted(self.drivers.pause_reading, self.drivers.resume_reading)

    async def listen(self, address: LinkAddress) -> LinkAddress:
        """Let peers reach us; return the address, with the port that the system chose where it was 0.

        Raises:
            InputError: the address can't be listened on.
        """
        kind = self._kinds[address.scheme]
        if isinstance(kind, StreamKind):
            bound = await self._connections.listen(address, kind)
        else:
            bound = await self.datagrams.listen(address)
        self.listening.append(bound)
        return bound

    def reach(self, addresses: Mapping[int, LinkAddress] = MappingProxyType({})) -> None:
        """Keep a link with each peer whose address is known, from now on.

        Args:
            addresses: by node number, where peers listen that were not known when this was made.

        Raises:
            InputError: a peer is reached by datagrams, and we listen for none of its protocol.
        """
        for peer in self._peers.values():
            address = addresses.get(peer.node, peer.address)
            if address is None:
                continue
            kind = self._kinds[address.scheme]
            if isinstance(kind, StreamKind):
                self._dialler.dial(peer, address, kind)
            else:
                self.datagrams.reach(peer, address, kind)

    def set_plan(self, plan: ContactPlan) -> None:
        """Impose the light of a plan, and dial by its contacts; it costs nothing while that is the same."""
        if plan is not self._plan:
            self._plan = plan
            self._light.set_plan(plan)
            self._dialler.set_plan(plan)

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Send a bundle; `TransmissionAcknowledged`, `TransmissionSent` or `TransmissionFailed` follows.

        Nothing is written before `LinkDrivers.flush`. Over a cut link it is eaten: its failure follows when
        its acknowledgement would have come. To a foreign peer it is held for the light time first; over a
        protocol that can't say when its last byte left, until that has left, as it is taken to have left when
        it comes.
        """
        peer, link = self._peers.get(transmit.peer), self.links.to(transmit.peer)
        if self.links.is_cut(transmit.peer):
            self._outcomes.eaten(transmit, acknowledged=link is None or link.facts.acknowledged)
        elif peer is not None and peer.foreign:
            # It knows no light of ours and would have it at once, so what is in flight waits here.
            self._timers.at(self._outcomes.reaches(transmit), self._put, transmit, data, held=True)
        elif link is None or self._kinds[link.driver.scheme].tells_departure:
            self._put(transmit, data, held=False)
        elif transmit.last_byte > self._clock.now():
            # So the contact's rate is kept, too, which else nothing but their own pace would do for
            # datagrams.
            self._timers.at(transmit.last_byte, self._put, transmit, data, held=True)
        else:
            self._put(transmit, data, held=False)

    def acknowledge(self, handle: int) -> bool:
        """Tell the sender of a transfer that it is safe; nothing is written before `LinkDrivers.flush`.

        Returns:
            Whether it is told: its link may have ended since, or never tells.
        """
        driver, transfer = self.uncommitted.take(handle)
        if driver is None or not driver.link.promises.acknowledged:
            return False
        driver.link.acknowledge(transfer, self._clock.wall_now())
        self.drivers.touch(driver)
        return True

    def refuse(self, handle: int, reason: str) -> bool:
        """Tell the sender of a transfer that it is not taken, in the words of `Refuse.reason`; as above."""
        driver, transfer = self.uncommitted.take(handle)
        if driver is None or not driver.link.promises.acknowledged:
            return False
        driver.link.refuse(transfer, Refusal(reason), self._clock.wall_now())
        self.drivers.touch(driver)
        return True

    def status(self) -> list[LinkStatus]:
        """Return how the links with each peer stand, in the order of the configuration."""
        return [self._with_clock(self.links.status(peer)) for peer in self._peers.values()]

    def abort(self) -> None:
        """Break every link off, and neither listen nor call again."""
        self._stop()
        self.drivers.abort()

    async def close(self) -> None:
        """End every link in order, and forget what is held."""
        self._stop()
        await self._dialler.wait_stopped()
        await self.drivers.close()
        await self.datagrams.wait_closed()
        # Last, because from Python 3.12 on it waits for every accepted connection as well.
        await self._connections.wait_closed()

    def _stop(self) -> None:
        self._dialler.stop()
        self._timers.cancel()
        self._connections.stop()
        self.datagrams.stop()

    def _heard(self, driver: LinkDriver, happened: list[links.LinkEvent]) -> None:
        """Hand on what a link tells, what failed with it last.

        Else the engine, which does not know yet that the link is down, would send over it what waits behind.
        """
        failed: list[links.TransferFailed] = []
        link = self.links.of(driver)
        for event in happened:
            if isinstance(event, links.TransferFailed):
                failed.append(event)
            else:
                self._take(driver, event)
                link = link or self.links.of(driver)
        for event in failed:
            assert link is not None  # only to peers anything is sent
            link.end_of(event)

    def _take(self, driver: LinkDriver, event: links.LinkEvent) -> None:
        link = self.links.of(driver)
        match event:
            case links.TransferReceived():
                if link is not None:  # a stranger's is not taken; its link is being ended
                    self._received(driver, event)
            case links.TransferSent() | links.TransferAcknowledged() | links.TransferRefused():
                assert link is not None  # only to peers anything is sent
                link.end_of(event)
            case links.LinkEstablished(node_id):
                new = self.links.established(driver, node_id)
                if new and event.clock is not None:
                    self._told_clock(driver, event.clock)
                if new:
                    self._tell_facts(driver, event.greeting)
                # A link that begins under back-pressure is held
                # back as well, or new ones would get round it.
                if new and not self.uncommitted.reading:
                    driver.pause_reading()
            case links.LinkEnded():
                self.drivers.forget(driver)
                self.links.fall(driver, event.reason)
                self.uncommitted.orphan(driver)
                self.clocks.offsets.ended(driver)
            case links.MessageRejected(reason):
                self._say(LinkMessageRejected(driver.peer, reason))

    def _told_clock(self, driver: LinkDriver, reading: links.ClockReading) -> None:
        peer = driver.peer
        assert peer is not None  # its link is established
        # The number of the extension is private: a foreign peer's means something else.
        if not self._peers[peer].foreign:
            self.clocks.told(peer, driver, *reading)

    def _tell_facts(self, driver: LinkDriver, greeting: bytes) -> None:
        """Take what a peer tells of the mission's facts as a link begins; without sessions tell it ours."""
        peer = driver.peer
        assert peer is not None  # its link is established
        if self._facts is None:
            return
        if greeting:
            self._facts.greeted(peer, greeting)
        elif not driver.link.promises.session:
            self._facts.rose(peer)

    def _received(self, driver: LinkDriver, event: links.TransferReceived) -> None:
        peer = driver.peer
        assert peer is not None
        self._tallies[peer].received += 1
        handle = self.uncommitted.add(driver, event.transfer, len(event.data))
        now, left = self._clock.now(), None if self._peers[peer].foreign else event.last_byte
        if left is not None:
            lasts = self._light.lasts(peer, self._node, left, len(event.data))
            if lasts is not None:
                self.clocks.departed(peer, driver, left, lasts, now)
        ahead = self.clocks.offsets.correction(driver)
        if left is not None:
            left -= ahead  # what is imposed is counted by our clock
        departure = self._light.departure(left, now, self._clock.ago(QUEUE_S))
        light = self._light.light_time(peer, self._node, departure)
        self._tell(events.BundleReceived(peer, event.data, handle, departure + light, ahead, light))

    def _with_clock(self, status: LinkStatus) -> LinkStatus:
        offset = self.clocks.offsets.offset(status.peer)
        if offset is None:
            return status
        differs = self.clocks.offsets.disagreement(status.peer)
        return replace(
            status,
            clock_ahead_s=offset.ahead / SECOND,
            clock_error_s=error_s_of(offset),
            clock_fault="" if differs is None else differs.fault.value,
        )

    def _put(self, transmit: Transmit, data: bytes, *, held: bool) -> None:
        link = self.links.to(transmit.peer)
        if link is None:
            self._outcomes.failed(transmit, "no session")
            return
        link.send(transmit, data)
        if held:
            link.driver.transmit()  # its batch was flushed a light time ago
        else:
            self.drivers.touch(link.driver)
