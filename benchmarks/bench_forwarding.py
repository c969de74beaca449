"""Durable forwarding: bundles per second over TCPCLv4 in and out of one node, and what it asks of the disk.

A daemon runs in a process of its own, as it does in life. This process is its neighbours on both
sides: one TCPCL session hands it bundles, another takes them, over loopback. A bundle counts when the
daemon has acknowledged it, hence stored it durably, and the far side has it.

    python benchmarks/bench_forwarding.py [--seconds 3] [--data DIR] [--profile]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import machine

from starlight.bundle import EndpointID, build, encode
from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import YEAR, from_text, to_wire
from starlight.links import (
    LinkEstablished,
    LinkEvent,
    TcpclConfig,
    TcpclSession,
    TransferAcknowledged,
    TransferReceived,
)
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.connection import Connection
from starlight.neighbours.link_driver import LinkDriver
from starlight.neighbours.peer import PeerConfig
from starlight.node.config import NodeConfig

SOURCE, RELAY, SINK = 1, 2, 3
START = from_text("2051-01-01T00:00:00Z")
SIZES = {"100 B": 100, "10 kB": 10_000, "1 MB": 1_000_000}
BACKLOG_BYTES = 8 << 20  # what the sender keeps queued in its session: enough never to wait
MEMORY_BYTES = 1 << 30  # of bundles made before the clock starts


def plan() -> ContactPlan:
    """Return a plan that is always open, in both directions of both hops."""
    pairs = [(SOURCE, RELAY), (RELAY, SOURCE), (RELAY, SINK), (SINK, RELAY)]
    begin = START - YEAR
    rates, light = ((begin, UNLIMITED_BPS),), constant_light(begin, 0.0)
    return ContactPlan.of(
        Contact(id, a, b, begin, START + YEAR, rates, light) for id, (a, b) in enumerate(pairs, 1)
    )


def facts_of(daemon: Daemon) -> dict[str, float]:
    """Return what the other process wants to know."""
    status = daemon.status()
    return {
        "port": status.port or 0,
        "syncs": status.syncs,
        "commits": status.commits,
        "cpu_s": time.process_time(),
        "stored": status.stored["bundles"],
    }


async def relay(data: str, sink_port: int, profile: bool) -> None:
    """Run the measured daemon; answer each line of standard input with its status."""
    node = NodeConfig(number=RELAY, plan=plan())
    peers = (PeerConfig(SOURCE), PeerConfig(SINK, LinkAddress("tcpcl", "127.0.0.1", sink_port)))
    daemon = Daemon(DaemonConfig(node=node, data=data, peers=peers), MissionClock(START))
    await daemon.start()
    profiler = cProfile.Profile()
    loop = asyncio.get_running_loop()
    if profile:
        profiler.enable()
    while True:
        print(json.dumps(facts_of(daemon)), flush=True)
        if not await loop.run_in_executor(None, sys.stdin.readline):
            break
    if profile:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(30)
    await daemon.stop()


class Neighbour:
    """One side of the daemon: sends bundles, or takes and acknowledges them.

    Args:
        number: its node number.
        progress: set whenever something has come.
    """

    def __init__(self, number: int, progress: asyncio.Event) -> None:
        self.number = number
        self.taken = 0
        self.acknowledged = 0
        self.up = asyncio.Event()
        self.connection: Connection
        self.session: TcpclSession
        self._progress = progress

    def make(self, passive: bool) -> Connection:
        """Return a connection for a server or a client."""
        config = TcpclConfig(f"ipn:{self.number}.0")
        self.session = TcpclSession(config, passive=passive, now=time.monotonic_ns())
        self.connection = Connection("tcpcl", self.session, None, time.monotonic_ns, self.heard)
        return self.connection

    def heard(self, driver: LinkDriver, happened: list[LinkEvent]) -> None:
        """Count, and acknowledge what came."""
        for event in happened:
            if isinstance(event, TransferReceived):
                self.taken += 1
                driver.link.acknowledge(event.transfer, time.monotonic_ns())
            elif isinstance(event, TransferAcknowledged):
                self.acknowledged += 1
            elif isinstance(event, LinkEstablished):
                self.up.set()
        self._progress.set()


class Bench:
    """The daemon in its process, between two neighbours in this one.

    Args:
        process: the daemon's.
        source, sink: its neighbours.
        progress: set whenever one of them got something.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, source: Neighbour, sink: Neighbour, progress: asyncio.Event
    ) -> None:
        self.process = process
        self.source = source
        self.sink = sink
        self.progress = progress
        self._made = 0

    async def status(self, ask: bool = True) -> dict[str, float]:
        """Return what the daemon says of itself; the first time it does so unasked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if ask:
            self.process.stdin.write(b"\n")
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the daemon ended")
        return dict(json.loads(line))

    async def idle(self) -> dict[str, float]:
        """Return the daemon's status once it stores nothing any more."""
        while (status := await self.status())["stored"]:
            pass
        return status

    def bundles(self, payload_bytes: int, count: int) -> list[bytes]:
        """Return encoded bundles from the source to the sink, none made before."""
        source, sink = EndpointID.ipn(SOURCE, 1), EndpointID.ipn(SINK, 1)
        payload, made = bytes(payload_bytes), to_wire(START)
        first, self._made = self._made, self._made + count
        life = 86_400_000
        return [
            encode(build(source, sink, payload, creation=(made, n), lifetime_ms=life, hop_limit=16))
            for n in range(first, first + count)
        ]

    async def push(self, bundles: list[bytes]) -> float:
        """Send bundles through the daemon; return the seconds until all are acknowledged and have come."""
        acknowledged = self.source.acknowledged + len(bundles)
        taken = self.sink.taken + len(bundles)
        session = self.source.session
        started = time.perf_counter()
        sent = 0
        while sent < len(bundles) or self.source.acknowledged < acknowledged or self.sink.taken < taken:
            while sent < len(bundles) and session.free_transfers and session.backlog_bytes < BACKLOG_BYTES:
                session.send(bundles[sent], time.monotonic_ns())
                sent += 1
            self.source.connection.transmit()
            self.progress.clear()
            await self.progress.wait()
        return time.perf_counter() - started

    async def measure(self, size: int, seconds: float) -> dict[str, float]:
        """Push bundles of one payload size for about some seconds; return the figures."""
        transits = sorted([await self.push(self.bundles(size, 1)) for _ in range(21)])
        trial = self.bundles(size, 100)
        count = int(len(trial) / await self.push(trial) * seconds)
        bundles = self.bundles(size, max(50, min(count, MEMORY_BYTES // (size + 100))))
        before = await self.idle()
        elapsed = await self.push(bundles)
        after = await self.idle()
        syncs = after["syncs"] - before["syncs"]
        return {
            "bundles": len(bundles),
            "bundles_per_s": round(len(bundles) / elapsed),
            "megabytes_per_s": round(len(bundles) * size / elapsed / 1e6, 1),
            "fsyncs": syncs,
            "commits": after["commits"] - before["commits"],
            "bundles_per_fsync": round(len(bundles) / max(1, syncs), 1),
            "daemon_cpu_us_per_bundle": round((after["cpu_s"] - before["cpu_s"]) / len(bundles) * 1e6),
            "median_transit_ms": round(transits[len(transits) // 2] * 1e3, 2),
        }


async def run(data: str, seconds: float, profile: bool) -> dict[str, object]:
    """Run the daemon and push bundles of each size through it."""
    loop = asyncio.get_running_loop()
    progress = asyncio.Event()
    source, sink = Neighbour(SOURCE, progress), Neighbour(SINK, progress)
    server = await loop.create_server(lambda: sink.make(passive=True), "127.0.0.1", 0)
    sink_port = str(server.sockets[0].getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--relay", data, sink_port, *(["--profile"] if profile else [])),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    bench = Bench(process, source, sink, progress)
    port = int((await bench.status(ask=False))["port"])
    await loop.create_connection(lambda: source.make(passive=False), "127.0.0.1", port)
    await source.up.wait()
    await sink.up.wait()
    results: dict[str, object] = {name: await bench.measure(size, seconds) for name, size in SIZES.items()}
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
    server.close()
    return results


def main() -> None:
    """Run the benchmark and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="about how long each size is measured")
    parser.add_argument("--data", default=".", help="a directory on the disk to measure")
    parser.add_argument("--profile", action="store_true", help="print the daemon's profile to standard error")
    parser.add_argument("--relay", nargs=2, metavar=("DATA", "PORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.relay:
        asyncio.run(relay(options.relay[0], int(options.relay[1]), options.profile))
        return
    with tempfile.TemporaryDirectory(dir=options.data) as data:
        results = asyncio.run(run(data, options.seconds, options.profile))
    about = {"benchmark": "forwarding", "machine": machine.describe("apsw", "msgspec", "fastcrc")}
    print(json.dumps(about | {"results": results}, indent=2))


if __name__ == "__main__":
    main()
