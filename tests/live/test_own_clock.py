"""A node whose machine's clock is wrong: it says so, loses nothing, and stays in no other year."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from tests.live.helpers import START, both_ways, run, tcpcl, until
from tests.live.test_daemon import EARTH, JAY, MARS, NAN_YOUNG, config

from starlight.dtntime import DAY, HOUR, SECOND, YEAR
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.messages.draft import Draft
from starlight.neighbours.peer import PeerConfig
from starlight.node.trace_events import BundleExpired, ExpiryPaused, OwnClockDoubted, OwnClockSettled
from starlight.services.units import UnitToSend
from starlight.trace import Record

PLAN = both_ways((EARTH, MARS, 0.0))
CLOSE = 600 * SECOND


class Machine:
    """A machine whose clock may be set.

    Args:
        off: by how much it is ahead of the true time, in ns.

    Attributes:
        off: as above.
    """

    def __init__(self, off: int = 0) -> None:
        self.off = off
        self._began = time.monotonic_ns()

    def true(self) -> int:
        """Return the true time, in ns."""
        return START + time.monotonic_ns() - self._began

    def utc(self) -> int:
        """Return the time that it tells."""
        return self.true() + self.off

    def clock(self) -> MissionClock:
        """Return the mission's clock of a node on it."""
        return MissionClock.of_day(today=self.utc)


@contextlib.asynccontextmanager
async def node(
    folder: Path,
    number: int,
    machine: Machine,
    peers: Sequence[PeerConfig],
    log: Callable[[Record], None] | None = None,
    *,
    trust_clock: bool = False,
) -> AsyncIterator[Daemon]:
    """Run a node on a machine."""
    daemon = Daemon(
        config(folder, number, peers, plan=PLAN), machine.clock(), log=log, trust_clock=trust_clock
    )
    await daemon.start()
    try:
        yield daemon
    finally:
        await daemon.stop()


async def leave_a_letter(folder: Path, machine: Machine) -> None:
    """Let Jay write while nobody is there to send to, and end the node."""
    async with node(folder, EARTH, machine, [PeerConfig(MARS)]) as here:
        await here.mail.write(JAY, Draft(NAN_YOUNG, "Are you there?"))


@pytest.mark.parametrize("off", [60 * YEAR, -2 * DAY, -30 * YEAR])
def test_a_start_in_another_year_loses_nothing_and_leaves_no_trace(tmp_path: Path, off: int) -> None:
    """The node says so, goes on from what it has recorded, and its next start at the right time is as any."""
    told: list[Record] = []

    async def scene() -> None:
        machine = Machine()
        await leave_a_letter(tmp_path, machine)
        machine.off = off
        async with node(tmp_path, EARTH, machine, [PeerConfig(MARS)], told.append) as here:
            assert abs(here.clock.now() - machine.true()) < CLOSE
            status = here.status()
            assert status.clock_trouble == ("ahead" if off > 0 else "behind")
            assert abs(status.clock_apart_s * SECOND - off) < CLOSE
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Are you still there?"))
        (doubted,) = [each.event for each in told if isinstance(each.event, OwnClockDoubted)]
        assert abs(doubted.apart_s * SECOND - off) < CLOSE
        assert not [each for each in told if isinstance(each.event, BundleExpired)]
        machine.off = 0
        async with (
            node(tmp_path, MARS, machine, [PeerConfig(EARTH)]) as there,
            node(tmp_path, EARTH, machine, [PeerConfig(MARS, tcpcl(there.port))]) as here,
        ):
            assert abs(here.clock.now() - machine.true()) < CLOSE
            assert here.status().clock_trouble == ""
            await until(there, lambda: len(there.mail.mailbox(NAN_YOUNG).inbox()) == 2)
            assert there.disagreements() == []

    run(scene())


def test_a_machine_in_1970_lets_its_people_write(tmp_path: Path) -> None:
    """Its first start is before there is any DTN time; once it is set, mission time goes on to that."""

    async def scene() -> None:
        machine = Machine(-START - 30 * YEAR)
        async with node(tmp_path, EARTH, machine, [PeerConfig(MARS)]) as here:
            assert here.status().clock_trouble == "behind"
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Are you there?"))
            machine.off = 0
            here.own_clock.look()
            assert here.status().clock_trouble == ""
            assert abs(here.clock.now() - machine.true()) < CLOSE
            await here.settled()
            assert len(here.node.stored) == 1

    run(scene())


