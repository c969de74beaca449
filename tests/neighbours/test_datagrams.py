"""Links over real UDP sockets on loopback: who is a peer, what leaves, what comes, and what is dropped."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.live.helpers import PATIENCE_S, START, both_ways, run, turns
from tests.neighbours.helpers import TRANSFER_MAX, End

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.links import LinkEvent, Refusal, SpaceLink, TransferReceived, TransferRefused
from starlight.links.udpcl import KEEPALIVE, LARGEST_DATAGRAM, UNFRAGMENTED
from starlight.live.clock import MissionClock
from starlight.neighbours import datagram_sockets, uncommitted
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.datagram_path import DatagramPath, Sender
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.trace_events import LinkMessageRejected, LinkRefused
from starlight.node.actions import Transmit
from starlight.node.events import (
    LinkDown,
    LinkUp,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
)

LIGHT_S = 4.0
PLAN = both_ways((1, 2, LIGHT_S))
UP = LinkUp(2, UNFRAGMENTED, acknowledged=False)


async def pair(host: str = "127.0.0.1", clock: MissionClock | None = None, **peer: Any) -> tuple[End, End]:
    """Return two ends, nodes 1 and 2, that know each other's addresses."""
    clock = clock or MissionClock(START, 600)
    here, there = (End(node, [PeerConfig(other, **peer)], PLAN, clock) for node, other in ((1, 2), (2, 1)))
    addresses = [await end.neighbours.listen(LinkAddress("udpcl", host, 0)) for end in (here, there)]
    here.neighbours.reach({2: addresses[1]})
    there.neighbours.reach({1: addresses[0]})
    return here, there


async def alone(clock: MissionClock | None = None, **peer: Any) -> tuple[End, socket.socket]:
    """Return an end, node 1, and a socket at the address of its peer, which is up."""
    clock = clock or MissionClock(START, 600)
    raw = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    raw.bind(("127.0.0.1", 0))
    here = End(1, [PeerConfig(2, LinkAddress("udpcl", *raw.getsockname()), **peer)], PLAN, clock)
    await here.listen("udpcl")
    here.neighbours.reach()
    raw.connect(("127.0.0.1", here.neighbours.listening[0].port))
    raw.send(KEEPALIVE)
    event = await here.next()
    assert isinstance(event, LinkUp)
    assert not event.acknowledged
    return here, raw


async def closed(*ends: End) -> None:
    """Close links."""
    for end in ends:
        await end.neighbours.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_two_ends_exchange_bundles_both_ways(host: str) -> None:
    """One bundle a datagram; what has left is sent, and no acknowledgement is awaited or given."""

    async def test() -> None:
        here, there = await pair(host)
        assert await here.next() == UP
        assert await there.next() == LinkUp(1, UNFRAGMENTED, acknowledged=False)
        for end, other in ((here, there), (there, here)):
            left = 3 - end.node
            end.send(left, "a", b"a bundle from %d" % end.node, leaves=START)
            assert await end.next() == TransmissionSent("a", left)
            came = await other.bundle()
            assert (came.peer, came.data) == (end.node, b"a bundle from %d" % end.node)
            other.acknowledge(came)
            assert other.neighbours.uncommitted.bytes == 0
        assert not here.told
        assert not there.told
        (status,) = here.neighbours.status()
        assert (status.protocol, status.up, status.acknowledges) == ("udpcl", True, False)
        assert (status.ordered, status.session) == (False, False)
        assert (status.sent, status.received, status.acknowledged, status.failed) == (1, 1, 0, 0)
        assert status.transfer_max == UNFRAGMENTED
        assert status.since is not None
        assert status.heard is not None
        assert START <= status.since <= status.heard
        await closed(here, there)

    run(test())


def test_a_bundle_is_taken_to_have_left_when_it_came() -> None:
    """RFC 7122 has no place for a departure time: a bundle is sent when its last byte has left, and light is
    counted from when it came."""

    async def test() -> None:
        here, there = await pair()
        await here.next()
        await there.next()
        clock = here.neighbours._clock
        left = clock.now() + 20 * SECOND  # a thirtieth of a second of the wall
        here.send(2, "a", b"a bundle", leaves=left)
        came = await there.bundle()
        assert clock.now() >= left
        assert came.arrives >= left + round(LIGHT_S * SECOND)
        await closed(here, there)

    run(test())


