"""A node's links over real sockets on loopback: sessions, imposed light, cuts, failures."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from typing import Any

import pytest
from tests.links.helpers import CONTACT, segment, sess_init
from tests.live.helpers import PATIENCE_S, START, both_ways, run, turns
from tests.neighbours.helpers import End, pair, risen

from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.neighbours import connections, uncommitted
from starlight.neighbours.connection import Connection
from starlight.neighbours.connections import NAMELESS
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.peer_links import LINKS_EACH
from starlight.neighbours.trace_events import LinkRefused
from starlight.node.actions import Transmit
from starlight.node.events import (
    BundleReceived,
    Event,
    LinkDown,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
)

LIGHT_S = 4.0
PLAN = both_ways((1, 2, LIGHT_S))


async def connected(**options: Any) -> tuple[MissionClock, End, End]:
    """Return two ends that have told their engines of each other."""
    clock, here, there = await pair(PLAN, **options)
    assert await here.next() == risen(2)
    assert await there.next() == risen(1)
    return clock, here, there


def transfer_of(event: Event) -> int:
    """Return the transfer of a bundle that came and is to be answered."""
    assert isinstance(event, BundleReceived)
    assert event.transfer is not None
    return event.transfer


async def closed(*ends: End) -> None:
    """Close links from both sides."""
    for end in ends:
        await end.neighbours.close()


def test_light_is_imposed_where_it_is_received() -> None:
    """The receiver hides the bundle until it would have arrived; the sender hides the acknowledgement."""

    async def test() -> None:
        clock, here, there = await connected()
        left = clock.now()
        reaches = left + round(LIGHT_S * SECOND)
        here.send(2, "a", b"a bundle", leaves=left, reaches=reaches)
        received = await there.bundle()
        assert received == BundleReceived(1, b"a bundle", 1, reaches, under_way=round(LIGHT_S * SECOND))
        there.acknowledge(received)
        assert await here.next() == TransmissionAcknowledged("a", 2, reaches + round(LIGHT_S * SECOND))
        await closed(here, there)

    run(test())


def test_both_directions_use_one_session() -> None:
    """Either side may have opened the connection; both directions use it."""

    async def test() -> None:
        clock, here, there = await connected()
        there.send(1, "back", b"the other way", leaves=clock.now())
        assert (await here.bundle()).data == b"the other way"
        assert there.neighbours.links.up == [1]
        await closed(here, there)

    run(test())


@pytest.mark.parametrize(
    ("reason", "refused"),
    [("not acceptable", True), ("no resources", False)],
)
def test_a_refusal_fails_the_transfer(reason: str, refused: bool) -> None:
    """`refused`: the peer does not want this bundle again by this way; want of room is no such refusal."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "a", b"x", leaves=clock.now())
        there.neighbours.refuse(transfer_of(await there.next()), reason)
        there.neighbours.drivers.flush()
        assert await here.next() == TransmissionFailed("a", 2, reason, refused)
        await closed(here, there)

    run(test())


def test_a_refusal_as_completed_is_an_acknowledgement() -> None:
    """Completed: "The receiver already has the complete bundle" (RFC 9174, table 6)."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "a", b"x", leaves=clock.now())
        there.neighbours.refuse(transfer_of(await there.next()), "completed")
        there.neighbours.drivers.flush()
        assert isinstance(await here.next(), TransmissionAcknowledged)
        await closed(here, there)

    run(test())


def test_a_one_way_hop_tells_only_that_it_was_sent() -> None:
    """On a one-way hop this is all that is ever known."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "a", b"x", leaves=clock.now(), one_way=True)
        there.acknowledge(await there.next())
        assert await here.next() == TransmissionSent("a", 2)
        await closed(here, there)

    run(test())


