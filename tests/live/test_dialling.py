"""Dialling: how soon a peer that can't be reached, or turns us away, is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.live.helpers import PATIENCE_S, START, End, both_ways, run

from starlight.live import dialling
from starlight.live.clock import MissionClock
from starlight.live.config import PeerConfig


def test_the_pauses_of_a_peer_that_turns_us_away_grow_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it keeps a connection: without a session with it the pauses do not begin anew."""
    begun: list[None] = []

    def pauses() -> Iterator[float]:
        begun.append(None)
        while True:
            yield 0.0

    monkeypatch.setattr(dialling, "redial_pauses", pauses)
    monkeypatch.setattr(dialling, "STEADY_S", 0.0)

    async def test() -> None:
        calls = 0
        enough = asyncio.Event()

        def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            calls += 1
            writer.close()
            if calls == 3:
                enough.set()

        server = await asyncio.start_server(turn_away, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        here = End(1, [PeerConfig(2, port=port)], both_ways((1, 2, 4.0)), MissionClock(START, 600))
        here.links.dial()
        async with asyncio.timeout(PATIENCE_S):
            await enough.wait()
        await here.links.close()
        server.close()
        await server.wait_closed()

    run(test())
    assert len(begun) == 1