def test_without_keepalives_it_is_up_at_once_and_sends_to_whoever_is_there() -> None:
    """What a peer needs that can't answer: the link is up as long as its driver runs it."""

    async def test() -> None:
        here, raw = await alone(keepalive_s=0)
        here.send(2, "a", b"into the dark", leaves=START)
        assert await here.next() == TransmissionSent("a", 2)
        assert raw.recv(100) == b"into the dark"
        await closed(here)
        raw.close()

    run(test())


def test_whoever_sends_from_elsewhere_is_a_stranger() -> None:
    """A stranger is ignored, counted, and traced with the first, second, fourth, eighth ... of such."""

    async def test() -> None:
        here, raw = await alone()
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stranger.bind(("127.0.0.1", 0))
        where = raw.getpeername()
        for number in range(100):
            stranger.sendto(b"a bundle %d" % number, where)
            if number % 10 == 9:
                await asyncio.sleep(0)
        raw.send(b"after them")
        assert (await here.bundle()).data == b"after them"
        assert here.neighbours.datagrams.strangers.count == 100
        refused = [event for event in here.said if isinstance(event, LinkRefused)]
        assert [event.reason for event in refused] == [
            f"a datagram of no peer, the {number}. of such" for number in (1, 2, 4, 8, 16, 32, 64)
        ]
        assert refused[0].peer == f"127.0.0.1 port {stranger.getsockname()[1]}"
        await closed(here)
        for each in (raw, stranger):
            each.close()

    run(test())


def test_a_foreign_peer_may_send_from_any_port_of_its_host() -> None:
    """RFC 7122, 5, filters by IP address; many implementations send from a port of the moment."""

    async def test() -> None:
        here, raw = await alone(foreign=True)
        elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        elsewhere.sendto(b"from another port", raw.getpeername())
        came = await here.bundle()
        assert (came.peer, came.data) == (2, b"from another port")
        await closed(here)
        for each in (raw, elsewhere):
            each.close()

    run(test())


def test_garbage_doubles_and_disorder_are_handed_on_or_dropped() -> None:
    """Nothing that comes breaks a link: what may be a bundle is the engine's to judge."""

    async def test() -> None:
        here, raw = await alone(foreign=True)
        sent = [b"\x9f" * 500, b"", b"\0\0", bytes(LARGEST_DATAGRAM), b"first", b"second", b"first", bytes(4)]
        for data in sent:
            raw.send(data)
        came = [await here.bundle() for _ in range(5)]
        assert [each.data for each in came] == [
            b"\x9f" * 500,
            bytes(LARGEST_DATAGRAM),
            b"first",
            b"second",
            b"first",
        ]
        rejected = [event for event in here.said if isinstance(event, LinkMessageRejected)]
        assert [event.peer for event in rejected] == [2, 2]
        for each in came:
            assert each.transfer is not None
            here.neighbours.refuse(each.transfer, "not acceptable")
        assert here.neighbours.uncommitted.bytes == 0
        await closed(here)
        raw.close()

    run(test())


def test_what_no_datagram_holds_fails_but_not_for_good() -> None:
    """The engine is told what the peer takes; what comes all the same may go over another link later."""

    async def test() -> None:
        here, raw = await alone(datagram_max=300)
        here.send(2, "large", bytes(301), leaves=START)
        assert await here.next() == TransmissionFailed(
            "large", 2, "the peer takes 300 bytes at most", refused=False
        )
        here.send(2, "small", bytes(300), leaves=START)
        assert await here.next() == TransmissionSent("small", 2)
        assert here.neighbours.status()[0].failed == 1
        await closed(here)
        raw.close()

    run(test())


