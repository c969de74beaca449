"""A group over three real nodes, on Earth, on Mars and on a ship: over sockets, stores and imposed light."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.live.helpers import START, both_ways, run, tcpcl, until

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig

EARTH, MARS, SHIP = 1, 2, 3
JAY, NAN, BEN, CLEO = "ipn:1.1", "ipn:2.1", "ipn:2.2", "ipn:3.1"
HOMES = {JAY: EARTH, NAN: MARS, BEN: MARS, CLEO: SHIP}
LINKS = ((EARTH, MARS, 300.0), (EARTH, SHIP, 30.0), (MARS, SHIP, 280.0))
RATE = 6000  # light crosses in 50 ms of the wall
TO_SHIP = {(EARTH, SHIP), (SHIP, EARTH), (MARS, SHIP), (SHIP, MARS)}


class Worlds:
    """Three daemons that hear each other, each of which can end and come back.

    Args:
        folder: for their data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = MissionClock(START, RATE)
        self.nodes: dict[int, Daemon] = {}

    async def start(self, number: int) -> None:
        """Start a node, which calls those that run."""
        peers = [
            PeerConfig(other, tcpcl(self.nodes[other].port) if other in self.nodes else None)
            for other in (EARTH, MARS, SHIP)
            if other != number
        ]
        config = DaemonConfig(
            node=NodeConfig(number=number, plan=both_ways(*LINKS)),
            data=str(self._folder / str(number)),
            peers=tuple(peers),
            residents=tuple(Resident(each, each) for each, home in HOMES.items() if home == number),
        )
        self.nodes[number] = Daemon(config, self._clock)
        await self.nodes[number].start()

    async def stop(self, number: int) -> None:
        """Stop a node."""
        await self.nodes.pop(number).stop()

    def at(self, address: str) -> Daemon:
        """Return the node at which somebody lives."""
        return self.nodes[HOMES[address]]

    def cut(self, links: set[tuple[int, int]]) -> None:
        """Cut links at all nodes."""
        for node in self.nodes.values():
            node.cut(links)

    def texts(self, address: str, group: str) -> list[str]:
        """Return the words of a group's letters in a mailbox, in order."""
        return [each.text for each in self.at(address).mail.mailbox(address).page(group).letters]

    def members(self, address: str, group: str) -> tuple[str, ...]:
        """Return who is in a group, as a mailbox knows it."""
        known = self.at(address).mail.mailbox(address).groups.get(group)
        return () if known is None else known.members

    async def write(self, address: str, group: str, text: str) -> str:
        """Write a letter to a group; return its id."""
        return (await self.at(address).mail.write(address, Draft(group, text))).id

    def view(self, address: str, id: str) -> LetterView:
        """Return how a letter stands in a mailbox."""
        node = self.at(address)
        return node.mail.mailbox(address).letter_view(id, node.clock.now())

    async def see(self, address: str, group: str, *texts: str) -> None:
        """Wait until a mailbox shows just these letters of a group, in this order."""
        await until(self.at(address), lambda: self.texts(address, group) == [*texts])

    async def know(self, address: str, group: str, *members: str) -> None:
        """Wait until a mailbox knows just these members of a group."""
        await until(self.at(address), lambda: self.members(address, group) == members)


@contextlib.asynccontextmanager
async def worlds(folder: Path) -> AsyncIterator[Worlds]:
    """Run all three."""
    made = Worlds(folder)
    try:
        for number in (EARTH, MARS, SHIP):
            await made.start(number)
        yield made
    finally:
        for number in list(made.nodes):
            await made.stop(number)


def readers(view: LetterView) -> set[str]:
    """Return who is known to have read a letter."""
    return {each.address for course in view.courses for each in course.readers if each.read_at is not None}


