"""Letters that fit into no contact whole, in real time, over sockets and on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.live.helpers import PATIENCE_S, START, always, run, tcpcl, until
from tests.neighbours.helpers import End, risen

from starlight import bundle
from starlight.bundle import EndpointID
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import MINUTE, SECOND, to_wire
from starlight.engine.record import replay
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.node.events import TransmissionAcknowledged

EARTH, MARS, FOREIGN = 1, 2, 9
JAY, NAN_YOUNG = "ipn:1.1", "ipn:2.1"
RATE = 600
assert PATIENCE_S * RATE * SECOND > 150 * MINUTE, "a busy machine misses some of the passes below"


def passes(size: int, count: int) -> ContactPlan:
    """Return a plan of passes of a minute from Earth to Mars, every two minutes, each for so many bytes."""
    contacts = [always(1, MARS, EARTH, 4.0), always(2, FOREIGN, EARTH), always(3, EARTH, FOREIGN)]
    for number in range(count):
        start = START + (2 * number + 30) * MINUTE  # three seconds of the wall for all that comes before
        rates = ((start, size * 8 // 60),)
        light = constant_light(start, 4.0)
        contacts.append(Contact(10 + number, EARTH, MARS, start, start + MINUTE, rates, light))
    return ContactPlan.of(contacts)


def config(
    folder: Path, node: int, address: str, plan: ContactPlan, peers: Sequence[PeerConfig], **more: Any
) -> DaemonConfig:
    """Return the configuration of a node with one resident."""
    return DaemonConfig(
        node=NodeConfig(number=node, plan=plan),
        data=str(folder / str(node)),
        peers=tuple(peers),
        residents=(Resident(address, "somebody"),),
        **more,
    )


def test_a_letter_of_three_passes_arrives_whole(tmp_path: Path) -> None:
    """Cut at Earth, put together on Mars; it was predicted, departs once, and its receipt comes back."""
    plan = passes(360_000, 60)
    words = "Can you hear me? " * 58_000  # just under a megabyte, the longest letter there is
    record = tmp_path / "record"

    async def test() -> None:
        clock = MissionClock(START, RATE)
        there = Daemon(config(tmp_path, MARS, NAN_YOUNG, plan, [PeerConfig(EARTH)]), clock)
        await there.start()
        peers = [PeerConfig(MARS, tcpcl(there.port))]
        here = Daemon(config(tmp_path, EARTH, JAY, plan, peers, record=str(record)), clock)
        await here.start()
        letter = await here.mail.write(JAY, Draft(NAN_YOUNG, words))
        assert len(here.node.stored) == 3
        shown = here.mail.mailbox(JAY).letter_view(letter.id, clock.now())
        arrival = shown.last_fact(DeliveryState.ARRIVED)
        assert arrival is not None
        arrives = arrival.time
        await until(there, lambda: there.mail.mailbox(NAN_YOUNG).inbox())
        assert [came.text for came in there.mail.mailbox(NAN_YOUNG).inbox()] == [words]
        assert there.mail.mailbox(NAN_YOUNG).inbox()[0].id == letter.id
        assert arrives > START + 34 * MINUTE
        assert there.clock.now() >= arrives
        await until(here, lambda: state(here, letter, clock) == "arrived")
        assert not here.node.stored
        assert here.status().defects == there.status().defects == 0
        await here.stop()
        await there.stop()

    run(test())
    outcome = replay(record.read_text().splitlines())
    assert outcome.differences == []
    assert "Fetched" in record.read_text()


def test_a_bundle_is_cut_to_what_the_session_takes_and_a_wider_one_takes_it_whole(tmp_path: Path) -> None:
    """The peer's transfer MRU is a fact of the session (RFC 9174, 4.6) that routing sees, and that the next
    session may change; nothing is stuck for ever."""
    plan = ContactPlan.of([always(1, EARTH, MARS), always(2, MARS, EARTH)])

    async def test() -> None:
        clock = MissionClock(START, RATE)
        here = Daemon(config(tmp_path, EARTH, JAY, plan, [PeerConfig(MARS)]), clock)
        await here.start()
        peers = [PeerConfig(EARTH, tcpcl(here.port))]
        for takes, bundles in ((1_000, 3), (64 << 20, 1)):
            there = End(MARS, peers, plan, clock, transfer_max=takes)
            there.neighbours.reach()
            assert await there.next() == risen(EARTH)
            await until(here, lambda: here.status().up == [MARS])
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Can you hear me? " * 150))
            came = [await there.bundle()]
            while sum(len(each.data) for each in came) < 17 * 150:
                there.acknowledge(came[-1])
                came.append(await there.bundle())
            there.acknowledge(came[-1])
            assert all(len(each.data) <= takes for each in came)
            assert len(came) == bundles
            await until(here, lambda: here.status().stored["bundles"] == 0)
            await there.neighbours.close()
            await until(here, lambda: here.status().up == [])
        await here.stop()

    run(test())


def state(daemon: Daemon, letter: Letter, clock: MissionClock) -> DeliveryState | None:
    """Return the state of a letter that is known, not only foreseen."""
    view = daemon.mail.mailbox(JAY).letter_view(letter.id, clock.now())
    return view.state if view.certainty == "confirmed" else None


def test_three_megabytes_of_a_foreign_node_go_on_in_pieces_a_stop_in_between(tmp_path: Path) -> None:
    """A relay cuts what it receives; the pieces lie in its segments, and go on after it was started again."""
    plan = passes(1_000_000, 60)
    payload = bytes(range(256)) * 12_000
    large = bundle.build(
        EndpointID.parse("ipn:9.1"), EndpointID.parse("ipn:2.7"), payload, creation=(to_wire(START), 0),
        lifetime_ms=10**9, hop_limit=9,
    )  # fmt: skip

    async def test() -> None:
        clock = MissionClock(START, RATE)
        there = Daemon(config(tmp_path, MARS, NAN_YOUNG, plan, [PeerConfig(EARTH)]), clock)
        await there.start()
        peers = [PeerConfig(MARS, tcpcl(there.port)), PeerConfig(FOREIGN)]
        here = Daemon(config(tmp_path, EARTH, JAY, plan, peers), clock)
        await here.start()
        foreign = End(FOREIGN, [PeerConfig(EARTH, tcpcl(here.port))], plan, clock)
        foreign.neighbours.reach()
        assert await foreign.next() == risen(EARTH)
        foreign.send(EARTH, "large", bundle.encode(large), leaves=START)
        assert isinstance(await foreign.next(), TransmissionAcknowledged)
        await until(here, lambda: len(here.node.stored) == 4)
        await foreign.neighbours.close()
        await here.stop()
        again = Daemon(config(tmp_path, EARTH, JAY, plan, peers), clock)
        assert again.store.counts()["bundles"] == 4
        await again.start()
        await until(there, lambda: len(there.node.stored) == 4)
        bodies = [there.store.body(key) for key in there.node.stored]
        assert bundle.reassemble(bodies) == payload
        assert {bundle.parse(body).previous_node for body in bodies} == {EndpointID.ipn(EARTH, 0)}
        await until(again, lambda: not again.node.stored)
        await again.stop()
        await there.stop()

    run(test())
