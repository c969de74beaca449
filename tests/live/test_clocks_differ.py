"""Whole nodes whose clocks differ: both say so, and which is wrong only where a third clock tells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.links.helpers import CONTACT, sess_init
from tests.live.helpers import PATIENCE_S, START, both_ways, run, tcpcl, until
from tests.live.test_daemon import EARTH, JAY, MARS, NAN_YOUNG, config

from starlight.dtntime import DAY, SECOND
from starlight.links.tcpcl_extensions import clock_reading, write_items
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.live.node_log import level_of
from starlight.messages.draft import Draft
from starlight.neighbours.link_status import LinkStatus
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig
from starlight.node.trace_events import ClockAgrees, ClockDiffers
from starlight.trace import Record

RELAY = 3
PLAN = both_ways((EARTH, MARS, 0.5), (EARTH, RELAY, 5.0), (MARS, RELAY, 5.0))


@contextlib.asynccontextmanager
async def apart(
    folder: Path, ahead: int, log: Callable[[Record], None] | None = None
) -> AsyncIterator[tuple[Daemon, Daemon]]:
    """Run Earth and Mars, whose clock is ahead of Earth's, connected; the logs of both get their traces."""
    there = Daemon(
        config(folder, MARS, [PeerConfig(EARTH), PeerConfig(RELAY)], plan=PLAN),
        MissionClock(START + ahead),
        log=log,
    )
    await there.start()
    peers = [PeerConfig(MARS, tcpcl(there.port)), PeerConfig(RELAY)]
    here = Daemon(config(folder, EARTH, peers, plan=PLAN), MissionClock(START), log=log)
    await here.start()
    try:
        await until(here, lambda: here.status().up == [MARS])
        await until(there, lambda: there.status().up == [EARTH])
        yield here, there
    finally:
        await here.stop()
        await there.stop()


def link(daemon: Daemon, peer: int) -> LinkStatus:
    """Return the status of the link to a peer."""
    return next(each for each in daemon.status().links if each.peer == peer)


@pytest.mark.parametrize("ahead", [2 * DAY, -2 * DAY, 60 * 365 * DAY, 3 * SECOND])
def test_both_ends_say_by_how_much_their_clocks_differ(tmp_path: Path, ahead: int) -> None:
    """Status, log and trace of both ends tell it as soon as they are joined, before any letter."""
    told: list[Record] = []

    async def scene() -> None:
        async with apart(tmp_path, ahead, told.append) as (here, there):
            for node, peer, sign in ((here, MARS, 1), (there, EARTH, -1)):
                status = link(node, peer)
                assert status.clock_ahead_s is not None
                assert status.clock_error_s is not None
                # The daemons' clocks did not begin in the same instant, so the truth is read off them.
                truth = (there.clock.now() - here.clock.now()) * sign / SECOND
                assert abs(status.clock_ahead_s - truth) <= status.clock_error_s + 0.1
                assert status.clock_fault == "unknown"
        said = {each.node: each.event for each in told if isinstance(each.event, ClockDiffers)}
        assert len([each for each in told if isinstance(each.event, ClockDiffers)]) == len(said) == 2
        assert all(level_of(event) == logging.WARNING for event in said.values())
        assert (said[EARTH].ahead_s > 0) is (ahead > 0)
        assert (said[MARS].ahead_s > 0) is (ahead < 0)

    run(scene())


def test_clocks_that_agree_are_not_spoken_of(tmp_path: Path) -> None:
    """Within two seconds nothing is said, and the status shows what was measured."""
    told: list[Record] = []

    async def scene() -> None:
        async with apart(tmp_path, SECOND, told.append) as (here, there):
            assert link(here, MARS).clock_fault == link(there, EARTH).clock_fault == ""
            assert link(here, MARS).clock_ahead_s is not None
            assert here.disagreements() == there.disagreements() == []
        assert told
        assert not [each for each in told if isinstance(each.event, ClockDiffers | ClockAgrees)]

    run(scene())


