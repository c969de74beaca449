"""Letters in pieces and critical ones in virtual time: nothing is lost, nothing comes twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.sim.helpers import (
    HOUR,
    MINUTE,
    PASSES,
    SIZE,
    SLOW,
    START,
    both,
    both_kinds,
    contact,
    disturbed,
    posting,
    world_of,
)

from starlight.contacts.plan import ContactPlan
from starlight.engine.record import Recorder, replay
from starlight.forwarding.forwarding import COPY_TRIES
from starlight.node.actions import Outward
from starlight.node.config import NodeConfig
from starlight.node.trace_events import BundleSent
from starlight.sim.checkers import Witness, read, unfinished, unsafe
from starlight.sim.holdings import held
from starlight.sim.virtual_node import NodeSetup, VirtualNode
from starlight.sim.world import VirtualWorld
from starlight.trace import Record


def test_predicted_is_actual_of_a_letter_in_pieces() -> None:
    """The last piece arrives at the ns at which the letter was foreseen when it was accepted."""
    lines: list[Record] = []
    world = world_of(PASSES, trace=lines.append)
    world.call(START, 1, posting("large", "ipn:3.1", size=SIZE))
    world.call(START, 1, posting("larger", "ipn:3.1", size=SIZE + 1_234))
    world.run(START + 5 * HOUR)
    assert [line.kind for line in lines].count("bundle.cut") == 2
    posted, came = read(world)
    for words in ("large", "larger"):
        assert came[words][0][1].at == posted[words].arrives
    assert unsafe(world) == unfinished(world) == []
    assert not any(world.store(node).bundles() for node in world.nodes())


@pytest.mark.parametrize("light_s", [0.001, 1.0, 300.0])
def test_copies_that_cross_come_to_rest(light_s: float) -> None:
    """Neighbours that send each other copies of one critical bundle do not do so for ever."""
    links = [(1, 2), (1, 3), (2, 3), (2, 4), (3, 4), (1, 5), (5, 4), (5, 2)]
    contacts = [c for n, (a, b) in enumerate(links) for c in both(2 * n + 1, a, b, light_s=light_s)]
    lines: list[Record] = []
    world = world_of(ContactPlan.of(contacts), trace=lines.append)
    world.call(START, 1, posting("critical", "ipn:4.1", critical=True))
    world.run(START + 5 * HOUR)
    assert len(read(world).came["critical"]) == 1
    assert unsafe(world) == []
    assert not any(world.store(node).bundles() for node in world.nodes())
    said = [line.kind for line in lines]
    assert said.count("bundle.flooded") <= 4  # once at each node
    hops = Counter((line.node, line.event.peer) for line in lines if isinstance(line.event, BundleSent))
    assert max(hops.values()) <= COPY_TRIES + 2


class ForgetfulNode(VirtualNode):
    """A canary: it loses one piece of each letter that it cuts."""

    def _commit(self, writes: list[Any], outward: list[Outward]) -> None:
        pieces = [write for write in writes if "+" in getattr(write, "key", "") and hasattr(write, "data")]
        super()._commit([write for write in writes if write not in pieces[1:2]], outward)


class Forgetful(VirtualWorld):
    """A world of forgetful nodes."""

    def _make_node(self, setup: NodeSetup) -> VirtualNode:
        return ForgetfulNode(setup, self.queue, self.links, self._say, self._interrupt)


def test_the_checker_sees_a_lost_piece() -> None:
    """A canary fault must be caught: a letter of which a part is nowhere is lost."""
    world = world_of(PASSES, kind=Forgetful)
    world.call(START, 1, posting("large", "ipn:3.1", size=SIZE))
    world.run(START + MINUTE)
    (finding,) = unsafe(world)
    assert "'large'" in finding
    assert "is lost" in finding


def test_a_letter_is_held_while_its_pieces_are_in_several_stores_or_fly() -> None:
    """On a one-way hop a piece that flies is in no store; of what is far, light is the store."""
    plan = ContactPlan.of(
        [
            contact(
                n, 1, 2, n * 10 * MINUTE, n * 10 * MINUTE + MINUTE, one_way=True, light_s=1_200.0, rate=1_000
            )
            for n in (1, 2, 3)
        ]
    )
    world = world_of(plan)
    world.call(START, 1, posting("large", "ipn:2.1", size=SIZE))
    for minute in range(1, 210):
        world.run(START + minute * MINUTE)
        assert unsafe(world) == [], minute
    assert list(read(world).came) == ["large"]
    assert held(world) == frozenset()


def test_a_record_with_a_cut_and_a_flooding_replays() -> None:
    """The body that was cut is in the record, so the run comes out the same, bit for bit."""
    records: dict[int, list[list[str]]] = {}

    def recorder(config: NodeConfig) -> Recorder:
        lines: list[str] = []
        records.setdefault(config.number, []).append(lines)
        return Recorder(config, lines.append)

    world = VirtualWorld(
        PASSES, [NodeSetup(NodeConfig(n, PASSES), Witness, recorder) for n in (1, 2, 3, 4)], start=START
    )
    world.crash(1, START + 25 * MINUTE, START + 26 * MINUTE)
    both_kinds(world)
    assert unsafe(world) == unfinished(world) == []
    assert any("Fetched" in line for line in records[1][0])
    assert len(records[1]) == 2
    for lives in records.values():
        for lines in lives:
            outcome = replay(lines)
            assert outcome.events == len(lines) - 1 > 1
            assert outcome.differences == []


@pytest.mark.parametrize("seed", range(20))
def test_safety_then_liveness_where_links_are_slow(seed: int) -> None:
    """With most letters larger than the windows that are left, and links cut and nodes crashing."""
    world, lines = disturbed(seed, rates=SLOW)
    for hour in (*range(13), 62):
        world.run(START + hour * HOUR)
        assert unsafe(world) == [], f"seed {seed}"
    assert unfinished(world) == [], f"seed {seed}"
    if seed in (3, 13):  # these draw both
        assert {"bundle.cut", "bundle.flooded"} <= {line.kind for line in lines}
