"""Clocks of peers whose links tell no reading: what letters and receipts say of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.live.helpers import START, both_ways, run, until
from tests.live.test_udp_nodes import EARTH, JAY, MARS, NAN_YOUNG, free_address

from starlight.dtntime import DAY, SECOND
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.messages.draft import Draft
from starlight.neighbours.peer import PeerConfig
from starlight.node.clock_offsets import SEVERAL
from starlight.node.config import NodeConfig
from starlight.node.trace_events import ClockAgrees, ClockDiffers
from starlight.trace import Record

PLAN = both_ways((EARTH, MARS, 0.0))


def two(folder: Path, ahead: int, log: Callable[[Record], None]) -> tuple[Daemon, Daemon]:
    """Return Earth and Mars over UDP; the clock of Mars is ahead."""
    addresses = {EARTH: free_address(), MARS: free_address()}
    residents = {EARTH: Resident(JAY, "Jay"), MARS: Resident(NAN_YOUNG, "Nan-young")}
    clocks = {EARTH: MissionClock(START), MARS: MissionClock(START + ahead)}
    here, there = (
        Daemon(
            DaemonConfig(
                node=NodeConfig(node, PLAN),
                data=str(folder / str(node)),
                peers=(PeerConfig(other, addresses[other]),),
                listen=(addresses[node],),
                residents=(residents[node],),
            ),
            clocks[node],
            log=log,
        )
        for node, other in ((EARTH, MARS), (MARS, EARTH))
    )
    return here, there


@pytest.mark.parametrize("ahead", [2 * DAY, -2 * DAY, 0])
def test_letters_and_their_receipts_tell_of_a_clock_over_udp(tmp_path: Path, ahead: int) -> None:
    """Both ends know it after a few of them, each from what the other's bundles say; none is lost for it."""
    told: list[Record] = []

    async def scene() -> None:
        here, there = two(tmp_path, ahead, told.append)
        await there.start()
        await here.start()
        try:
            for nth in range(SEVERAL):
                await here.mail.write(JAY, Draft(NAN_YOUNG, f"question {nth}"))
                await until(there, lambda: len(there.mail.mailbox(NAN_YOUNG).inbox()) == nth + 1)  # noqa: B023
                await there.mail.write(NAN_YOUNG, Draft(JAY, f"answer {nth}"))
                await until(here, lambda: len(here.mail.mailbox(JAY).inbox()) == nth + 1)  # noqa: B023
            for node, peer, sign in ((here, MARS, 1), (there, EARTH, -1)):
                box = node.mail.mailbox(JAY if node is here else NAN_YOUNG)
                await until(node, lambda: not [each for each in box.outgoing.open() if each])  # noqa: B023
                (status,) = node.status().links
                assert status.peer == peer
                assert status.clock_fault == ("unknown" if ahead else "")
                if ahead:
                    assert status.clock_ahead_s is not None
                    assert abs(status.clock_ahead_s - sign * ahead / SECOND) < 600
        finally:
            await here.stop()
            await there.stop()
        said = [each for each in told if isinstance(each.event, ClockDiffers)]
        assert {each.node for each in said} == ({EARTH, MARS} if ahead else set())
        assert not [each for each in told if isinstance(each.event, ClockAgrees)]

    run(scene())