def test_what_the_system_does_not_take_has_not_left() -> None:
    """A datagram that the system refuses (here: broadcasting, which nobody asked for) fails its transfer."""

    async def test() -> None:
        address = LinkAddress("udpcl", "255.255.255.255", 4556)
        here = End(1, [PeerConfig(2, address, keepalive_s=0)], PLAN, MissionClock(START, 600))
        await here.listen("udpcl")
        here.neighbours.reach()
        assert await here.next() == UP
        here.send(2, "a", b"a bundle", leaves=START)
        event = await here.next()
        assert isinstance(event, TransmissionFailed)
        assert (event.key, event.reason, event.refused) == ("a", "Permission denied", False)
        assert here.neighbours.status()[0].error == "Permission denied"
        await closed(here)

    run(test())


def test_a_silent_peer_is_down_until_it_is_heard_again() -> None:
    """Nothing is sent to a peer that has gone; its next word, of any kind, brings the link back."""

    async def test() -> None:
        ahead = 0

        def wall() -> int:
            return loop_ns() + ahead

        here, there = await pair(clock=MissionClock(START, wall=wall))
        assert await here.next() == UP
        await there.next()
        await closed(there)
        here.send(2, "a", b"unheard", leaves=START)
        assert await here.next() == TransmissionSent("a", 2)  # its death is not known yet
        ahead = 61 * SECOND
        here.neighbours.drivers.touch(next(iter(here.neighbours.drivers._open)))
        here.neighbours.drivers.flush()
        assert await here.next() == LinkDown(2)
        (status,) = here.neighbours.status()
        assert not status.up
        assert "nothing was heard of the peer for " in status.error
        here.send(2, "b", b"too early", leaves=START)
        assert await here.next() == TransmissionFailed("b", 2, "no session", refused=False)
        back = End(2, [PeerConfig(1, here.neighbours.listening[0])], PLAN, here.neighbours._clock)
        await back.neighbours.listen(there.neighbours.listening[0])
        back.neighbours.reach()
        assert await here.next() == UP
        here.send(2, "c", b"welcome", leaves=START)
        assert await here.next() == TransmissionSent("c", 2)
        await back.next()
        assert (await back.bundle()).data == b"welcome"
        await closed(here, back)

    def loop_ns() -> int:
        return round(asyncio.get_event_loop().time() * SECOND)

    run(test())


def test_what_comes_while_memory_is_short_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can hold back who sends datagrams, so what can't be kept is lost, as on any wire."""
    monkeypatch.setattr(uncommitted, "UNSAFE_TRANSFERS", 2)

    async def test() -> None:
        here, raw = await alone()
        for number in range(5):
            raw.send(b"bundle %d" % number)
        came = [await here.bundle() for _ in range(3)]
        for each in came:
            here.acknowledge(each)
        raw.send(b"later")
        assert (await here.bundle()).data in (b"later", b"bundle 3", b"bundle 4")
        assert len(here.told) <= 2
        await closed(here)
        raw.close()

    run(test())


def test_a_peer_whose_words_are_dropped_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """While memory is short, keep-alives and bundles that are dropped still say that the peer is there."""
    monkeypatch.setattr(uncommitted, "UNSAFE_TRANSFERS", 2)

    async def test() -> None:
        ahead = 0

        def wall() -> int:
            return round(asyncio.get_running_loop().time() * SECOND) + ahead

        here, raw = await alone(MissionClock(START, wall=wall))
        (path,) = here.neighbours.drivers._open
        for number in range(3):
            raw.send(b"bundle %d" % number)
        came = [await here.bundle() for _ in range(3)]
        for word in (KEEPALIVE, b"a bundle that is dropped", KEEPALIVE):
            ahead += 40 * SECOND
            before = path.heard_at
            raw.send(word)
            async with asyncio.timeout(PATIENCE_S):
                while path.heard_at == before:
                    await asyncio.sleep(0)
            path._wake()
        assert not here.told
        assert here.neighbours.links.up == [2]
        for each in came:
            here.acknowledge(each)
        raw.send(b"taken again")
        assert (await here.bundle()).data == b"taken again"
        await closed(here)
        raw.close()

    run(test())