def test_a_person_may_take_back_a_year_that_was_recorded(tmp_path: Path) -> None:
    """A store that has seen 2111 goes on in 2051 with --trust-clock, with all that is in it, and stays so."""

    async def scene() -> None:
        machine = Machine(60 * YEAR)
        await leave_a_letter(tmp_path, machine)
        machine.off = 0
        async with node(tmp_path, EARTH, machine, [PeerConfig(MARS)]) as here:
            assert here.status().clock_trouble == "behind"
        for trust in (True, False):
            async with (
                node(tmp_path, MARS, machine, [PeerConfig(EARTH)]) as there,
                node(
                    tmp_path, EARTH, machine, [PeerConfig(MARS, tcpcl(there.port))], trust_clock=trust
                ) as here,
            ):
                assert abs(here.clock.now() - machine.true()) < CLOSE
                assert here.status().clock_trouble == ""
                await until(there, lambda: there.mail.mailbox(NAN_YOUNG).inbox())

    run(scene())


def test_a_peer_that_agrees_with_the_machine_makes_the_node_believe_it(tmp_path: Path) -> None:
    """It lay in a box for three years: as soon as another clock says so, mission time goes on to it."""
    told: list[Record] = []

    async def scene() -> None:
        machine = Machine()
        await leave_a_letter(tmp_path, machine)
        machine.off = 3 * YEAR
        async with (
            node(tmp_path, MARS, machine, [PeerConfig(EARTH)]) as there,
            node(tmp_path, EARTH, machine, [PeerConfig(MARS, tcpcl(there.port))], told.append) as here,
        ):
            await until(here, lambda: here.status().clock_trouble == "")
            assert abs(here.clock.now() - machine.utc()) < CLOSE
        assert [each.kind for each in told if isinstance(each.event, OwnClockDoubted | OwnClockSettled)] == [
            "clock.doubted",
            "clock.settled",
        ]

    run(scene())


@pytest.mark.parametrize("by", [-2 * DAY, 5 * SECOND])
def test_a_clock_that_is_set_while_the_node_runs_changes_nothing_but_is_told(tmp_path: Path, by: int) -> None:
    """Letters go on as before, both ends agree, and the status says that the machine was set."""

    async def scene() -> None:
        machine, other = Machine(), Machine()
        async with (
            node(tmp_path, MARS, other, [PeerConfig(EARTH)]) as there,
            node(tmp_path, EARTH, machine, [PeerConfig(MARS, tcpcl(there.port))]) as here,
        ):
            before = here.clock.now()
            machine.off = by
            here.own_clock.look()
            status = here.status()
            assert status.clock_trouble == "set"
            assert abs(status.clock_apart_s - by / SECOND) < 1
            await here.mail.write(JAY, Draft(NAN_YOUNG, "Are you there?"))
            await until(there, lambda: there.mail.mailbox(NAN_YOUNG).inbox())
            assert before <= here.clock.now() < before + CLOSE
            assert here.disagreements() == there.disagreements() == []
            machine.off = 0
            here.own_clock.look()
            assert here.status().clock_trouble == ""

    run(scene())


@pytest.mark.parametrize("peer_off", [30 * DAY, 0])
def test_what_is_stored_outlives_a_month_that_may_not_have_been(tmp_path: Path, peer_off: int) -> None:
    """An hour's bundle waits though the clock is a month on; it expires once a peer's clock agrees."""
    told: list[Record] = []

    async def scene() -> None:
        machine = Machine()
        async with node(tmp_path, EARTH, machine, [PeerConfig(MARS)]) as here:
            await (await here.bundles.register(9)).send(UnitToSend("ipn:2.9", b"for an hour", HOUR / SECOND))
            assert len(here.node.stored) == 1
        machine.off = 30 * DAY
        there_machine = Machine(peer_off)
        async with node(tmp_path, EARTH, machine, [PeerConfig(MARS)], told.append) as here:
            assert here.status().expiry_held
            assert len(here.node.stored) == 1
            there = Daemon(
                config(tmp_path, MARS, [PeerConfig(EARTH, tcpcl(here.port))], plan=PLAN),
                there_machine.clock(),
            )
            await there.start()
            try:
                await until(here, lambda: here.status().up == [MARS])
                if peer_off:
                    await until(here, lambda: not here.node.stored)
                    assert not here.status().expiry_held
                else:
                    here.own_clock.look()
                    await here.settled()
                    assert here.status().expiry_held
                    assert len(here.node.stored) == 1
            finally:
                await there.stop()
        paused = [each.event.held for each in told if isinstance(each.event, ExpiryPaused)]
        assert paused == ([True, False] if peer_off else [True])

    run(scene())
