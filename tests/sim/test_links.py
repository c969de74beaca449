"""Worlds whose links are no space hops: UDPCL over a bad medium, TCPCL to the Moon, and both."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import pytest
from tests.messages.contents import received_of, sent_of
from tests.sim.helpers import (
    HOUR,
    MINUTE,
    NEAR_LIGHT_S,
    SECOND,
    START,
    TCPCL,
    both,
    contact,
    disturbed,
    posting,
    sessions,
)
from tests.sim.test_letters import office_at, offices

from starlight.contacts import Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, YEAR
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.links import TcpclConfig, TcpclSession
from starlight.links.udpcl import UdpclConfig, UdpclLink
from starlight.medium.impairments import Impairments
from starlight.medium.link_kinds import ChooseLink, Datagrams, LinkKind, Streams, space_hops
from starlight.messages.draft import Draft
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.sim.checkers import Witness, read, unfinished, unsafe
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

MOON_S = 1.3


def udpcl(keepalive_s: int = 0) -> ChooseLink:
    """Return the choice of UDPCL for every link."""
    config = UdpclConfig(datagram_max=60_000, keepalive_s=keepalive_s)
    return lambda node, peer: Datagrams(lambda site: UdpclLink(config, now=site.now))


def world_over(
    plan: ContactPlan,
    choose: ChooseLink,
    impairments: Impairments | None = None,
    trace: Callable[[Record], object] | None = None,
) -> VirtualWorld:
    """Return a world with a witness on every node."""
    setups = [NodeSetup(NodeConfig(number, plan), Witness) for number in plan.nodes()]
    return VirtualWorld(plan, setups, start=START, trace=trace, choose_link=choose, impairments=impairments)


def post(world: VirtualWorld, count: int, *, every: int = SECOND, size: int = 0) -> None:
    """Let node 1 post words to node 2."""
    for number in range(count):
        world.call(START + MINUTE + number * every, 1, posting(f"w{number}", "ipn:2.1", size=size))


NEAR = ContactPlan.of(both(1, 1, 2, light_s=MOON_S))


def test_over_a_link_that_does_not_acknowledge_a_bundle_is_let_go_when_it_has_left() -> None:
    """It is in its sender's store until its last byte has left, then on its way, then in the other's."""
    plan = ContactPlan.of(both(1, 1, 2, light_s=MOON_S, rate=8_000))
    world = world_over(plan, udpcl())
    post(world, 1, size=2_000)
    world.run(START + MINUTE + 2 * SECOND)
    assert len(world.store(1).bundles()) == 1
    world.run(START + MINUTE + 3 * SECOND)
    assert world.store(1).bundles() == world.store(2).bundles() == []
    assert len(world.links.released_in_transit()) == 1
    assert unsafe(world) == []
    world.run(START + 2 * MINUTE)
    assert world.links.released_in_transit() == []
    (arrival,) = read(world).came["w0"]
    assert arrival[1].at == read(world).posted["w0"].arrives


def test_over_udpcl_what_is_lost_is_lost_and_nothing_comes_twice() -> None:
    """Each arrival is of words that were posted, once; what has not come is lost, and found so."""
    kinds: list[str] = []
    world = world_over(
        NEAR,
        udpcl(),
        Impairments(5, loss=0.2, duplication=0.3, reordering=0.3, delay_max=5 * SECOND),
        lambda record: kinds.append(record.kind),
    )
    post(world, 400)
    world.run(START + HOUR)
    posted, came = read(world)
    assert len(posted) == 400
    assert 280 < len(came) < 360
    assert all(len(arrivals) == 1 for arrivals in came.values())
    at = [came[f"w{number}"][0][1].at for number in range(400) if f"w{number}" in came]
    assert at != sorted(at)  # some have overtaken others
    assert kinds.count("bundle.forwarded") == 400  # let go of when they had left
    assert kinds.count("bundle.duplicate") > 50
    lost = set(posted) - set(came)
    assert {finding.split()[0].strip("'") for finding in unsafe(world)} == lost
    assert all("is lost" in finding for finding in unsafe(world))
    assert world.store(1).bundles() == world.store(2).bundles() == []


def test_a_mailbox_sends_again_what_a_link_has_lost() -> None:
    """No receipt comes of a letter that was lost, so it is sent again; in the end most are confirmed."""
    plan = ContactPlan.of(both(1, 1, 2, 0, 400 * HOUR, light_s=MOON_S))
    setups = [NodeSetup(NodeConfig(number, plan), offices()) for number in (1, 2)]
    lines: list[str] = []
    world = VirtualWorld(
        plan,
        setups,
        start=START,
        trace=lambda record: lines.append(record.kind),
        choose_link=udpcl(),
        impairments=Impairments(1, loss=0.3, duplication=0.2, reordering=0.2),
    )
    world.call(START, 1, lambda host, now: office_at(host).mailboxes.open("ipn:1.1", "Jay", now))
    world.call(START, 2, lambda host, now: office_at(host).mailboxes.open("ipn:2.1", "Nan-young", now))

    def write(host: Host, now: int) -> Iterable[Request]:
        return office_at(host).outbox.write("ipn:1.1", Draft("ipn:2.1", "Are you there?"), now)[1]

    for number in range(20):
        world.call(START + MINUTE + number * MINUTE, 1, write)
    world.run(START + 300 * HOUR)
    sent = sent_of(office_at(world.host(1)).mailbox("ipn:1.1"))
    received = received_of(office_at(world.host(2)).mailbox("ipn:2.1"))
    assert lines.count("letter.resent") > 0
    assert len(received) > 20 * 0.9  # of each, at least one of several copies came, all but surely
    assert all(letter in sent for letter in received)
    arrived = {letter for letter, each in sent.items() if each.dispatch.state.value == "arrived"}
    assert arrived <= set(received)
    assert len(arrived) > len(received) * 0.8


def test_keepalives_find_out_that_a_peer_is_there() -> None:
    """With keep-alives UDPCL is up once its peer was heard, and down when it was not for long."""
    kinds: list[str] = []
    world = world_over(NEAR, udpcl(keepalive_s=15), trace=lambda record: kinds.append(record.kind))
    world.crash(2, START + 5 * MINUTE, START + 10 * MINUTE)
    post(world, 15, every=MINUTE)
    world.run(START + 5 * HOUR)
    came = read(world).came
    # What left while nobody listened is lost; once the silence was noticed the words waited.
    lost = {f"w{number}" for number in range(15)} - set(came)
    assert lost == {"w4"}
    assert [kind for kind in kinds if kind.startswith("link.")] == [
        "link.established", "link.established", "link.lost", "link.established", "link.established"
    ]  # fmt: skip


def test_letters_cross_to_the_moon_over_tcpcl() -> None:
    """Sessions run at 1.3 s of light: nothing is lost, and the acknowledgement takes a light time too."""
    lines: list[Record] = []
    world = world_over(NEAR, sessions, trace=lines.append)
    post(world, 100)
    for number in range(100):
        world.call(START + MINUTE + number * SECOND, 2, posting(f"back {number}", "ipn:1.1", size=3_000))
    world.run(START + HOUR)
    assert unsafe(world) == unfinished(world) == []
    assert len(read(world).came) == 200
    for words, ((_, came),) in read(world).came.items():
        foreseen = read(world).posted[words].arrives
        assert foreseen is not None
        # Later than foreseen by the octets that TCPCL adds, and those of the bundle before it.
        assert 0 < came.at - foreseen < SECOND // 100
    up = [(record.node, record.time - START) for record in lines if record.kind == "link.established"]
    # A round trip for TCP, then contact headers both ways, then SESS_INIT both ways, each a light time.
    assert [node for node, _ in up] == [2, 1]
    for (_, at), trips in zip(up, (5, 6), strict=True):
        assert 0 <= at - round(trips * MOON_S * SECOND) < SECOND // 100
    sent = {record.event.facts()["bundle"]: record.time for record in lines if record.kind == "bundle.sent"}
    known = {
        record.event.facts()["bundle"]: record.time for record in lines if record.kind == "bundle.forwarded"
    }
    assert set(sent) == set(known)
    assert all(known[key] - at >= 2 * MOON_S * SECOND for key, at in sent.items())


def test_over_tcpcl_losses_only_cost_time() -> None:
    """What befalls its packets is the transport's affair: all comes, once, in order."""
    world = world_over(NEAR, sessions, Impairments(2, loss=0.1, duplication=0.1, reordering=0.1))
    post(world, 200)
    world.run(START + HOUR)
    assert unsafe(world) == unfinished(world) == []
    at = [read(world).came[f"w{number}"][0][1].at for number in range(200)]
    assert at == sorted(at)


