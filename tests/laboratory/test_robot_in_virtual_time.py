"""The robot in virtual time, with real engines, links and stores: it dies, and sends each part once."""

from __future__ import annotations

from collections import Counter
from functools import partial

from tests.laboratory.robots import ALKANE, robot
from tests.messages.contents import letters_of
from tests.sim.helpers import START, both
from tests.sim.test_crashes import Point, dying_at

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.laboratory.correspondent import RobotLaboratory
from starlight.laboratory.robot_file import RobotSample
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.part_reading import part_bytes
from starlight.messages.correspondent import Correspondent
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.organics import parts
from starlight.organics.synthetic_runs import Spike
from starlight.postoffice.postoffice import PostOffice
from starlight.sim.entropy import entropy
from starlight.sim.virtual_node import Interrupt, NodeSetup
from starlight.sim.world import VirtualWorld

JAY, ROBOT = "ipn:1.2", "ipn:3.9"
PLAN = ContactPlan.of(
    [
        *both(1, 1, 2, 0, 20 * HOUR, light_s=700.0),
        *both(3, 2, 3, 0, HOUR, rate=2_000),
        *both(5, 2, 3, 2 * HOUR, 20 * HOUR, rate=2_000),
    ]
)
"""Earth, a relay, and a thin link from there to the robot, which is away for an hour."""

SAMPLES = (
    RobotSample(START + 20 * MINUTE, "S1", Spike(ALKANE, 0.01, 450.0), (4.6, 137.4)),
    RobotSample(START + 90 * MINUTE, "S2", None, None),
)


def living() -> Correspondent:
    """Return the robot that takes two samples, and tells Jay."""
    return RobotLaboratory(ROBOT, robot(*SAMPLES, share=0.2), [JAY], [])


def office_of(host: Host | None) -> PostOffice:
    assert host is not None
    assert isinstance(host.application, PostOffice)
    return host.application


def lived(interrupt: Interrupt | None = None) -> tuple[VirtualWorld, list[str]]:
    """Let five hours pass; return the world, and the lines of its trace."""
    random = {number: entropy(1, str(number)) for number in (1, 2, 3)}
    lines: list[str] = []

    def office(node: Node) -> PostOffice:
        makers = [living] if node.number == 3 else []
        return PostOffice(
            node.forecaster, booked=node.booked, correspondents=makers, entropy=random[node.number]
        )

    def opened(address: str, host: Host, now: int) -> list[Request]:
        return office_of(host).mailboxes.open(address, "", now)

    setups = [NodeSetup(NodeConfig(number, PLAN), office) for number in (1, 2, 3)]
    world = VirtualWorld(
        PLAN, setups, start=START, interrupt=interrupt, trace=lambda record: lines.append(record.line())
    )
    for node, address in ((1, JAY), (3, ROBOT)):
        # Twice, because a node may die in the step that opens it, before that is committed.
        for time in (START, START + 8 * MINUTE):
            world.call(time, node, partial(opened, address))
    world.run(START + 5 * HOUR)
    return world, lines


def box(world: VirtualWorld) -> Mailbox:
    return office_of(world.host(1)).mailbox(JAY)


def came(world: VirtualWorld) -> list[str]:
    """Return the parts that are with Jay whole, by name."""
    return sorted(
        part.name
        for letter in letters_of(box(world)).values()
        for number, part in enumerate(letter.parts)
        if sum(len(piece) for piece in part_bytes(box(world), letter.id, number)[1]) == part.size
    )


ALL = sorted(
    [f"S1.{kind}" for kind in ("verdict", "thumbnail", "window", "run")]
    + [f"S2.{kind}" for kind in ("verdict", "thumbnail", "run")]
)


def test_what_it_found_crosses_a_relay_and_a_thin_link() -> None:
    """Each part once; its telemetry with the place; a note in the trace; the same by the same seed."""
    world, lines = lived()
    assert came(world) == ALL
    find = next(each for each in letters_of(box(world)).values() if each.parts[0].name == "S1.verdict")
    assert parts.read_verdict(find.parts[0].data or b"").found
    told = [each for _, each in box(world).telemetry.readings(ROBOT)]
    assert [(each.readings["run"], each.position) for each in told] == [("S1", (4.6, 137.4)), ("S2", None)]
    noted = [line for line in lines if "S1: organic marker above background" in line]
    assert len(noted) == 1
    assert lived()[1] == lines


def test_a_crash_at_any_instant_sends_each_part_once() -> None:
    """Whichever node dies in whichever step, of every 13th: all is there, nothing was written twice."""
    points: list[Point] = []

    def note(node: int, step: int, stage: int) -> None:
        points.append((node, step, stage))

    lived(note)
    assert len(points) > 300
    for point in points[::13]:
        died: list[Point] = []
        world, _ = lived(dying_at(point, died))
        assert died, point
        assert came(world) == ALL, point
        mine = letters_of(office_of(world.host(3)).mailbox(ROBOT)).values()
        written = Counter(part.name for letter in mine for part in letter.parts)
        assert set(written.values()) == {1}, point
