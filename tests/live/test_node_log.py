"""The log of a node: which events it has, at which level, and that nobody can fill a disk with it."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.links.helpers import CONTACT, segment, sess_init
from tests.live.helpers import PATIENCE_S, START, both_ways, run, tcpcl, until

from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.live.node_log import (
    BURST,
    DEBUG_BURST,
    DEBUG_PER_S,
    ITEMS_MAX,
    VALUE_MAX,
    LogConfig,
    LogForm,
    LogLevel,
    NodeLog,
)
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.trace_events import LinkRefused, LinkRose
from starlight.node.clock_offsets import ClockOffsets
from starlight.node.config import NodeConfig
from starlight.node.peer_clocks import PeerClocks
from starlight.node.trace_events import BundleAccepted, BundleRefused, BundleUnreadable
from starlight.trace import Record, TraceEvent


@contextmanager
def opened(config: LogConfig, wall_s: list[float] | None = None) -> Iterator[NodeLog]:
    """Open a log for the time of a test."""
    wall = wall_s or [0.0]
    log = NodeLog(config, lambda: START, lambda: wall[0])
    log.open()
    try:
        yield log
    finally:
        log.close()


def add(log: NodeLog, *events: TraceEvent) -> None:
    """Add events of node 1."""
    for event in events:
        log.add(Record(START, 1, event))


def test_a_line_of_text_has_time_level_kind_and_facts(tmp_path: Path) -> None:
    """A link that rises is `info`, who is refused a `warning`; what is empty is left out."""
    file = tmp_path / "node.log"
    with opened(LogConfig(file=str(file))) as log:
        add(log, LinkRose(20), LinkRefused("ipn:9.0", "not a peer of this node"))
    assert file.read_text().splitlines() == [
        "2051-04-02T10:00:00.000Z info link.up peer=20",
        '2051-04-02T10:00:00.000Z warning link.refused peer=ipn:9.0 reason="not a peer of this node"',
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_peer_says_moves_no_cursor_and_makes_no_line(tmp_path: Path) -> None:
    """Control characters, line ends and bidirectional overrides are written as their codes."""
    file = tmp_path / "node.log"
    with opened(LogConfig(file=str(file))) as log:
        add(log, LinkRefused("a\nb\x1b[2J\u202ec\x9b", "x=1"))
    (line,) = file.read_text().splitlines()
    assert 'peer="a\\nb\\u001b[2J\\u202ec\\u009b" reason="x=1"' in line


def test_json_has_an_object_a_line(tmp_path: Path) -> None:
    """Each line is an object with both clocks, and with what the program itself logs."""
    file = tmp_path / "node.log"
    with opened(LogConfig(file=str(file), format=LogForm.JSON)) as log:
        add(log, LinkRose(20))
        try:
            raise ValueError("a defect")
        except ValueError:
            logging.getLogger("starlight.live.engine_loop").exception("it broke")
    link, broke = map(json.loads, file.read_text().splitlines())
    assert link.pop("wall").endswith("Z")
    assert link == {
        "time": "2051-04-02T10:00:00.000Z", "level": "info", "node": 1, "what": "link.up", "peer": 20
    }  # fmt: skip
    assert (broke["level"], broke["text"]) == ("error", "it broke")
    assert "ValueError: a defect" in broke["traceback"]


@pytest.mark.parametrize(("level", "kinds"), [
    (LogLevel.ERROR, []),
    (LogLevel.WARNING, ["bundle.refused"]),
    (LogLevel.INFO, ["link.up", "bundle.refused"]),
    (LogLevel.DEBUG, ["link.up", "bundle.received", "bundle.refused"]),
])  # fmt: skip
def test_a_level_leaves_out_what_is_below_it(level: LogLevel, kinds: list[str], tmp_path: Path) -> None:
    """At `error` only what broke is logged, at `debug` everything that is traced."""
    file = tmp_path / "node.log"
    with opened(LogConfig(level=level, file=str(file))) as log:
        add(
            log,
            LinkRose(2),
            BundleAccepted("a", "ipn:1.1", 2, START, 9),
            BundleRefused(2, "not acceptable", "no bundle"),
        )
    assert [line.split()[2] for line in file.read_text().splitlines()] == kinds


def test_a_flood_of_one_peer_is_written_ten_times_and_then_once_a_minute(tmp_path: Path) -> None:
    """The line that is let through says how many were left out; other kinds and peers are not held up."""
    file, wall = tmp_path / "node.log", [0.0]
    refused = BundleRefused(2, "not acceptable", "no bundle")
    with opened(LogConfig(file=str(file)), wall) as log:
        add(log, *[refused] * 1_000, BundleRefused(3, "not acceptable", "no bundle"), LinkRose(2))
        wall[0] = 60.0
        add(log, *[refused] * 1_000)
    lines = file.read_text().splitlines()
    assert len(lines) == BURST + 3
    assert "peer=3" in lines[BURST]
    assert lines[-1].endswith(f"left_out={1_000 - BURST}")


def test_a_clock_that_keeps_changing_floods_no_log(tmp_path: Path) -> None:
    """A peer tells another time with each link: it is warned of ten times, not a thousand."""
    file = tmp_path / "node.log"
    with opened(LogConfig(file=str(file))) as log:
        clocks = PeerClocks(ClockOffsets(), lambda event: add(log, event))
        for number in range(1, 1_001):
            clocks.told(2, number, START, START + number % 2 * HOUR, START)
            clocks.offsets.ended(number)
    lines = file.read_text().splitlines()
    assert lines[0].endswith("warning clock.differs peer=2 ahead_s=3600.0 error_s=0.0 fault=unknown")
    assert [line.split()[2] for line in lines] == ["clock.differs", "clock.agrees"] * BURST


def test_a_file_is_bounded(tmp_path: Path) -> None:
    """A full file is set aside, and of those that were only the last few are kept."""
    file = tmp_path / "node.log"
    with opened(LogConfig(level=LogLevel.DEBUG, file=str(file), file_mb=1, files=2)) as log:
        add(log, *[BundleAccepted("k" * 2_000, "ipn:1.1", 2, START, 9)] * 2_000)
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == ["node.log", "node.log.1", "node.log.2"]
    assert all(each.stat().st_size <= 1_000_000 for each in files)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names key and value."""
    log = NodeLog(LogConfig(file=str(tmp_path / "nowhere" / "node.log")), lambda: START)
    with pytest.raises(InputError, match=r"log\.file = .*nowhere.*can't be written \(No such file"):
        log.open()