def test_after_a_stall_what_waits_is_read_before_a_peer_counts_as_silent() -> None:
    """Timers of a process that stood still are due at once; words that came meanwhile count first, though
    those of another peer wait before them on the same socket."""

    async def test() -> None:
        ahead = 0

        def wall() -> int:
            return round(asyncio.get_running_loop().time() * SECOND) + ahead

        raws = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for raw in raws:
            raw.bind(("127.0.0.1", 0))
        peers = [
            PeerConfig(node, LinkAddress("udpcl", *raw.getsockname()))
            for node, raw in zip((2, 3), raws, strict=True)
        ]
        here = End(1, peers, PLAN, MissionClock(START, wall=wall))
        port = (await here.listen("udpcl")).port
        here.neighbours.reach()
        for raw in raws:
            raw.connect(("127.0.0.1", port))
            raw.send(KEEPALIVE)
            assert isinstance(await here.next(), LinkUp)
        for raw in (raws[0], raws[0], raws[1]):
            raw.send(KEEPALIVE)
        ahead = 70 * SECOND
        for path in list(here.neighbours.drivers._open):
            path._wake()
        assert not here.told
        assert here.neighbours.links.up == [2, 3]
        ahead = 140 * SECOND  # and whoever has said nothing by then is gone
        for path in list(here.neighbours.drivers._open):
            path._wake()
        assert [await here.next(), await here.next()] == [LinkDown(2), LinkDown(3)]
        await closed(here)
        for raw in raws:
            raw.close()

    run(test())


def test_where_a_peer_waits_for_answers_what_is_dropped_is_refused() -> None:
    """A datagram link that acknowledges says of each transfer that there is no room for it now."""

    class Nobody(Sender):
        """A socket that takes whatever is sent."""

        @property
        def is_writable(self) -> bool:
            return True

        def send(self, data: bytes, path: DatagramPath) -> str | None:
            out.append(data)
            return None

        def read_waiting(self) -> None:
            pass

    out: list[bytes] = []
    heard: list[LinkEvent] = []

    async def test() -> None:
        peer = PeerConfig(2)
        here = SpaceLink(1, 2, lambda reaches: None, now=0)
        there = SpaceLink(2, 1, lambda reaches: None, now=0)
        path = DatagramPath(
            "ltp", here, peer, ("127.0.0.1", 9), lambda: 0, lambda _, events: heard.extend(events), Nobody()
        )
        path.pause_reading()
        transfer = there.send(b"a bundle", 0)
        (datagram,) = there.datagrams_to_send()
        path.receive(datagram.data)
        assert not any(isinstance(event, TransferReceived) for event in heard)
        (answer,) = out
        assert there.receive_datagram(answer, 0) == [TransferRefused(transfer, Refusal.NO_RESOURCES)]
        path.abort()

    run(test())


def test_a_link_that_acknowledges_is_preferred() -> None:
    """Where a peer is reached by UDP and has called us by TCP too, what we send goes by TCP while it
    lasts."""

    async def test() -> None:
        here, raw = await alone(keepalive_s=0)
        caller = End(2, [PeerConfig(1, await here.listen())], PLAN, here.neighbours._clock)
        caller.neighbours.reach()
        assert await here.next() == LinkUp(2, TRANSFER_MAX, acknowledged=True)
        await caller.next()
        here.send(2, "a", b"answered", leaves=START)
        caller.acknowledge(await caller.bundle())
        assert isinstance(await here.next(), TransmissionAcknowledged)
        await closed(caller)
        assert await here.next() == UP
        here.send(2, "b", b"unanswered", leaves=START)
        assert await here.next() == TransmissionSent("b", 2)
        await closed(here)
        raw.close()

    run(test())


