"""Nodes in virtual time: predictions, cuts, crashes, one-way hops, digests, replays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.sim.helpers import LINE, START, both, contact, disturbed, posting, random_plan, world_of

from starlight.contacts.contact import UNLIMITED_BPS
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.engine.record import Recorder, replay
from starlight.node.actions import Acknowledge, Outward
from starlight.node.application import Request
from starlight.node.config import NodeConfig, NodeLimits
from starlight.node.trace_events import BundleDeleted, BundleFailed
from starlight.sim.checkers import Witness, read, unfinished, unsafe
from starlight.sim.virtual_node import NodeSetup, Stage, VirtualNode
from starlight.sim.world import VirtualWorld
from starlight.trace import Record


def errors_of_prediction(world: VirtualWorld) -> list[int]:
    """Return, in ns, by how much each arrival missed what was foreseen when it was posted."""
    posted, came = read(world)
    errors = []
    for words, arrivals in came.items():
        foreseen = posted[words].arrives
        assert foreseen is not None
        errors.append(arrivals[0][1].at - foreseen)
    return errors


def test_predicted_is_actual_to_the_nanosecond() -> None:
    """In an undisturbed network a letter arrives at the ns that was predicted when it was accepted."""
    world = world_of(LINE)
    for number in range(50):
        world.call(START + number * SECOND // 100, 1, posting(f"a{number}", "ipn:3.1", size=100 * number))
    world.run(START + HOUR)
    assert errors_of_prediction(world) == [0] * 50
    assert unsafe(world) == []


def test_predicted_is_actual_while_a_queue_waits_for_a_window() -> None:
    """Bundles booked on a window that opens later leave in their order, each at its booked instant."""
    window = 2 * HOUR, 3 * HOUR
    plan = ContactPlan.of([*both(1, 1, 2, *window, light_s=300.0, rate=8_000), *both(3, 2, 3, light_s=2.0)])
    world = world_of(plan)
    for number in range(40):
        world.call(START + number * MINUTE, 1, posting(f"a{number}", "ipn:3.1", size=500 + 7 * number))
    world.run(START + 5 * HOUR)
    assert errors_of_prediction(world) == [0] * 40


@pytest.mark.parametrize("far", [2**40, 70_000, 300, 30, 2])
def test_predicted_is_actual_though_a_bundle_grows_on_its_way(far: int) -> None:
    """A relay whose number takes more or fewer bytes than the one before is no surprise on a slow link."""
    plan = ContactPlan.of([*both(1, 30, far + 1, light_s=2.0), *both(3, far + 1, 5, light_s=9.0, rate=300)])
    world = world_of(plan)
    for number in range(5):
        world.call(START + number, 30, posting(f"a{number}", "ipn:5.1", size=40 * number))
    world.run(START + HOUR)
    assert errors_of_prediction(world) == [0] * 5


def test_a_lifetime_that_ends_on_the_way_is_over_where_its_bundle_comes() -> None:
    """Light takes longer than the sender believed: the bundle comes after its lifetime, and is deleted."""
    believed, true = (ContactPlan.of(both(1, 1, 2, light_s=light_s)) for light_s in (10.0, 300.0))
    traced: list[Record] = []
    setups = [NodeSetup(NodeConfig(n, believed), lambda node: Witness(node, (1,))) for n in (1, 2)]
    world = VirtualWorld(true, setups, start=START, trace=traced.append)
    world.call(START, 1, posting("over", "ipn:2.1", lifetime_s=100))
    world.call(START, 1, posting("there", "ipn:2.1", lifetime_s=400))
    world.run(START + HOUR)
    assert list(read(world)[1]) == ["there"]
    assert "lifetime_expired" in [
        record.event.reason for record in traced if isinstance(record.event, BundleDeleted)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_predicted_is_actual_in_random_quiet_worlds_of_one_writer(seed: int) -> None:
    """Whatever the plan, as long as one node writes all, each arrival is what was foreseen."""
    random = Random(seed)
    plan = random_plan(random, 6, 12 * HOUR)
    world = world_of(plan)
    for number in range(40):
        to = f"ipn:{random.randint(2, 6)}.1"
        time = START + random.randrange(10 * HOUR)
        world.call(time, 1, posting(f"a{number}", to, size=random.randrange(30, 3_000)))
    world.run(START + 70 * HOUR)
    assert unfinished(world) == []
    assert errors_of_prediction(world) == [0] * 40


def test_a_cut_delays_and_loses_nothing() -> None:
    """What leaves during a cut is eaten; the sender hears nothing and sends again."""
    world = world_of(LINE)
    both_ways = [(1, 2), (2, 1)]
    world.cut(both_ways, START + 10 * SECOND, START + 2 * HOUR)
    for number in range(20):
        world.call(START + number * SECOND, 1, posting(f"a{number}", "ipn:3.1"))
    world.run(START + HOUR)
    assert unsafe(world) == []
    # Ten had arrived, but the acknowledgements of the latest were cut off: that shows as a duplicate later.
    assert len(read(world).came) == 10
    world.run(START + 9 * HOUR)
    assert unsafe(world) == unfinished(world) == []


def test_a_cut_in_the_middle_of_a_transmission_eats_it() -> None:
    """A bundle of which a byte leaves during a cut does not arrive by that transmission."""
    plan = ContactPlan.of(both(1, 1, 2, light_s=60.0, rate=800))
    world = world_of(plan)
    world.call(START, 1, posting("slow", "ipn:2.1", size=1_000))  # more than ten seconds
    world.cut([(1, 2)], START + 5 * SECOND, START + 6 * SECOND)
    world.run(START + HOUR)
    (arrival,) = read(world).came["slow"]
    assert arrival[1].at > START + 2 * MINUTE
    assert unsafe(world) == []


def test_an_unused_contact_is_left_for_another_road() -> None:
    """A bundle whose contact passes with the link down is re-routed when the contact ends."""
    plan = ContactPlan.of(
        [*both(1, 1, 2, 0, HOUR), *both(3, 1, 3, 2 * HOUR, 3 * HOUR), *both(5, 3, 2, 0, 5 * HOUR)]
    )
    world = world_of(plan)
    world.cut([(1, 2)], START, START + 9 * HOUR)
    world.call(START + MINUTE, 1, posting("around", "ipn:2.1"))
    world.run(START + HOUR + MINUTE)
    host = world.host(1)
    assert host is not None
    assert next(iter(host.node.stored.values())).state.name == "QUEUED"
    world.run(START + 4 * HOUR)
    assert read(world).came["around"][0][1].at > START + 2 * HOUR


def test_a_one_way_hop_lets_go_once_transmitted() -> None:
    """On a one-way hop a bundle is kept until it was transmitted, and never sent again."""
    plan = ContactPlan.of([contact(1, 1, 2, light_s=700.0, one_way=True, rate=300)])
    world = world_of(plan)
    world.call(START, 1, posting("father", "ipn:2.1", size=300))
    world.run(START + MINUTE)
    assert world.store(1).bundles() == []
    assert world.links.released_in_transit() != []
    assert unsafe(world) == []
    world.run(START + HOUR)
    assert len(read(world).came["father"]) == 1
    assert errors_of_prediction(world) == [0]


def test_letters_of_decades_wait_for_whoever_claims_the_address() -> None:
    """What is addressed to an endpoint that nobody has claimed waits, and comes in order of arrival."""
    plan = ContactPlan.of([contact(1, 1, 2, end=30 * 366 * 24 * HOUR, one_way=True, light_s=700.0)])
    world = world_of(plan)
    for week in range(300):
        world.call(
            START + week * 7 * DAY, 1, posting(f"week {week}", "ipn:2.77", lifetime_s=50 * 365 * 86_400)
        )
    world.crash(2, START + 1000 * DAY, START + 1001 * DAY)
    world.run(START + 24 * 365 * DAY)
    assert len(world.store(2).bundles()) == 300
    assert read(world).came == {}

    def find(host: Host, now: int) -> list[Request]:
        assert isinstance(host.application, Witness)
        return host.application.claim(77)

    world.call(world.now, 2, find)
    world.run(world.now + DAY)
    assert list(read(world).came) == [f"week {week}" for week in range(300)]
    assert world.store(2).bundles() == []
    assert unsafe(world) == []


def test_a_plan_change_moves_what_waits() -> None:
    """Routes are recomputed when the plan changes; what had no route gets one."""
    world = world_of(LINE)
    lonely = ContactPlan.of([*LINE.contacts, *both(11, 3, 4, light_s=1.0)], version=1)
    setups = [NodeSetup(NodeConfig(n, LINE), Witness) for n in (1, 2, 3, 4)]
    world = VirtualWorld(LINE, setups, start=START)
    world.call(START, 1, posting("to four", "ipn:4.1"))
    world.change_plan(START + HOUR, lonely)
    world.run(START + HOUR - 1)
    host = world.host(1)
    assert host is not None
    assert next(iter(host.node.stored.values())).state.name == "WAITING"
    world.run(START + 2 * HOUR)
    assert len(read(world).came["to four"]) == 1
    assert unsafe(world) == unfinished(world) == []


def test_a_crash_of_the_sender_does_not_stop_what_has_left() -> None:
    """What has left is in transit: no crash of the sender stops it, and the duplicate is dropped."""
    lines: list[Record] = []
    world = world_of(LINE, trace=lines.append)
    world.call(START, 1, posting("hello", "ipn:2.1"))
    world.crash(1, START + SECOND, START + HOUR)
    world.run(START + 2 * HOUR)
    (arrival,) = read(world).came["hello"]
    assert arrival[1].at < START + 301 * SECOND
    assert [r.kind for r in lines].count("bundle.duplicate") == 1
    assert unsafe(world) == []


def test_a_crashed_receiver_gets_it_again() -> None:
    """A bundle that reaches a node that is down is not acknowledged, so the sender sends it again."""
    world = world_of(LINE)
    world.call(START, 1, posting("hello", "ipn:2.1"))
    world.crash(2, START + SECOND, START + HOUR)
    world.run(START + 3 * HOUR)
    assert len(read(world).came["hello"]) == 1
    assert unsafe(world) == unfinished(world) == []


@pytest.mark.parametrize("seed", range(25))
def test_safety_while_everything_fails_then_liveness(seed: int) -> None:
    """Nothing is lost and nothing comes twice while everything fails; once healed, all arrives."""
    world, _ = disturbed(seed)
    for hour in range(13):
        world.run(START + hour * HOUR)
        assert unsafe(world) == [], f"seed {seed}"
    world.run(START + 62 * HOUR)
    assert unsafe(world) == [], f"seed {seed}"
    assert unfinished(world) == [], f"seed {seed}"


@pytest.mark.parametrize("seed", range(8))
def test_giving_transfers_up_too_early_loses_nothing(seed: int) -> None:
    """A late acknowledgement is honoured safely: impatient nodes send more, and lose nothing."""
    world, records = disturbed(seed, limits=NodeLimits(answer_margin=-200 * SECOND))
    for hour in (*range(13), 62):
        world.run(START + hour * HOUR)
        assert unsafe(world) == [], f"seed {seed}"
    assert unfinished(world) == [], f"seed {seed}"
    overdue = [
        record
        for record in records
        if isinstance(record.event, BundleFailed) and record.event.reason == "no answer came in time"
    ]
    assert overdue


class CarelessNode(VirtualNode):
    """A canary: it acknowledges before it commits."""

    def _commit(self, writes: list[Any], outward: list[Outward]) -> None:
        hasty = [action for action in outward if isinstance(action, Acknowledge)]
        for action in hasty:
            self._act(action)
        self._reach(Stage.BEFORE_COMMIT)
        super()._commit(writes, [action for action in outward if action not in hasty])


class Careless(VirtualWorld):
    """A world of careless nodes."""

    def _make_node(self, setup: NodeSetup) -> VirtualNode:
        return CarelessNode(setup, self.queue, self.links, self._say, self._interrupt)


def killer(worlds: list[VirtualWorld], died: list[int]) -> Callable[[int, int, int], int | None]:
    """Return the interruption that kills node 2 once, where a careless node has acknowledged already."""

    def interrupt(node: int, step: int, stage: int) -> int | None:
        host = worlds[0].host(2) if worlds else None
        if node == 2 and host is not None and host.node.stored and not died:
            asked.append(step)
            # The first question of a step comes before anything was done, the second after the haste.
            if (asked.count(step) == 2 and stage == Stage.BEFORE_COMMIT) or stage == Stage.AFTER_COMMIT:
                died.append(step)
                return MINUTE
        return None

    asked: list[int] = []
    return interrupt


def test_the_checker_catches_a_node_that_acknowledges_before_it_persists() -> None:
    """A canary fault must be caught."""
    worlds: list[VirtualWorld] = []
    died: list[int] = []
    worlds.append(world_of(LINE, kind=Careless, interrupt=killer(worlds, died)))
    worlds[0].call(START, 1, posting("words", "ipn:3.1"))
    worlds[0].run(START + HOUR)
    assert died
    (finding,) = unsafe(worlds[0])
    assert "'words'" in finding
    assert "is lost" in finding


def test_a_careful_node_survives_the_same_crash() -> None:
    """The same interruption of nodes that persist first loses nothing."""
    worlds: list[VirtualWorld] = []
    died: list[int] = []
    worlds.append(world_of(LINE, interrupt=killer(worlds, died)))
    worlds[0].call(START, 1, posting("words", "ipn:3.1"))
    worlds[0].run(START + HOUR)
    assert died
    assert unsafe(worlds[0]) == unfinished(worlds[0]) == []


def test_the_same_seed_gives_the_same_digest() -> None:
    """One seed reproduces a run bit for bit, under any PYTHONHASHSEED."""
    code = (
        "from tests.sim.helpers import disturbed, START, HOUR\n"
        "world, lines = disturbed(7)\nworld.run(START + 20 * HOUR)\nprint(world.digest(), len(lines))"
    )
    root = Path(__file__).parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}:{root / 'src'}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    world, lines = disturbed(8)
    world.run(START + 20 * HOUR)
    assert f"{world.digest()} {len(lines)}\n" not in outputs


def test_a_record_replays_to_the_same_actions() -> None:
    """A recorded run of a node replays, action by action; a changed record differs at that line."""
    records: dict[int, list[list[str]]] = {1: [], 2: [], 3: []}

    def recorder(config: NodeConfig) -> Recorder:
        lines: list[str] = []
        records[config.number].append(lines)
        return Recorder(config, lines.append)

    setups = [NodeSetup(NodeConfig(n, LINE), Witness, recorder) for n in (1, 2, 3)]
    world = VirtualWorld(LINE, setups, start=START)
    world.cut([(1, 2), (2, 1)], START + 10 * SECOND, START + HOUR)
    world.crash(2, START + 2 * HOUR, START + 2 * HOUR + MINUTE)
    for number in range(20):
        world.call(START + number * 10 * MINUTE, 1, posting(f"a{number}", "ipn:3.1"))
    world.run(START + 9 * HOUR)
    assert unfinished(world) == []
    assert [len(lives) for lives in records.values()] == [1, 2, 1]
    for lives in records.values():
        for lines in lives:
            outcome = replay(lines)
            assert outcome.events == len(lines) - 1 > 10
            assert outcome.differences == []
    lines = records[1][0].copy()
    number = next(i for i, line in enumerate(lines) if "Submit" in line)
    changed = json.loads(lines[number])
    changed["event"]["lifetime_ms"] += 1
    lines[number] = json.dumps(changed)
    first = replay(lines).differences[0]
    assert first.line == number + 1
    assert "Submit" in str(first)


def test_an_unlimited_rate_sends_many_at_once() -> None:
    """A link whose capacity does not matter takes no time."""
    plan = ContactPlan.of(both(1, 1, 2, light_s=0.01, rate=UNLIMITED_BPS))
    world = world_of(plan)
    for number in range(3_000):
        world.call(START, 1, posting(f"a{number}", "ipn:2.1"))
    world.run(START + MINUTE)
    assert unfinished(world) == []
    assert len(read(world).came) == 3_000


def test_progress_is_told() -> None:
    """A progress callback hears the mission time now and then, ascending."""
    times: list[int] = []
    world = world_of(LINE)
    for number in range(400):
        world.call(START + number * SECOND, 1, posting(f"a{number}", "ipn:3.1"))
    world.run(START + HOUR, times.append)
    assert times == sorted(times)
    assert len(times) > 1


def test_a_world_can_end_with_all_that_flies_in_the_stores() -> None:
    """What is in transit is stored where it goes to, hidden until it arrives; nothing is let go unheld."""
    world = world_of(LINE)
    world.call(START, 1, posting("hello", "ipn:2.1"))
    world.call(START, 1, posting("there", "ipn:2.1"))
    world.run(START + MINUTE)
    world.land()
    for node, states in ((1, ["HANDED", "HANDED"]), (2, ["HIDDEN", "HIDDEN"])):
        fresh = Node(NodeConfig(node, LINE))
        for event in world.store(node).restore():
            fresh.handle(event, world.now)
        assert [stored.state.name for stored in fresh.stored.values()] == states
        assert fresh.next_wakeup() == min(
            s.meta.handed_until or s.meta.arrives for s in fresh.stored.values()
        )


def test_a_world_that_ends_lets_nobody_go_who_was_not_heard() -> None:
    """What reached a node that was down is still with its sender when the world ends."""
    world = world_of(LINE)
    world.call(START, 1, posting("hello", "ipn:2.1"))
    world.crash(2, START + SECOND, START + HOUR)
    for moment in (MINUTE, 10 * MINUTE):
        world.run(START + moment)
        assert unsafe(world) == []
    world.land()
    fresh = Node(NodeConfig(1, LINE))
    for event in world.store(1).restore():
        fresh.handle(event, world.now)
    assert [stored.meta.handed_until for stored in fresh.stored.values()] == [None]
    assert unsafe(world) == []