def test_a_third_clock_tells_which_is_wrong(tmp_path: Path) -> None:
    """Earth and a relay agree, Mars is two days ahead: Earth names Mars, and Mars itself."""

    async def scene() -> None:
        async with apart(tmp_path, 2 * DAY) as (here, there):
            relay = Daemon(
                DaemonConfig(
                    node=NodeConfig(number=RELAY, plan=PLAN),
                    data=str(tmp_path / "relay"),
                    peers=(PeerConfig(EARTH, tcpcl(here.port)), PeerConfig(MARS, tcpcl(there.port))),
                ),
                MissionClock(here.clock.now()),
            )
            await relay.start()
            try:
                await until(relay, lambda: relay.status().up == [EARTH, MARS])
                assert link(relay, MARS).clock_fault == "theirs"
                assert link(relay, EARTH).clock_fault == ""
                # Whom the others stand against can tell, too.
                await until(there, lambda: link(there, EARTH).clock_fault == "ours")
                await until(here, lambda: link(here, MARS).clock_fault == "theirs")
            finally:
                await relay.stop()

    run(scene())


@pytest.mark.parametrize("ahead", [30 * SECOND, 2 * DAY, -2 * DAY])
def test_a_wrong_clock_hides_no_letter(tmp_path: Path, ahead: int) -> None:
    """What a peer's clock says of a departure is corrected before light is imposed by ours."""

    async def scene() -> None:
        async with apart(tmp_path, ahead) as (here, there):
            sent = there.clock.now()
            await there.mail.write(NAN_YOUNG, Draft(JAY, "Are you there?"))
            await until(here, lambda: here.mail.mailbox(JAY).inbox())
            assert there.clock.now() - sent < 20 * SECOND

    run(scene())


@contextlib.asynccontextmanager
async def caller(daemon: Daemon, name: str, told: int) -> AsyncIterator[None]:
    """Call a node by hand, under a name, with a reading of a clock; it has taken both."""
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    writer.write(CONTACT + sess_init(node_id=name, items=write_items((clock_reading(told),))))
    try:
        async with asyncio.timeout(PATIENCE_S):
            # It answers with a contact header, then with its SESS_INIT once it has read ours.
            await reader.readexactly(len(CONTACT + sess_init()))
        yield
    finally:
        writer.close()


def test_who_only_says_to_be_a_peer_hides_none_of_its_letters(tmp_path: Path) -> None:
    """Nobody proves its name: what a second link lies about the clock changes no arrival over the first."""

    async def scene() -> None:
        async with (
            apart(tmp_path, 0) as (here, there),
            caller(here, f"ipn:{MARS}.0", here.clock.now() - 3600 * SECOND),
        ):
            ahead_s = link(here, MARS).clock_ahead_s
            assert ahead_s is not None
            assert abs(ahead_s) < 2, "a liar under its name does not mark a peer that is here"
            assert here.disagreements() == []
            sent = there.clock.now()
            await there.mail.write(NAN_YOUNG, Draft(JAY, "Are you there?"))
            await until(here, lambda: here.mail.mailbox(JAY).inbox())
            assert there.clock.now() - sent < 20 * SECOND

    run(scene())


def test_the_number_of_a_foreign_peer_is_no_clock(tmp_path: Path) -> None:
    """Another implementation may use the private number otherwise: of foreign nodes nothing is measured."""

    async def scene() -> None:
        peers = [PeerConfig(MARS, foreign=True)]
        here = Daemon(config(tmp_path, EARTH, peers, plan=PLAN), MissionClock(START))
        await here.start()
        try:
            async with caller(here, f"ipn:{MARS}.0", 77):
                assert here.status().up == [MARS]
                assert link(here, MARS).clock_ahead_s is None
                assert here.disagreements() == []
        finally:
            await here.stop()

    run(scene())