def test_what_links_do_is_in_the_log(tmp_path: Path) -> None:
    """A session that rises and falls, an unknown peer, another node id at an address, nobody at an address,
    and a bundle that is none: each is a line."""
    file = tmp_path / "node.log"

    def logged(kind: str) -> bool:
        return f" {kind} " in file.read_text()

    async def test(log: NodeLog) -> None:
        clock = MissionClock(START)
        plan = both_ways((1, 2, 0.0))

        def node(number: int, *peers: PeerConfig) -> Daemon:
            config = DaemonConfig(NodeConfig(number, plan), str(tmp_path / str(number)), peers)
            return Daemon(config, clock, log=log.add if number == 1 else None)

        other = node(99)
        await other.start()
        nobody = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = nobody.sockets[0].getsockname()[1]
        nobody.close()
        here = node(1, PeerConfig(2), PeerConfig(3, tcpcl(other.port)), PeerConfig(4, tcpcl(port)))
        await here.start()
        for name, data in (("ipn:2.0", segment(0, b"no bundle")), ("ipn:9.0", b"")):
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            writer.write(CONTACT + sess_init(node_id=name) + data)
            async with asyncio.timeout(PATIENCE_S):
                if data:
                    await until(here, partial(logged, "bundle.refused"))
                else:
                    await reader.read(-1)
            writer.close()
        for kind in ("link.up", "link.down", "link.refused", "link.ended", "link.unreached"):
            await until(here, partial(logged, kind))
        await here.stop()
        await other.stop()

    with opened(LogConfig(file=str(file))) as log:
        run(test(log))
    text = file.read_text()
    assert "info link.up peer=2" in text
    assert 'warning link.refused peer=ipn:9.0 reason="not a peer of this node"' in text
    assert "info link.down peer=2" in text
    assert 'warning bundle.refused peer=2 reason="not acceptable"' in text
    assert "called=3" in text
    assert "warning link.unreached peer=4" in text


def test_a_flood_of_everything_that_happens_is_bounded_too(tmp_path: Path) -> None:
    """At `debug` so many lines are written at once and then so many a second, of whatever kind and peer."""
    file, wall = tmp_path / "node.log", [0.0]
    with opened(LogConfig(level=LogLevel.DEBUG, file=str(file), format=LogForm.JSON), wall) as log:
        for number in range(5_000):
            add(log, BundleAccepted(f"ipn:1.1/{number}/0", "ipn:1.1", number, START, 9))
        add(log, BundleRefused(2, "not acceptable", "no bundle"))  # which is more than a detail
        wall[0] = 1.0
        for number in range(5_000):
            add(log, BundleAccepted(f"ipn:1.1/{number}/0", "ipn:1.1", number, START, 9))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == DEBUG_BURST + 1 + DEBUG_PER_S
    assert lines[int(DEBUG_BURST)]["what"] == "bundle.refused"
    assert lines[int(DEBUG_BURST) + 1]["left_out"] == 5_000 - DEBUG_BURST


@pytest.mark.parametrize("form", LogForm)
def test_what_a_peer_says_makes_no_line_without_end(form: LogForm, tmp_path: Path) -> None:
    """A line is cut; in JSON each value is, and it stays an object."""
    file = tmp_path / "node.log"
    with opened(LogConfig(level=LogLevel.DEBUG, file=str(file), format=form)) as log:
        add(log, BundleUnreadable(("ipn:1.1/\n" * 100_000,) * 100, "why" * 100_000))
        try:
            raise ValueError("x" * 1_000_000)
        except ValueError:
            logging.getLogger("starlight.live.engine_loop").exception("y" * 1_000_000)
    assert file.stat().st_size < 200_000
    if form is LogForm.JSON:
        first, second = map(json.loads, file.read_text().splitlines())
        assert first["why"] == ("why" * 1_000)[:VALUE_MAX] + "…"
        assert len(first["bundles"]) == ITEMS_MAX + 1
        assert second["text"].endswith("y…")


def test_what_the_program_itself_says_of_a_flood_is_bounded(tmp_path: Path) -> None:
    """A defect that a peer found is told ten times and then once a minute, with how many were left out."""
    file, wall = tmp_path / "node.log", [0.0]
    logger = logging.getLogger("starlight.live.engine_loop")
    with opened(LogConfig(file=str(file)), wall):
        for number in range(1_000):
            if number == 999:
                wall[0] = 60.0
            logger.error("handling broke at %d", number)
        logger.error("something else broke")
    lines = file.read_text().splitlines()
    assert len(lines) == BURST + 2
    assert lines[-2].endswith(f"left_out={999 - BURST}")
    assert "something else" in lines[-1]