def test_transfers_under_way_fail_with_the_session_and_the_link_rises_again() -> None:
    """A transfer will not be acknowledged when the link fell; the caller connects again by itself."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "a", b"x", leaves=clock.now())
        received = await there.bundle()
        there.neighbours.drivers.abort()
        told = [await here.next(), await here.next(), await here.next()]
        assert told[0] == LinkDown(2)
        assert isinstance(told[1], TransmissionFailed)
        assert (told[1].key, told[1].refused) == ("a", False)
        assert told[2] == risen(2)
        assert [await there.next(), await there.next()] == [LinkDown(1), risen(1)]
        there.neighbours.acknowledge(
            transfer_of(received)
        )  # too late: its session is gone, and that is no error
        there.neighbours.drivers.flush()
        await closed(here, there)

    run(test())


def test_over_a_cut_link_everything_is_eaten_but_what_has_left_arrives() -> None:
    """What has left is in flight: neither a later cut nor a crash of the sender stops it."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "before", b"1", leaves=clock.now())
        here.neighbours.links.cut({(1, 2)})
        assert await here.next() == LinkDown(2)
        left = clock.now()
        here.send(2, "during", b"2", leaves=left, reaches=left + round(LIGHT_S * SECOND))
        received = await there.bundle()
        assert received.data == b"1"
        failed = await here.next()
        assert failed == TransmissionFailed("during", 2, "the link is cut")
        assert clock.now() >= left + round(2 * LIGHT_S * SECOND)  # when its acknowledgement would have come
        there.acknowledge(received)
        answer = await here.next()
        assert isinstance(answer, TransmissionAcknowledged)
        assert answer.key == "before"
        assert (here.neighbours.links.up, here.neighbours.links.connected) == ([], [2])
        here.neighbours.links.cut(())
        assert await here.next() == risen(2)
        await closed(here, there)

    run(test())


def test_what_goes_to_a_foreign_receiver_is_held_for_the_light_time() -> None:
    """With a foreign receiver the sender holds it instead, and no extension item is sent."""

    async def test() -> None:
        wire = []
        clock, here, there = await connected(
            foreign=True, tap=lambda source, destination, data: wire.append(data)
        )
        left = clock.now()
        reaches = left + round(LIGHT_S * SECOND)
        here.send(2, "a", b"held", leaves=left, reaches=reaches)
        received = await there.bundle()
        assert clock.now() >= reaches
        assert received.arrives >= reaches + round(LIGHT_S * SECOND)  # no departure: it left when it came
        assert b"\x8a\x57" not in b"".join(wire)
        await closed(here, there)

    run(test())


def test_a_batch_is_one_write() -> None:
    """One write per batch: what comes up for a connection goes out in one go."""

    async def test() -> None:
        writes = []
        clock, here, there = await connected(tap=lambda source, destination, data: writes.append(data))
        writes.clear()
        for number in range(20):
            here.neighbours.send(transmit_of(number, clock.now()), b"bundle %d" % number)
        assert writes == []
        here.neighbours.drivers.flush()
        assert len(writes) == 1
        for number in range(20):
            assert (await there.bundle()).data == b"bundle %d" % number
        await closed(here, there)

    run(test())


def transmit_of(number: int, now: int) -> Transmit:
    """Return the action that sends the n-th bundle."""
    return Transmit(str(number), 2, 1, now, now, now, None, False)


def test_a_stranger_is_turned_away() -> None:
    """A session with a node that is not a configured peer is ended, and traced."""

    async def test() -> None:
        clock = MissionClock(START, 600)
        there = End(2, [PeerConfig(1)], PLAN, clock)
        stranger = End(9, [PeerConfig(2, await there.listen())], PLAN, clock)
        stranger.neighbours.reach()
        assert await stranger.next() == risen(2)
        assert await stranger.next() == LinkDown(2)
        await closed(stranger, there)
        assert not there.told
        (refused,) = (event for event in there.said if isinstance(event, LinkRefused))
        assert (refused.peer, refused.reason) == ("ipn:9.0", "not a peer of this node")
        assert refused.address.startswith("127.0.0.1 port ")

    run(test())


