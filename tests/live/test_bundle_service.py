"""The bundle API on live nodes: programs that send, receive, acknowledge, go away and come back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.live.helpers import PATIENCE_S, START, run
from tests.live.test_daemon import EARTH, MARS, RATE, config, two

from starlight.engine.record import replay
from starlight.errors import InputError, StoreError
from starlight.live.bundle_service import BundleEndpoint
from starlight.live.clock import MissionClock
from starlight.live.config import ServiceConfig, ServiceKind
from starlight.live.daemon import Daemon
from starlight.services.registry import AT_MOST, NUMBERS_MAX
from starlight.services.units import Happened, ReceivedUnit, Report, UnitToSend


async def received(endpoint: BundleEndpoint) -> ReceivedUnit:
    """Return the next data unit."""
    found = await endpoint.receive(PATIENCE_S)
    assert found is not None
    return found


async def alone(folder: Path, **more: Any) -> Daemon:
    """Return a node that runs and has no neighbour."""
    daemon = Daemon(config(folder, EARTH, **more), MissionClock(START, RATE))
    await daemon.start()
    return daemon


def test_what_one_program_sends_another_receives_once(tmp_path: Path) -> None:
    """Register, send, receive, acknowledge; the sender is told of departure and delivery."""

    async def test() -> None:
        async with two(tmp_path) as (earth, mars):
            here, there = await earth.bundles.register(7), await mars.bundles.register(9)
            sent = await here.send(UnitToSend("ipn:2.9", b"words", reports=(Report.DELIVERY,)))
            assert sent.leaves is not None
            assert sent.arrives is not None
            assert sent.arrives - sent.leaves >= 300 * 10**9
            came = await received(there)
            assert (came.id, came.source, came.payload) == (sent.id, "ipn:1.7", b"words")
            assert came.created is not None
            assert mars.node.stored[came.id].meta.destination == "ipn:2.9"  # kept until it is acknowledged
            news = await here.news()
            assert [each.what for each in news] == [Happened.DEPARTED]
            await there.acknowledge(came.id)
            assert came.id not in mars.node.stored
            await there.acknowledge(came.id)  # again changes nothing
            (reported,) = await here.news(news[-1].number, PATIENCE_S)
            assert (reported.what, reported.status, reported.reporter) == ("reported", "delivered", "ipn:2.0")
            assert await there.receive(0) is None

    run(test())


def test_what_was_not_acknowledged_is_given_to_the_next_program(tmp_path: Path) -> None:
    """A program that goes away loses nothing, and its successor gets nothing that was acknowledged."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        sender, first = await daemon.bundles.register(), await daemon.bundles.register(9)
        ids = [(await sender.send(UnitToSend("ipn:1.9", b"%d" % number))).id for number in range(3)]
        assert [(await received(first)).id for _ in range(3)] == ids
        await first.acknowledge(ids[1])
        second = await daemon.bundles.register(9)
        assert [(await received(second)).payload for _ in range(2)] == [b"0", b"2"]
        with pytest.raises(InputError, match=r"ipn:1\.9 was registered by another program since"):
            await first.acknowledge(ids[0])
        await second.end()
        with pytest.raises(InputError, match="not registered any more"):
            await second.receive(0)
        third = await daemon.bundles.register(9)
        assert [(await received(third)).id for _ in range(2)] == [ids[0], ids[2]]
        await daemon.stop()

    run(test())


def test_what_was_not_acknowledged_outlives_the_node(tmp_path: Path) -> None:
    """After a restart it is given again under the same id; what was acknowledged is not."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        endpoint = await daemon.bundles.register(9)
        ids = [(await endpoint.send(UnitToSend("ipn:1.9", b"%d" % number))).id for number in range(2)]
        await endpoint.acknowledge(ids[0])
        await daemon.stop()
        daemon = await alone(tmp_path)
        async with await daemon.bundles.register(9) as again:
            assert (await received(again)).id == ids[1]
            assert await again.receive(0) is None
        await daemon.stop()

    run(test())


def test_a_program_that_waits_is_woken_by_what_comes(tmp_path: Path) -> None:
    """`async for` waits for each data unit; a timeout ends the wait."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        sender, endpoint = await daemon.bundles.register(), await daemon.bundles.register(9)
        assert await endpoint.receive(0.001) is None
        waiting = asyncio.create_task(endpoint.__anext__())
        await asyncio.sleep(0)
        await sender.send(UnitToSend("ipn:1.9", b"words"))
        assert (await asyncio.wait_for(waiting, PATIENCE_S)).payload == b"words"
        await daemon.stop()

    run(test())


def test_a_program_that_waits_hears_that_the_node_stops(tmp_path: Path) -> None:
    """It does not wait for ever."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        endpoint = await daemon.bundles.register(9)
        waiting = asyncio.create_task(endpoint.receive())
        await asyncio.sleep(0)
        await daemon.stop()
        with pytest.raises(StoreError, match="node 1 is not running"):
            await waiting

    run(test())


def test_however_many_wait_a_program_is_given_all_in_order(tmp_path: Path) -> None:
    """No more are listed at a time than a claim is offered; bodies are read when they are asked for."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        sender = await daemon.bundles.register()
        count = 2 * AT_MOST + 5
        for number in range(count):
            await sender.send(UnitToSend("ipn:1.9", b"%d" % number))
        endpoint = await daemon.bundles.register(9)
        for number in range(count):
            came = await received(endpoint)
            assert came.payload == b"%d" % number
            if number == AT_MOST - 1:
                assert await endpoint.receive(0) is None  # the next is offered once one is acknowledged
            if number >= AT_MOST - 1:
                await endpoint.acknowledge(came.id)
        await daemon.stop()

    run(test())


