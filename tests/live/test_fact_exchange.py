"""Whole nodes whose files differ about the mission: both say so as soon as they are joined."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from tests.live.helpers import START, both_ways, run, tcpcl, turns, until
from tests.live.test_udp_nodes import free_address

from starlight.contacts.amendments import MissionFact
from starlight.contacts.mission_facts import FactDisagreement, Said
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.live.node_log import level_of
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.link_driver import SocketAddress
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.services.fact_statements import FILE
from starlight.services.trace_events import FactAgrees, FactDiffers, FactTaken
from starlight.trace import Record

EARTH, MARS, RELAY = 1, 2, 3
LONGITUDE = "mars_longitude_deg"
PLAN = both_ways((EARTH, MARS, 0.0), (EARTH, RELAY, 0.0))
CLOCK = MissionClock(START)


def node(
    folder: Path, number: int, peers: list[PeerConfig], told: list[Record], /, **facts: float | str
) -> Daemon:
    """Return a node whose file has some facts; its trace goes to a list, its bytes too."""
    said = {name: Said(value, FILE) for name, value in facts.items()}
    config = DaemonConfig(
        node=NodeConfig(number, PLAN),
        data=str(folder / str(number)),
        peers=tuple(peers),
        planners=(EARTH,),
        facts=said,
    )
    return Daemon(config, CLOCK, log=told.append)


@contextlib.asynccontextmanager
async def running(*daemons: Daemon) -> AsyncIterator[None]:
    """Run nodes until the context ends."""
    try:
        for daemon in daemons:
            await daemon.start()
        yield
    finally:
        for daemon in daemons:
            await daemon.stop()


def differing(daemon: Daemon) -> list[FactDisagreement]:
    """Return what a node's status tells of facts that differ."""
    return daemon.status().facts_differ


def tells(daemon: Daemon, theirs: list[float]) -> bool:
    """Return whether a node tells that these values of others differ from its own."""
    return [each.theirs.value for each in differing(daemon)] == theirs


def test_two_files_that_differ_are_told_of_at_both_ends(tmp_path: Path) -> None:
    """Status, log and trace of both name the fact, both values and whose file says which; nothing is sent."""
    told: list[Record] = []

    async def scene() -> None:
        there = node(tmp_path, MARS, [PeerConfig(EARTH)], told, mars_longitude_deg=12.5)
        async with running(there):
            peers = [PeerConfig(MARS, tcpcl(there.port))]
            here = node(tmp_path, EARTH, peers, told, mars_longitude_deg=239.9)
            async with running(here):
                await until(here, lambda: differing(here))
                await until(there, lambda: differing(there))
                ours, theirs = Said(239.9, FILE), Said(12.5, FILE)
                assert differing(here) == [FactDisagreement(LONGITUDE, ours, theirs, MARS)]
                assert differing(there) == [FactDisagreement(LONGITUDE, theirs, ours, EARTH)]
                assert here.status().facts[LONGITUDE] == ours
                assert (here.status().sent, here.status().stored["bundles"]) == (0, 0)

    run(scene())
    said = {each.node: each.event for each in told if isinstance(each.event, FactDiffers)}
    assert said == {
        EARTH: FactDiffers(LONGITUDE, 239.9, FILE, 12.5, FILE, MARS),
        MARS: FactDiffers(LONGITUDE, 12.5, FILE, 239.9, FILE, EARTH),
    }
    assert {level_of(event) for event in said.values()} == {logging.WARNING}


def test_what_a_peer_told_is_taken_kept_and_given_up(tmp_path: Path) -> None:
    """A node without a fact takes the peer's, still has it after a restart alone, and follows its mending."""
    told: list[Record] = []

    async def joined(longitude: float, *, whole: bool) -> None:
        there = node(tmp_path, MARS, [PeerConfig(EARTH)], told, landing="2051-02-01")
        async with running(there):
            if not whole:
                assert there.facts.here[LONGITUDE] == Said(longitude, "peer 1")
                return
            here = node(
                tmp_path, EARTH, [PeerConfig(MARS, tcpcl(there.port))], told, mars_longitude_deg=longitude
            )
            async with running(here):
                await until(there, lambda: there.facts.here.get(LONGITUDE) == Said(longitude, "peer 1"))
                await until(here, lambda: "landing" in here.facts.here)
                assert differing(here) == differing(there) == []

    run(joined(239.9, whole=True))
    run(joined(239.9, whole=False))
    run(joined(100.0, whole=True))
    taken = [each.event.value for each in told if isinstance(each.event, FactTaken) and each.node == MARS]
    assert taken == [239.9, 239.9, 239.9, 100.0]