def test_strangers_without_end_leave_nothing_behind() -> None:
    """Ever new names cost no memory, and the trace tells of the first, second, fourth, eighth and so on."""

    async def test() -> None:
        there = End(2, [PeerConfig(1)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        for number in range(20):
            reader, writer = await greeted(port, f"ipn:{100 + number}.0")
            async with asyncio.timeout(PATIENCE_S):
                await reader.read(-1)
            writer.close()
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            async with asyncio.timeout(PATIENCE_S):
                await reader.read(-1)
            writer.close()
        links, drivers = there.neighbours.links, there.neighbours.drivers
        refused = [event for event in there.said if isinstance(event, LinkRefused)]
        assert [event.peer for event in refused] == [f"ipn:{99 + nth}.0" for nth in (1, 2, 4, 8, 16)]
        assert refused[-1].reason == "not a peer of this node, the 16. of such"
        assert len(there.said) <= len(refused) + 6  # one more for each power of 2 up to the 40 that ended
        await closed(there)
        for table in (links._links, links._by_driver, links._told, links._down):
            assert not table
        assert not drivers._alive
        assert not drivers._open

    run(test())


def test_garbage_costs_only_its_connection() -> None:
    """Input from a peer can raise only the documented errors; it never ends the process."""

    async def test() -> None:
        clock, here, there = await connected()
        port = there.neighbours.listening[0].port
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"dtn!\x04\x00" + bytes(range(256)) * 8, b"\x00" * 70_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(garbage)
            await reader.read()
            writer.close()
        here.send(2, "a", b"still here", leaves=clock.now())
        assert (await there.bundle()).data == b"still here"
        await closed(here, there)

    run(test())


def test_a_port_in_use_is_told_to_the_person() -> None:
    """An address that can't be listened on is an InputError that names it."""

    async def test() -> None:
        _, here, there = await connected()
        (address,) = there.neighbours.listening
        with pytest.raises(InputError, match=f"can't listen on tcpcl://127.0.0.1:{address.port}: "):
            await here.neighbours.listen(address)
        await closed(here, there)

    run(test())


def test_a_large_bundle_survives_a_slow_reader() -> None:
    """Back-pressure: a body larger than all buffers arrives whole."""

    async def test() -> None:
        clock, here, there = await connected()
        body = bytes(range(256)) * 32_768  # 8 MB
        for number in range(3):
            here.send(2, str(number), body, leaves=clock.now())
        for _ in range(3):
            received = await there.bundle()
            assert received.data == body
            there.acknowledge(received)
        for number in range(3):
            answer = await here.next()
            assert isinstance(answer, TransmissionAcknowledged)
            assert answer.key == str(number)
        await closed(here, there)

    run(test())


def test_who_turns_us_away_is_asked_less_and_less_often() -> None:
    """An entity "MUST NOT overwhelm its target with repeated connection attempts" (RFC 9174, 4.1), even
    where each attempt gets as far as a session, because only then is it told that nobody knows it."""

    async def test() -> None:
        clock = MissionClock(START, 600)
        there = End(2, [PeerConfig(1)], PLAN, clock)
        stranger = End(9, [PeerConfig(2, await there.listen())], PLAN, clock)
        began = asyncio.get_running_loop().time()
        stranger.neighbours.reach()
        for _ in range(4):
            assert await stranger.next() == risen(2)
            assert await stranger.next() == LinkDown(2)
        assert asyncio.get_running_loop().time() - began >= 0.1 + 0.2 + 0.4
        await closed(stranger, there)

    run(test())


async def greeted(port: int, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection by hand, after the contact header and SESS_INIT of both sides."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(CONTACT + sess_init(node_id=name))
    assert await reader.readexactly(6 + 32) == CONTACT + sess_init(node_id="ipn:2.0")
    return reader, writer


def test_the_answer_to_our_last_word_is_read() -> None:
    """Whoever is sent a SESS_TERM answers it (RFC 9174, 6.1), and is not met by a connection reset."""

    async def test() -> None:
        there = End(2, [PeerConfig(1)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        loop = asyncio.get_running_loop()
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.setblocking(False)
            await loop.sock_sendall(raw, CONTACT + sess_init(node_id="ipn:9.0"))
            said = b""
            async with asyncio.timeout(PATIENCE_S):
                while part := await loop.sock_recv(raw, 1024):
                    said += part
            assert said.endswith(b"\x05\x00\x04")  # SESS_TERM, Contact Failure
            for _ in range(2):  # a reset comes upon the first, and fails the second
                await loop.sock_sendall(raw, b"\x05\x01\x04")
                await turns()
            assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        await closed(there)

    run(test())


def test_silent_strangers_keep_no_peer_out() -> None:
    """However many connections say nothing, a peer that calls is let in, and one that is there stays."""

    async def test() -> None:
        there = End(2, [PeerConfig(1), PeerConfig(3)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        writers = [(await greeted(port, "ipn:3.0"))[1]]
        for _ in range(NAMELESS + 50):
            writers.append((await asyncio.open_connection("127.0.0.1", port))[1])
        writers.append((await greeted(port, "ipn:1.0"))[1])
        assert there.neighbours.links.connected == [1, 3]
        assert len(there.neighbours._connections._callers) <= NAMELESS + 2
        told = [event.reason for event in there.said if isinstance(event, LinkRefused)]
        assert told[0] == f"more than {NAMELESS} callers have given no name, the 1. broken off"
        assert len(told) <= 7
        for writer in writers:
            writer.close()
        await closed(there)

    run(test())


def test_a_crowd_of_one_host_breaks_off_none_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls from elsewhere has time to give a name, though it called before all of a crowd."""
    monkeypatch.setattr(connections, "NAMELESS", 4)

    async def test() -> None:
        there = End(2, [PeerConfig(1)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        reader, slow = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        slow.write(CONTACT)
        assert await reader.readexactly(6) == CONTACT
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        async with asyncio.timeout(PATIENCE_S):
            for silent, _ in crowd[:4]:
                with contextlib.suppress(ConnectionError):
                    await silent.read(-1)
        slow.write(sess_init(node_id="ipn:1.0"))
        assert await there.next() == risen(1)
        for writer in (slow, *(each for _, each in crowd)):
            writer.close()
        await closed(there)

    run(test())


def test_a_stranger_holds_no_transfer_in_memory() -> None:
    """ "An entity MAY perform an unclean termination" (RFC 9174, 6.1): a stranger's transfer in progress
    is not waited for."""

    async def test() -> None:
        there = End(2, [PeerConfig(1)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begun = segment(0, b"x" * 10_000, end=False)
        writer.write(CONTACT + sess_init(node_id="ipn:9.0") + begun)
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read(-1)
        assert answer.endswith(b"\x05\x00\x04")  # SESS_TERM, Contact Failure, then the end
        writer.close()
        await closed(there)

    run(test())


def test_one_peer_has_a_bounded_number_of_sessions() -> None:
    """Each session may hold an unfinished transfer, so there is a limit to them; the first ones stay."""

    async def test() -> None:
        there = End(2, [PeerConfig(1)], PLAN, MissionClock(START, 600))
        port = (await there.listen()).port
        held = [await greeted(port, "ipn:1.0") for _ in range(LINKS_EACH)]
        reader, writer = await greeted(port, "ipn:1.0")
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read(-1) == b"\x05\x00\x03"  # SESS_TERM, Busy
        assert there.neighbours.links.connected == [1]
        for _, each in [*held, (reader, writer)]:
            each.close()
        await closed(there)

    run(test())


def test_what_is_not_committed_counts_after_its_session_has_fallen() -> None:
    """A peer that connects again and again can't pile up more in memory than one that stays."""

    async def test() -> None:
        clock, here, there = await connected()
        here.send(2, "a", b"x" * 1000, leaves=clock.now())
        received = await there.bundle()
        there.neighbours.drivers.abort()
        assert await there.next() == LinkDown(1)
        assert there.neighbours.uncommitted.bytes == 1000
        there.neighbours.acknowledge(transfer_of(received))
        assert there.neighbours.uncommitted.bytes == 0
        await closed(here, there)

    run(test())


def test_a_session_that_begins_under_back_pressure_is_held_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a peer that connects anew would get round it; it is read from when what has come is safe."""
    monkeypatch.setattr(uncommitted, "UNSAFE_TRANSFERS", 2)
    plan = both_ways((1, 2, LIGHT_S), (3, 2, LIGHT_S))

    async def test() -> None:
        clock = MissionClock(START, 600)
        there = End(2, [PeerConfig(1), PeerConfig(3)], plan, clock)
        peers = [PeerConfig(2, await there.listen())]
        first, second = (End(number, peers, plan, clock) for number in (1, 3))
        first.neighbours.reach()
        assert await there.next() == risen(1)
        assert await first.next() == risen(2)
        came: list[BundleReceived] = []
        for key in "abc":
            first.send(2, key, b"x", leaves=clock.now())
            received = await there.next()
            assert isinstance(received, BundleReceived)
            came.append(received)
        held = dict(there.neighbours.drivers._open)
        second.neighbours.reach()
        assert await there.next() == risen(3)
        assert await second.next() == risen(2)
        second.send(2, "d", b"y", leaves=clock.now())
        (late_comer,) = there.neighbours.drivers._open.keys() - held.keys()
        assert isinstance(late_comer, Connection)
        assert late_comer._transport is not None
        arrived = late_comer._transport.get_extra_info("socket").fileno()
        assert select.select([arrived], [], [], PATIENCE_S)[0]  # it waits in the system's buffer
        await turns()
        assert not there.told
        for received in came:
            assert received.transfer is not None
            there.neighbours.acknowledge(received.transfer)
        late = await there.next()
        assert isinstance(late, BundleReceived)
        assert (late.peer, late.data) == (3, b"y")
        await closed(first, second, there)

    run(test())