@pytest.mark.parametrize("cut", [[(1, 2), (2, 1)], [(1, 2)], [(2, 1)]])
def test_a_cut_breaks_the_connection_and_it_is_opened_again(cut: list[tuple[int, int]]) -> None:
    """What was not acknowledged is sent again over the next session: nothing is lost."""
    lines: list[Record] = []
    world = world_over(NEAR, sessions, trace=lines.append)
    world.cut(cut, START + 2 * MINUTE, START + 20 * MINUTE)
    post(world, 60, every=10 * SECOND)
    for minute in range(60):
        world.run(START + minute * MINUTE)
        assert unsafe(world) == []
    world.run(START + 5 * HOUR)
    assert unsafe(world) == unfinished(world) == []
    assert [record.kind for record in lines].count("link.established") >= 4


@pytest.mark.parametrize("node", [1, 2])
def test_a_crash_ends_the_connection_and_loses_nothing(node: int) -> None:
    """Whichever end dies, the other hears of it, and a new connection is there when it lives again."""
    world = world_over(NEAR, sessions)
    world.crash(node, START + 90 * SECOND, START + 10 * MINUTE)
    post(world, 60, every=10 * SECOND)
    for minute in range(20):
        world.run(START + minute * MINUTE)
        assert unsafe(world) == []
    world.run(START + 9 * HOUR)
    assert unsafe(world) == unfinished(world) == []