def test_a_planners_amendment_ends_a_disagreement(tmp_path: Path) -> None:
    """What a planner amends holds at all nodes, over a file; the third node has it from there as well."""
    told: list[Record] = []

    async def scene() -> None:
        there = node(tmp_path, MARS, [PeerConfig(EARTH)], told, mars_longitude_deg=12.5)
        third = node(tmp_path, RELAY, [PeerConfig(EARTH)], told, landing="2051-02-01")
        async with running(there, third):
            peers = [PeerConfig(MARS, tcpcl(there.port)), PeerConfig(RELAY, tcpcl(third.port))]
            here = node(tmp_path, EARTH, peers, told, mars_longitude_deg=239.9)
            async with running(here):
                await until(there, lambda: differing(there))
                await here.plan.amend([MissionFact(LONGITUDE, 77.0)])
                await until(there, lambda: there.facts.here[LONGITUDE].value == 77.0)
                await until(third, lambda: third.facts.here[LONGITUDE].value == 77.0)
                # Of what the peer's file said before nothing is left; its own file is told of.
                await until(there, lambda: [each.peer for each in differing(there)] == [None])
                assert not differing(there)[0].holds
                assert third.facts.here[LONGITUDE] == Said(77.0, "amendment 1:1")

    run(scene())
    assert any(isinstance(each.event, FactTaken) and each.node == RELAY for each in told)


def test_a_fact_reaches_who_is_two_links_away(tmp_path: Path) -> None:
    """A node in the middle tells in a bundle what changes while a session lasts, also that it is gone."""
    told: list[Record] = []

    async def scene() -> None:
        there = node(tmp_path, MARS, [PeerConfig(EARTH)], told, landing="2051-02-01")
        async with running(there):
            peers = [PeerConfig(MARS, tcpcl(there.port)), PeerConfig(RELAY)]
            here = node(tmp_path, EARTH, peers, told, timezone="UTC")
            async with running(here):
                await until(there, lambda: "timezone" in there.facts.here)
                third = node(
                    tmp_path, RELAY, [PeerConfig(EARTH, tcpcl(here.port))], told, mars_longitude_deg=5.0
                )
                async with running(third):
                    await until(there, lambda: there.facts.here.get(LONGITUDE) == Said(5.0, "peer 3"))
                    assert here.facts.here[LONGITUDE] == Said(5.0, "peer 3")
                    await until(
                        third, lambda: third.facts.here.get("landing") == Said("2051-02-01", "peer 2")
                    )
                third = node(tmp_path, RELAY, [PeerConfig(EARTH, tcpcl(here.port))], told, timezone="UTC")
                async with running(third):
                    await until(there, lambda: LONGITUDE not in there.facts.here)

    run(scene())


def test_a_mended_file_agrees_at_the_next_start(tmp_path: Path) -> None:
    """What differed and does not any more is said."""
    told: list[Record] = []

    async def scene() -> None:
        there = node(tmp_path, MARS, [PeerConfig(EARTH)], told, mars_longitude_deg=12.5)
        async with running(there):
            for longitude in (239.9, 12.5):
                peers = [PeerConfig(MARS, tcpcl(there.port))]
                here = node(tmp_path, EARTH, peers, told, mars_longitude_deg=longitude)
                async with running(here):
                    expected = [239.9] if longitude == 239.9 else []
                    await until(there, partial(tells, there, expected))

    run(scene())
    assert [each.event for each in told if isinstance(each.event, FactAgrees) and each.node == MARS]


@pytest.mark.parametrize("stranger", [True, False])
def test_strangers_and_foreign_peers_are_told_nothing(tmp_path: Path, stranger: bool) -> None:
    """Names of people leave for peers that are Starlight's alone: whoever else calls sees none."""
    wire: list[bytes] = []
    secret = "Joo Nan-young"

    def tap(source: SocketAddress, destination: SocketAddress, data: bytes) -> None:
        wire.append(data)

    async def scene() -> None:
        known = [] if stranger else [PeerConfig(MARS, foreign=True)]
        here = Daemon(
            DaemonConfig(
                node=NodeConfig(EARTH, PLAN),
                data=str(tmp_path / "1"),
                peers=tuple(known),
                facts={"address.ipn:1.1.name": Said(secret, FILE)},
            ),
            CLOCK,
            tap=tap,
        )
        async with running(here):
            peers = [PeerConfig(EARTH, tcpcl(here.port))]
            there = node(tmp_path, MARS, peers, [], mars_longitude_deg=12.5)
            async with running(there):
                await until(there, lambda: there.status().links[0].error or there.status().up)
                await turns()
                assert here.facts.here.keys() == {"address.ipn:1.1.name"}

    run(scene())
    assert wire
    assert secret.encode() not in b"".join(wire)


def test_peers_without_sessions_tell_each_other_in_bundles(tmp_path: Path) -> None:
    """Over UDP the amendment service carries what a session else does, once while a link comes and goes."""
    addresses: dict[int, LinkAddress] = {EARTH: free_address(), MARS: free_address()}

    def udp(number: int, other: int, longitude: float) -> Daemon:
        return Daemon(
            DaemonConfig(
                node=NodeConfig(number, PLAN),
                data=str(tmp_path / str(number)),
                peers=(PeerConfig(other, addresses[other]),),
                listen=(addresses[number],),
                facts={LONGITUDE: Said(longitude, FILE)},
            ),
            CLOCK,
        )

    async def scene() -> None:
        here, there = udp(EARTH, MARS, 239.9), udp(MARS, EARTH, 12.5)
        async with running(here, there):
            await until(here, lambda: differing(here))
            await until(there, lambda: differing(there))
            here.facts.rose(MARS)
            await here.settled()
            assert here.status().sent == 1
            assert differing(there)[0].theirs == Said(239.9, FILE)

    run(scene())