def test_what_expires_unacknowledged_is_given_no_more(tmp_path: Path) -> None:
    """Its lifetime runs on in the node, and its sender is told of its end."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        sender, endpoint = await daemon.bundles.register(), await daemon.bundles.register(9)
        sent = await sender.send(UnitToSend("ipn:1.9", b"words", lifetime_s=60))
        await endpoint.receive(0)  # perhaps it has expired already
        (news,) = await sender.news(0, PATIENCE_S)
        assert (news.id, news.what, news.reason) == (sent.id, Happened.EXPIRED, "lifetime expired")
        await endpoint.acknowledge(sent.id)
        assert await (await daemon.bundles.register(9)).receive(0) is None
        await daemon.stop()

    run(test())


def test_what_has_not_departed_is_withdrawn(tmp_path: Path) -> None:
    """News tell whether it had; only what was sent from here can be asked for."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        endpoint = await daemon.bundles.register(9)
        sent = await endpoint.send(UnitToSend("ipn:2.9", b"words"))
        await endpoint.withdraw(sent.id)
        await endpoint.withdraw(sent.id)
        assert [news.what for news in await endpoint.news()] == [Happened.WITHDRAWN, Happened.NOT_WITHDRAWN]
        with pytest.raises(InputError, match="was not sent from"):
            await endpoint.withdraw("ipn:1.8/5/0")
        await daemon.stop()

    run(test())


def test_a_number_that_is_taken_or_none_is_refused(tmp_path: Path) -> None:
    """The error names who has it, and the refused program leaves nothing behind."""

    async def test() -> None:
        echoes = (ServiceConfig(2047, ServiceKind.ECHO), ServiceConfig(65_536, ServiceKind.ECHO))
        daemon = await alone(tmp_path, services=echoes)
        assert (await daemon.bundles.register()).address == "ipn:1.65537"
        for number, match in ((1, "taken by a mailbox"), (2047, "taken by the application 'echo-2047'")):
            for _ in range(2):
                with pytest.raises(InputError, match=match):
                    await daemon.bundles.register(number)
        for number in (0, -1, 2**32):
            with pytest.raises(InputError, match="is no service number"):
                await daemon.bundles.register(number)
        for _ in range(NUMBERS_MAX - 1):
            await daemon.bundles.register()
        with pytest.raises(InputError, match="256 services are registered"):
            await daemon.bundles.register()
        await daemon.stop()

    run(test())


@pytest.mark.parametrize(
    ("outgoing", "match"),
    [
        (UnitToSend("nobody", b""), "Write it as ipn:NODE.SERVICE"),
        (UnitToSend("dtn:none", b""), "is nobody"),
        (UnitToSend("ipn:2.9", b"", lifetime_s=0), "a lifetime of 0 s"),
        (UnitToSend("ipn:2.9", b"", lifetime_s=float("nan")), "a lifetime of nan s"),
        (UnitToSend("ipn:2.9", b"", priority=3), "3 is no priority"),
        (UnitToSend("ipn:2.9", bytes(65 << 20)), "too large"),
    ],
)
def test_what_cannot_be_sent_is_refused(tmp_path: Path, outgoing: UnitToSend, match: str) -> None:
    """An address that is none, a lifetime, a priority, a size out of range."""

    async def test() -> None:
        daemon = await alone(tmp_path)
        endpoint = await daemon.bundles.register(9)
        with pytest.raises(InputError, match=match):
            await endpoint.send(outgoing)
        await daemon.stop()

    run(test())


def test_a_service_at_the_address_of_an_old_mailbox_is_refused_at_the_start(tmp_path: Path) -> None:
    """Somebody lived there once, and letters may come: the error says so, and nothing is lost."""

    async def test() -> None:
        await (await alone(tmp_path)).stop()
        other = config(tmp_path, EARTH, services=(ServiceConfig(1, ServiceKind.ECHO),))
        daemon = Daemon(msgspec.structs.replace(other, residents=()), MissionClock(START, RATE))
        with pytest.raises(InputError, match=r"ipn:1\.1 is taken by a mailbox"):
            await daemon.start()
        await (await alone(tmp_path)).stop()

    run(test())


def test_a_recorded_run_with_services_replays(tmp_path: Path) -> None:
    """What was left, taken and echoed is among the events of a record."""

    async def test() -> None:
        services = (ServiceConfig(2047, ServiceKind.ECHO),)
        daemon = await alone(tmp_path, services=services, record=str(tmp_path / "run.jsonl"))
        endpoint = await daemon.bundles.register(9)
        for number in range(3):
            await endpoint.send(UnitToSend("ipn:1.2047", b"%d" % number))
            await endpoint.acknowledge((await received(endpoint)).id)
        await daemon.stop()

    run(test())
    lines = (tmp_path / "run.jsonl").read_text().splitlines()
    assert sum('"Left"' in line for line in lines) == 3
    assert replay(lines) == (len(lines) - 1, [])


def test_an_echo_answers_across_light_time(tmp_path: Path) -> None:
    """A payload comes back from the other world, two light times later."""

    async def test() -> None:
        async with two(tmp_path, mars={"services": (ServiceConfig(2047, ServiceKind.ECHO),)}) as (earth, _):
            endpoint = await earth.bundles.register(7)
            sent = await endpoint.send(UnitToSend(f"ipn:{MARS}.2047", b"Is anybody there?"))
            answer = await received(endpoint)
            assert (answer.source, answer.payload) == ("ipn:2.2047", b"Is anybody there?")
            assert sent.leaves is not None
            assert earth.clock.now() - sent.leaves >= 2 * 300 * 10**9

    run(test())