def test_a_session_waits_for_the_window() -> None:
    """A connection is opened when both directions are, and again in the next window."""
    windows = [(MINUTE, 2 * MINUTE), (HOUR, 2 * HOUR)]
    plan = ContactPlan.of(
        [c for n, window in enumerate(windows) for c in both(1 + 2 * n, 1, 2, *window, light_s=MOON_S)]
    )
    lines: list[Record] = []
    world = world_over(plan, sessions, trace=lines.append)
    post(world, 100, every=30 * SECOND)
    world.run(START + 2 * HOUR)
    assert unsafe(world) == unfinished(world) == []
    up = [record.time for record in lines if record.kind == "link.established" and record.node == 1]
    assert START + MINUTE < up[0] < START + 2 * MINUTE
    assert START + HOUR < up[1] < START + HOUR + MINUTE


def test_a_bundle_larger_than_the_peer_takes_is_not_sent_over_a_session() -> None:
    """The transfer MRU of TCPCL is a fact of the link: what is larger is not put on the wire."""
    small = Streams(
        lambda site: TcpclSession(
            TcpclConfig(f"ipn:{site.node}.0", transfer_mru=1_000), passive=site.passive, now=site.now
        )
    )
    world = world_over(NEAR, lambda node, peer: small)
    post(world, 1, size=20_000)
    world.run(START + HOUR)
    assert unsafe(world) == unfinished(world) == []


def test_links_of_several_kinds_live_in_one_world() -> None:
    """Where the choice differs by link, letters go over wires and space hops on one route."""
    plan = ContactPlan.of(
        [
            *both(1, 1, 2, light_s=0.01),
            *both(3, 2, 3, light_s=700.0),
            contact(5, 3, 4, light_s=9.0, one_way=True),
        ]
    )

    def choose(node: int, peer: int) -> LinkKind:
        return TCPCL if (node, peer) == (1, 2) else space_hops(node, peer)

    world = world_over(plan, choose)
    for number in range(20):
        world.call(START + MINUTE + number * SECOND, 1, posting(f"w{number}", "ipn:4.1"))
    world.run(START + 2 * HOUR)
    assert unsafe(world) == unfinished(world) == []
    assert len(read(world).came) == 20


