"""Small worlds: a line, a diamond, and a sky drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE, SECOND, YEAR
from starlight.engine.host import Host
from starlight.links import TcpclConfig, TcpclSession
from starlight.medium.link_kinds import ChooseLink, LinkKind, LinkSite, Streams, space_hops
from starlight.node.application import Request
from starlight.node.config import NodeConfig, NodeLimits
from starlight.sim import faults
from starlight.sim.checkers import Witness
from starlight.sim.virtual_node import Interrupt, NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

START = 51 * YEAR
PATIENT = NodeLimits()


def contact(
    id: int,
    a: int,
    b: int,
    start: int = 0,
    end: int = 10 * HOUR,
    *,
    rate: int = 1_000_000,
    light_s: float = 1.0,
    one_way: bool = False,
) -> Contact:
    """Return a contact whose times count from START."""
    begin = START + start
    return Contact(
        id, a, b, begin, START + end, ((begin, rate),), constant_light(begin, light_s), one_way=one_way
    )


def both(id: int, a: int, b: int, *window: int, light_s: float = 1.0, rate: int = 1_000_000) -> list[Contact]:
    """Return both directions of a link."""
    return [
        contact(id, a, b, *window, light_s=light_s, rate=rate),
        contact(id + 1, b, a, *window, light_s=light_s, rate=rate),
    ]


def world_of(
    plan: ContactPlan,
    *,
    kind: type[VirtualWorld] = VirtualWorld,
    services: tuple[int, ...] = (1,),
    limits: NodeLimits = PATIENT,
    trace: Callable[[Record], object] | None = None,
    interrupt: Interrupt | None = None,
    choose_link: ChooseLink = space_hops,
) -> VirtualWorld:
    """Return a world with a witness on every node of a plan."""
    setups = [
        NodeSetup(NodeConfig(number, plan, limits), lambda node: Witness(node, services))
        for number in plan.nodes()
    ]
    return kind(plan, setups, start=START, trace=trace, interrupt=interrupt, choose_link=choose_link)


def posting(
    words: str, to: str, *, size: int = 0, lifetime_s: int = 400 * 86_400, critical: bool = False
) -> Callable[[Host, int], Iterable[Request]]:
    """Return the call that lets a node's witness post some words."""

    def call(host: Host, now: int) -> Iterable[Request]:
        witness = host.application
        assert isinstance(witness, Witness)
        return witness.post(words, to, now, lifetime_ms=lifetime_s * 1000, size=size, critical=critical)

    return call


LINE = ContactPlan.of([*both(1, 1, 2, light_s=300.0), *both(3, 2, 3, light_s=2.0)])
"""Three nodes in a line, always open; the first hop is minutes long."""


def passes(id: int, a: int, b: int, *starts: int) -> list[Contact]:
    """Return passes of a minute, each of which carries 7.5 kB."""
    return [contact(id + n, a, b, start, start + MINUTE, rate=1_000) for n, start in enumerate(starts)]


# 20 kB from 1 to 3 take three passes; the diamond offers node 1 two neighbours.
PASSES = ContactPlan.of(
    [
        *passes(10, 1, 2, *(n * 10 * MINUTE for n in range(1, 8))),
        *passes(30, 1, 4, *(n * 10 * MINUTE for n in range(1, 8))),
        contact(50, 2, 1), contact(51, 4, 1), *both(52, 2, 3), *both(54, 4, 3),
    ]
)  # fmt: skip
SIZE = 20_000


def both_kinds(world: VirtualWorld) -> None:
    """Let a world carry a letter in pieces and a critical one, both ways at once."""
    world.call(START, 1, posting("large", "ipn:3.1", size=SIZE))
    world.call(START + SECOND, 1, posting("critical", "ipn:3.1", critical=True))
    world.call(START + 15 * MINUTE, 3, posting("back", "ipn:1.1", critical=True))
    world.run(START + 9 * HOUR)


FAST, SLOW = (300, 8_000, 1_000_000, UNLIMITED_BPS), (300, 1_000, 4_000)
"""Rates of links, in bit/s: the slow ones make letters that fit into no window whole."""


def session(site: LinkSite) -> TcpclSession:
    """Return a TCPCL session between two nodes."""
    config = TcpclConfig(f"ipn:{site.node}.0", require_peer_node_id=f"ipn:{site.peer}.0")
    return TcpclSession(config, passive=site.passive, now=site.now)


TCPCL = Streams(session)


def sessions(node: int, peer: int) -> LinkKind:
    """Return a link over TCPCL, whatever the nodes."""
    return TCPCL


