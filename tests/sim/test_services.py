"""Services in virtual time: an echo across a light time, and programs whose node dies at any instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.sim.helpers import HOUR, LINE, MINUTE, SECOND, START, posting
from tests.sim.test_crashes import Point, dying_at

from starlight.engine.applications import Applications
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.application import Claim, DataUnit, Request, Submit
from starlight.node.config import NodeConfig
from starlight.services.echo import Echo
from starlight.services.programs import Programs
from starlight.services.registration import Registration
from starlight.services.registry import Registry
from starlight.services.service import Service
from starlight.sim.checkers import Witness
from starlight.sim.virtual_node import Interrupt, NodeSetup
from starlight.sim.world import VirtualWorld


class Asker(Service):
    """A service that asks, and notes when it was told what.

    Attributes:
        foreseen: when its question is to arrive, in ns.
        came: what came, and when, in ns.
    """

    def __init__(self) -> None:
        self.foreseen: int | None = None
        self.came: list[tuple[DataUnit, int]] = []

    def resume(self, now: int) -> list[Request]:
        """Claim its endpoint."""
        return [Claim("ipn:1.7")]

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Note what is foreseen."""
        self.foreseen = arrives
        return []

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Note what came."""
        self.came.append((unit, now))
        return []


def test_an_echo_answers_two_light_times_later() -> None:
    """A question arrives when that was foreseen; its answer as long after it, to the size's last bit."""
    asker = Asker()

    def application(node: Node) -> Applications:
        services: dict[int, dict[str, Service]] = {1: {"asker": asker}, 3: {"echo": Echo("ipn:3.2047")}}
        return Applications(services.get(node.number, {}))

    def ask(host: Host, now: int) -> Iterable[Request]:
        assert isinstance(host.application, Applications)
        question = Submit("1", "ipn:1.7", "ipn:3.2047", b"Is anybody there?", 3_600_000, priority=2)
        return host.application.asked("asker", [question])

    setups = [NodeSetup(NodeConfig(number, LINE), application) for number in LINE.nodes()]
    world = VirtualWorld(LINE, setups, start=START)
    world.call(START + MINUTE, 1, ask)
    world.run(START + HOUR)
    ((answer, at),) = asker.came
    assert (answer.source, answer.payload, answer.priority) == ("ipn:3.2047", b"Is anybody there?", 2)
    assert asker.foreseen is not None
    there = asker.foreseen - (START + MINUTE)
    assert 302 * SECOND < there < 302 * SECOND + SECOND // 100
    assert abs(at - asker.foreseen - there) < SECOND // 1000
    assert answer.created == asker.foreseen // 1_000_000 * 1_000_000


class Program:
    """A program at ipn:3.9 that registers, notes on a disk of its own what it is given, and acknowledges it.

    Attributes:
        written: ids, in the order in which it noted them.
    """

    def __init__(self) -> None:
        self.written: list[str] = []
        self._registry: Registry
        self._registration: Registration | None = None

    def application(self, node: Node) -> Applications:
        """Return what lives on a node that has just started."""
        self._registry, self._registration = Registry(node.number), None
        return Applications({"bundles": Programs(self._registry)})

    def act(self, host: Host, now: int) -> Iterable[Request]:
        """Register, as after each start of the node; or take what waits, two at a time."""
        assert isinstance(host.application, Applications)
        if self._registration is None:
            self._registration, requests = self._registry.register(9, lambda: None, own=False)
            return host.application.asked("bundles", requests)
        acknowledged: list[Request] = []
        last = 0
        while len(acknowledged) < 2 and (arrival := self._registration.after(last)) is not None:
            assert host.payload(arrival.keys)
            self.written.append(arrival.id)
            last = arrival.number
            acknowledged += self._registration.acknowledge(arrival.id)
        return host.application.asked("bundles", acknowledged)


def lived(program: Program, interrupt: Interrupt) -> VirtualWorld:
    """Return a world in which five bundles were sent to a program over six hours."""
    setups = [
        NodeSetup(NodeConfig(number, LINE), program.application if number == 3 else Witness)
        for number in LINE.nodes()
    ]
    world = VirtualWorld(LINE, setups, start=START, interrupt=interrupt)
    for number in range(5):
        world.call(START + number * SECOND, 1, posting(f"words {number}", "ipn:3.9"))
    for number in range(30):
        world.call(START + (10 + 10 * number) * MINUTE, 3, program.act)
    world.run(START + 6 * HOUR)
    return world


def quiet(points: list[Point]) -> Interrupt:
    """Return an interruption that kills nobody and notes where it might have."""

    def note(node: int, step: int, stage: int) -> None:
        if node == 3:
            points.append((node, step, stage))

    return note


def test_a_crash_between_delivery_and_acknowledgement_loses_nothing() -> None:
    """Never lost, at most given again with the same id: whenever the program's node dies."""
    points: list[Point] = []
    program = Program()
    lived(program, quiet(points))
    sent = program.written
    assert len(sent) == len(set(sent)) == 5
    given_again = 0
    for point in points:
        died: list[Point] = []
        program = Program()
        world = lived(program, dying_at(point, died))
        assert died, point
        times = Counter(program.written)
        assert sorted(times) == sorted(sent), point
        # Only what was noted in the step that was never committed may come again: two at most.
        again = [id for id, count in times.items() if count > 1]
        assert len(again) <= 2, point
        assert max(times.values()) <= 2, point
        given_again += len(again)
        assert not world.store(3).bundles(), point
    assert given_again > 0