def test_without_a_socket_of_its_kind_a_peer_is_not_reached() -> None:
    """A peer knows us by the address from which we send, so we listen where we send from."""

    async def test() -> None:
        here = End(1, [PeerConfig(2, LinkAddress("udpcl", "::1", 9))], ContactPlan(), MissionClock(START))
        for scheme in ("tcpcl", "udpcl"):
            await here.listen(scheme)
            with pytest.raises(InputError, match=r"udpcl://\[::1\]:9 can't be reached: .* IPv4 or IPv6"):
                here.neighbours.reach()
        named = End(
            1, [PeerConfig(2, LinkAddress("udpcl", "localhost", 9))], ContactPlan(), MissionClock(START)
        )
        await named.listen()
        with pytest.raises(InputError, match="udpcl://localhost:9 can't be reached: we listen on no udpcl"):
            named.neighbours.reach()
        await closed(here, named)

    run(test())


def test_a_port_in_use_is_told_to_the_person() -> None:
    """An address that can't be listened on is an InputError that names it."""

    async def test() -> None:
        here, raw = await alone()
        with pytest.raises(InputError, match=r"can't listen on udpcl://127\.0\.0\.1:\d+: "):
            await here.neighbours.listen(here.neighbours.listening[0])
        await closed(here)
        raw.close()

    run(test())


def test_a_burst_leaves_at_its_pace_and_comes_whole() -> None:
    """What is sent at once leaves over a while, so that it does not overflow the buffer of a receiver."""

    async def test() -> None:
        here, there = await pair(datagram_rate_bps=10_000_000)
        await here.next()
        await there.next()
        written: list[bytes] = []
        ((_, opened),) = here.neighbours.datagrams._sockets
        opened._tap = lambda source, target, data: written.append(data)
        for number in range(150):
            data = number.to_bytes(4, "big") * 250
            here.neighbours.send(Transmit(str(number), 2, 1, START, START, START, None, False), data)
        here.neighbours.drivers.flush()
        assert 0 < len(written) < 20  # what may run ahead is 10 ms of the pace, 12.5 kB
        came = [await there.bundle() for _ in range(150)]
        assert [int.from_bytes(each.data[:4], "big") for each in came] == list(range(150))
        await closed(here, there)

    run(test())


def test_while_the_socket_is_full_what_is_to_be_sent_waits_in_the_link() -> None:
    """Nothing is lost for want of room in the system's buffer, and nothing is said to have left."""

    async def test() -> None:
        here, raw = await alone(keepalive_s=0)
        ((_, opened),) = here.neighbours.datagrams._sockets
        opened.pause_writing()
        here.send(2, "a", b"a bundle", leaves=START)
        await turns()  # what must not happen has its chance
        assert not here.told
        with pytest.raises(BlockingIOError):
            raw.recv(100, socket.MSG_DONTWAIT)
        opened.resume_writing()
        assert await here.next() == TransmissionSent("a", 2)
        assert raw.recv(100) == b"a bundle"
        await closed(here)
        raw.close()

    run(test())


def test_a_peer_whose_name_leads_elsewhere_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up again and again; what was wrong with it meanwhile is in the status."""
    raws = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for raw in raws:
        raw.bind(("127.0.0.1", 0))
    answers: list[object] = [
        raws[0].getsockname(),
        OSError(-2, "Name or service not known"),
        raws[1].getsockname(),
    ]

    async def looked_up(address: LinkAddress) -> list[tuple[int, object]]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, OSError):
            raise answer
        return [(socket.AF_INET, answer)]

    monkeypatch.setattr(datagram_sockets, "LOOK_UP_EVERY_S", 0.0)

    async def test() -> None:
        peer = PeerConfig(2, LinkAddress("udpcl", "mars.example", 4556), keepalive_s=0)
        here = End(1, [peer], PLAN, MissionClock(START, 600))
        await here.listen("udpcl")
        monkeypatch.setattr(datagram_sockets, "_looked_up", looked_up)
        here.neighbours.reach()
        assert [await here.next() for _ in range(3)] == [UP, LinkDown(2), UP]
        here.send(2, "a", b"where are you", leaves=START)
        assert await here.next() == TransmissionSent("a", 2)
        raws[1].settimeout(PATIENCE_S)
        assert raws[1].recv(100) == b"where are you"
        await closed(here)

    run(test())
    for raw in raws:
        raw.close()