NEAR_LIGHT_S = (0.000_1, 0.02, 1.3)
LIGHT_S = (*NEAR_LIGHT_S, 240.0, 1_200.0)
"""Light times of links, in s: over the near ones a session can be held."""


def random_plan(
    random: Random,
    nodes: int,
    length: int,
    rates: Sequence[int] = FAST,
    lights: Sequence[float] = LIGHT_S,
) -> ContactPlan:
    """Return a plan in which every pair of a random tree, and some more, meet again and again.

    The last hour belongs to one long contact of every link, so that all can arrive in the end.
    """
    pairs = [(random.randint(1, number - 1), number) for number in range(2, nodes + 1)]
    for _ in range(random.randint(0, nodes)):
        a, b = sorted(random.sample(range(1, nodes + 1), 2))
        pairs.append((a, b))
    contacts: list[Contact] = []
    for a, b in sorted(set(pairs)):
        light = random.choice(lights)
        drift = light * random.uniform(-1e-6, 1e-6)
        rate = random.choice(rates)
        time = random.randrange(HOUR)
        windows = []
        while time < length:
            end = min(time + int(HOUR * random.uniform(0.05, 3)), length)
            windows.append((time, end))
            time = end + int(HOUR * random.uniform(0.01, 2))
        windows.append((length + HOUR, length + 50 * HOUR))
        for start, end in windows:
            for one, other in ((a, b), (b, a)):
                begin = START + start
                piece = LightPiece(START, SECOND, (light, drift))
                contacts.append(
                    Contact(len(contacts) + 1, one, other, begin, START + end, ((begin, rate),), (piece,))
                )
    return ContactPlan.of(contacts)


def disturbed(
    seed: int,
    kind: type[VirtualWorld] = VirtualWorld,
    limits: NodeLimits = PATIENT,
    rates: Sequence[int] = FAST,
    lights: Sequence[float] = LIGHT_S,
    choose_link: ChooseLink = space_hops,
) -> tuple[VirtualWorld, list[Record]]:
    """Return a world in which many write and much fails, drawn from a seed, before it runs."""
    random = Random(f"traffic {seed}")
    plan = random_plan(random, random.randint(3, 7), 12 * HOUR, rates, lights)
    lines: list[Record] = []
    fatal = random.choice((0.0, 0.0, 0.001, 0.01))

    def interrupt(node: int, step: int, stage: int) -> int | None:
        # A node may die in the middle of a step; its downtime is over when all is to heal.
        if world.now < START + 11 * HOUR and random.random() < fatal:
            return random.randrange(HOUR)
        return None

    world = world_of(
        plan, kind=kind, limits=limits, trace=lines.append, interrupt=interrupt, choose_link=choose_link
    )
    special = Random(f"letters {seed}")
    faults.draw(seed, plan, START, START + 12 * HOUR).befall(world)
    nodes = plan.nodes()
    for number in range(random.randint(10, 80)):
        source, destination = random.choice(nodes), random.choice(nodes)
        time = START + random.randrange(12 * HOUR)
        size = random.randrange(20, 4_000)
        lifetime_s = random.choice((3_600, 6 * 3_600, 10**7, 10**7, 10**7))
        if special.random() < 0.25:  # larger than many a window, and not there in time as a whole
            size, lifetime_s = int(10 ** special.uniform(5, 6.3)), special.choice((6, 12, 12)) * 3_600
        critical = special.random() < 0.15
        to = f"ipn:{destination}.1"
        call = posting(f"w{number}", to, size=size, lifetime_s=lifetime_s, critical=critical)
        world.call(time, source, call)
    believe(world, plan, random)
    return world, lines


def believe(world: VirtualWorld, plan: ContactPlan, random: Random) -> None:
    """Let nodes believe different plans for a while; after twelve hours all know the true one."""
    pairs = sorted({(c.from_node, c.to_node) for c in plan.contacts})
    for _ in range(random.randint(0, 12)):
        start = START + random.randrange(12 * HOUR)
        end = start + random.randrange(6 * HOUR)
        links = random.sample(pairs, random.randint(1, len(pairs) // 2))
        believers = random.sample(plan.nodes(), random.randint(1, len(plan.nodes())))
        told = START + random.randrange(12 * HOUR)
        world.change_plan(told, plan.cut(links, start, end), believers)
    world.change_plan(START + 12 * HOUR, plan)


__all__ = [
    "HOUR",
    "MINUTE",
    "SECOND",
    "START",
    "both",
    "contact",
    "disturbed",
    "posting",
    "random_plan",
    "world_of",
]
