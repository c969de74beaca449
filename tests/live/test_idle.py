"""A node at which nothing happens writes nothing."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest
from tests.live.helpers import PATIENCE_S, START, both_ways, run, tcpcl, until

from starlight.dtntime import from_posix
from starlight.live import commit_pipeline
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig


async def _pair(folder: Path, clock: MissionClock) -> tuple[Daemon, Daemon]:
    """Return two nodes with a mailbox each and a link between them, settled."""
    plan = both_ways((1, 2, 0.0))
    there = Daemon(
        DaemonConfig(
            NodeConfig(2, plan),
            str(folder / "2"),
            (PeerConfig(1),),
            residents=(Resident("ipn:2.1", "N"),),
            planners=(1, 2),
        ),
        clock,
    )
    await there.start()
    here = Daemon(
        DaemonConfig(
            NodeConfig(1, plan),
            str(folder / "1"),
            (PeerConfig(2, tcpcl(there.port)),),
            residents=(Resident("ipn:1.1", "J"),),
            planners=(1, 2),
        ),
        clock,
    )
    await here.start()
    await until(here, lambda: here.status().connected)
    for daemon in (here, there):
        await until(daemon, partial(_is_empty, daemon))  # the greetings have gone
        await daemon.settled()
    return here, there


def _is_empty(daemon: Daemon) -> bool:
    return not daemon.status().stored["bundles"]


def test_an_idle_node_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another commits a time that stops with it, nodes whose time goes on by itself sync nothing."""
    monkeypatch.setattr(commit_pipeline, "STAMP_S", 0.002)

    async def test() -> None:
        clock = MissionClock.of_day(mission=START, wall=from_posix(time.time()))
        idle = await _pair(tmp_path / "idle", clock)
        busy = Daemon(DaemonConfig(NodeConfig(3), str(tmp_path / "busy")), MissionClock(START, 1))
        await busy.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                before = [daemon.store.syncs for daemon in idle]
                await _stamps(busy, 20)
                assert [daemon.store.syncs for daemon in idle] == before
        finally:
            for daemon in (busy, *idle):
                await daemon.stop()

    run(test())


async def _stamps(daemon: Daemon, times: int) -> None:
    """Wait until a node has synced so many more times."""
    goal = daemon.store.syncs + times
    while daemon.store.syncs < goal:
        await asyncio.sleep(0.001)