def test_one_bundle_goes_to_each_world_and_each_reader_is_told_of(tmp_path: Path) -> None:
    """Founded on Earth; a letter has a course to each of the others, and each reader tells the reading."""

    async def test() -> None:
        async with worlds(tmp_path) as all_of:
            group = (await all_of.at(JAY).mail.groups.found(JAY, "Everyone", [NAN, BEN, CLEO])).id
            for address in (NAN, BEN, CLEO):
                await all_of.know(address, group, JAY, NAN, BEN, CLEO)
            id = await all_of.write(JAY, group, "Supper")
            assert len(all_of.view(JAY, id).courses) == 2
            for address in HOMES:
                await all_of.see(address, group, "Supper")
            await until(all_of.at(JAY), lambda: all_of.view(JAY, id).state is DeliveryState.ARRIVED)
            await all_of.at(BEN).mail.mark_read(BEN, id)
            await until(all_of.at(JAY), lambda: readers(all_of.view(JAY, id)) == {BEN})
            assert all_of.view(JAY, id).state is DeliveryState.ARRIVED
            for address in (NAN, CLEO):
                await all_of.at(address).mail.mark_read(address, id)
            await until(all_of.at(JAY), lambda: readers(all_of.view(JAY, id)) == {NAN, BEN, CLEO})
            assert all_of.view(JAY, id).state is DeliveryState.READ

    run(test())


def test_a_member_who_is_removed_while_cut_off(tmp_path: Path) -> None:
    """What she wrote while she was in it is the group's; what was written after it she does not get."""

    async def test() -> None:
        async with worlds(tmp_path) as all_of:
            group = (await all_of.at(JAY).mail.groups.found(JAY, "Crew", [NAN, BEN, CLEO])).id
            for address in (NAN, BEN, CLEO):
                await all_of.know(address, group, JAY, NAN, BEN, CLEO)
            all_of.cut(TO_SHIP)
            await all_of.write(CLEO, group, "From the dark")
            await all_of.at(NAN).mail.groups.change(NAN, group, "Those at home", (), [CLEO])
            await all_of.know(JAY, group, JAY, NAN, BEN)
            await all_of.write(JAY, group, "Without her")
            await all_of.see(BEN, group, "Without her")
            all_of.cut(set())
            await all_of.know(CLEO, group, JAY, NAN, BEN)
            for address in (JAY, NAN, BEN):
                node = all_of.at(address)
                await until(node, lambda address=address: len(all_of.texts(address, group)) == 2)  # type: ignore[misc]
                assert all_of.texts(address, group) == ["From the dark", "Without her"]
            assert all_of.texts(CLEO, group) == ["From the dark"]
            with pytest.raises(InputError, match="not in the group"):
                await all_of.write(CLEO, group, "Still here")
            digests = {all_of.at(each).mail.mailbox(each).groups.at(group).digest for each in HOMES}
            assert len(digests) == 1

    run(test())


def test_a_world_that_is_away_for_a_while_has_all_of_it_when_it_is_back(tmp_path: Path) -> None:
    """Letters and a new name wait for the ship's node while that is off; each is there once, in order."""

    async def test() -> None:
        async with worlds(tmp_path) as all_of:
            group = (await all_of.at(JAY).mail.groups.found(JAY, "Crew", [NAN, CLEO])).id
            for address in (NAN, CLEO):
                await all_of.know(address, group, JAY, NAN, CLEO)
            await all_of.stop(SHIP)
            first = await all_of.write(JAY, group, "One")
            await all_of.see(NAN, group, "One")
            await all_of.at(NAN).mail.groups.change(NAN, group, "Crew and Ben", [BEN], ())
            await all_of.know(JAY, group, JAY, NAN, BEN, CLEO)
            await all_of.write(NAN, group, "Two")
            for address in (JAY, BEN):
                await until(all_of.at(address), lambda address=address: "Two" in all_of.texts(address, group))  # type: ignore[misc]
            assert all_of.view(JAY, first).state is not DeliveryState.ARRIVED
            await all_of.start(SHIP)
            await all_of.see(CLEO, group, "One", "Two")
            await all_of.know(CLEO, group, JAY, NAN, BEN, CLEO)
            await until(all_of.at(JAY), lambda: all_of.view(JAY, first).state is DeliveryState.ARRIVED)
            assert all(node.status().defects == 0 for node in all_of.nodes.values())

    run(test())