@pytest.mark.parametrize(
    ("choose", "within"),
    [(udpcl(), 3), (udpcl(keepalive_s=60), 5), (sessions, 12), (space_hops, 3)],
    ids=["udpcl", "udpcl with keep-alives", "tcpcl", "space hop"],
)
@pytest.mark.parametrize(
    "before",
    [
        both(5, 2, 3, light_s=MOON_S),
        [contact(1, 1, 2, light_s=MOON_S)],
        [contact(1, 2, 1, light_s=MOON_S)],
        both(1, 1, 2, 5 * HOUR, DAY, light_s=MOON_S),
    ],
    ids=["new", "new this way", "new back", "sooner open"],
)
def test_a_link_that_a_plan_adds_works_at_once(
    before: list[Contact], choose: ChooseLink, within: int
) -> None:
    """Whatever kind it is, it carries without a new start of its nodes, even where only one is told."""
    plan = ContactPlan.of(before)
    setups = [NodeSetup(NodeConfig(number, plan), Witness) for number in (1, 2, 3)]
    world = VirtualWorld(plan, setups, start=START, choose_link=choose)
    world.change_plan(START + HOUR, msgspec.structs.replace(NEAR, version=1), nodes=[1])
    world.call(START + HOUR, 1, posting("w", "ipn:2.1"))
    world.run(START + HOUR + within * round(MOON_S * SECOND))
    assert list(read(world).came) == ["w"]
    assert unsafe(world) == []


def test_over_any_link_a_world_can_end_with_all_in_the_stores() -> None:
    """What has left is stored where it goes to, hidden until light brings it; what has not stays."""
    chosen: list[tuple[ChooseLink, list[str]]] = [
        (udpcl(), []),  # let go of when they had left
        (sessions, ["HANDED"] * 3),
        (space_hops, ["HANDED"] * 3),
    ]
    for choose, handed in chosen:
        world = world_over(NEAR, choose)
        post(world, 40)
        # The last has left half a second ago; two more have arrived, and their acknowledgements have not.
        world.run(START + MINUTE + 30 * SECOND + SECOND // 2)
        world.land()
        assert unsafe(world) == []
        for node, states in ((1, handed), (2, ["HIDDEN"])):
            fresh = Node(NodeConfig(node, NEAR))
            for event in world.store(node).restore():
                fresh.handle(event, world.now)
            assert [stored.state.name for stored in fresh.stored.values()] == states


def test_a_world_ends_though_its_machines_speak_whenever_they_are_spoken_to() -> None:
    """Keep-alives a light time apart would answer each other for decades; what is in transit lands first."""
    plan = ContactPlan.of(both(1, 1, 2, 0, 90 * YEAR, light_s=300.0))
    world = world_over(plan, udpcl(keepalive_s=60))
    post(world, 20, every=MINUTE)
    world.run(START + 20 * MINUTE)
    world.land()
    assert unsafe(world) == []
    assert len(world.store(2).bundles()) == 5


def test_the_same_seed_gives_the_same_world_over_a_bad_medium() -> None:
    """A run over UDPCL, losses and all, is a function of its seed."""

    def digest(seed: int) -> str:
        world = world_over(NEAR, udpcl(), Impairments(seed, loss=0.2, duplication=0.2, reordering=0.2))
        post(world, 100)
        world.run(START + HOUR)
        return world.digest()

    assert digest(1) == digest(1) != digest(2)


@pytest.mark.parametrize("seed", range(8))
def test_over_sessions_nothing_is_lost_while_everything_fails(seed: int) -> None:
    """Cuts, crashes within steps and wrong plans break sessions; all comes once, when all has healed."""
    world, lines = disturbed(seed, lights=NEAR_LIGHT_S, choose_link=sessions)
    for hour in (*range(13), 62):
        world.run(START + hour * HOUR)
        assert unsafe(world) == [], f"seed {seed}"
    assert unfinished(world) == [], f"seed {seed}"
    assert any(record.kind == "link.lost" for record in lines)
