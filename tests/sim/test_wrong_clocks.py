"""Worlds in which a node's clock is wrong: nothing is lost, and nothing that can't be is confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from tests.messages.contents import sent_of
from tests.sim.helpers import START, both
from tests.sim.test_letters import office_at, offices

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, YEAR
from starlight.engine.host import Host
from starlight.medium.link_kinds import LinkKindName, links_called
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView
from starlight.node.application import Request
from starlight.node.clock_offsets import TOLERANCE, Fault
from starlight.node.config import NodeConfig
from starlight.node.own_clock import ClockTrouble
from starlight.node.trace_events import BundleExpired, ClockDiffers
from starlight.sim.virtual_clock import MachineClock, VirtualClock
from starlight.sim.virtual_node import Call, NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

NODES = (1, 2, 3)
LIGHT_S = 0.4
ALWAYS = (-100 * YEAR, 100 * YEAR)
PLAN = ContactPlan.of(
    [
        *both(1, 1, 2, *ALWAYS, light_s=LIGHT_S),
        *both(3, 2, 3, *ALWAYS, light_s=LIGHT_S),
        *both(5, 1, 3, *ALWAYS, light_s=LIGHT_S),
    ]
)
OFFSETS = (3 * SECOND, -3 * SECOND, HOUR, -HOUR, 2 * DAY, -2 * DAY, 20 * YEAR, -20 * YEAR)


class Correspondence:
    """A world in which all write to all, and answer what comes; the clock of node 2 is another.

    Args:
        machine: the clock of node 2.
        seed: of what is written when.
        kind: of all links.
    """

    def __init__(self, machine: MachineClock, seed: int = 1, kind: LinkKindName = "space") -> None:
        self.trace: list[Record] = []
        make = offices()  # one for all, so that no two letters have one id
        setups = [NodeSetup(NodeConfig(n, PLAN), make, machine=machine if n == 2 else None) for n in NODES]
        self.world = VirtualWorld(
            PLAN, setups, start=START, trace=self.trace.append, choose_link=links_called(kind)
        )
        self.random = Random(seed)
        for node in NODES:
            self.world.call(START, node, self._opening(node))

    def write(self, at: int, author: int, reader: int, words: str) -> None:
        """Let someone write at a true time, and the reader answer a little later what has come last."""
        self.world.call(at, author, self._writing(author, reader, words, answers=False))
        self.world.call(at + 20 * SECOND, reader, self._writing(reader, author, f"to {words}", answers=True))

    def write_for_a_day(self, count: int) -> None:
        """Let pairs who are drawn write to each other, in the course of a day."""
        for number in range(count):
            author, reader = self.random.sample(NODES, 2)
            self.write(START + MINUTE + self.random.randrange(DAY), author, reader, f"w{number}")

    def letters(self, node: int, with_node: int) -> tuple[LetterView, ...]:
        """Return a conversation as one of its ends shows it."""
        box = office_at(self.world.host(node)).mailbox(f"ipn:{node}.1")
        now = self.world.node(node).now
        shown = box.page(f"ipn:{with_node}.1", None, 1000).letters
        return tuple(box.letter_view(each.id, now) for each in shown)

    def differences(self) -> set[tuple[int, int]]:
        """Return which nodes have said of which peers that their clocks differ."""
        return {(each.node, each.event.peer) for each in self.trace if isinstance(each.event, ClockDiffers)}

    def check(self) -> None:
        """Check that all is there, in an order that can be, with nothing confirmed that can't be."""
        assert not [each for each in self.trace if isinstance(each.event, BundleExpired)]
        for node in NODES:
            sent = sent_of(office_at(self.world.host(node)).mailbox(f"ipn:{node}.1"))
            assert all(each.dispatch.confirmed.arrived_at is not None for each in sent.values())
            for other in set(NODES) - {node}:
                here, there = self.letters(node, other), self.letters(other, node)
                assert {each.id for each in here} == {each.id for each in there}
                self._check_order(here)
                for letter in here:
                    self._check_times(letter)

    def _check_order(self, letters: tuple[LetterView, ...]) -> None:
        places = {letter.id: place for place, letter in enumerate(letters)}
        for letter in letters:
            assert letter.reply_to is None or places[letter.reply_to] < places[letter.id]

    def _check_times(self, letter: LetterView) -> None:
        confirmed = [fact for fact in letter.facts if fact.certainty is Certainty.CONFIRMED]
        times = {fact.state: fact.time for fact in confirmed}
        # A receipt tells the arrival to the ms, and the departure may be within the same.
        left, came = times.get(DeliveryState.DEPARTED), times.get(DeliveryState.ARRIVED)
        assert left is None or came is None or came >= left - 1_000_000

    def _opening(self, node: int) -> Call:
        return lambda host, now: office_at(host).mailboxes.open(f"ipn:{node}.1", f"p{node}", now)

    def _writing(self, author: int, reader: int, words: str, *, answers: bool) -> Call:
        def write(host: Host, now: int) -> Iterable[Request]:
            office = office_at(host)
            here, there = f"ipn:{author}.1", f"ipn:{reader}.1"
            came = [
                each for each in office.mailbox(here).page(there, None, 1000).letters if each.sender == there
            ]
            if answers and not came:
                return ()
            reply_to = came[-1].id if answers else None
            return office.outbox.write(here, Draft(there, words, reply_to=reply_to), now)[1]

        return write


@pytest.mark.parametrize("ahead", OFFSETS)
@pytest.mark.parametrize("kind", ["space", "udpcl"])
def test_a_wrong_clock_loses_nothing_and_is_named_by_the_other_two(ahead: int, kind: LinkKindName) -> None:
    """Letters cross in a day, in order; all three know whose clock is wrong, and by how much."""
    course = Correspondence(MachineClock(ahead), seed=abs(ahead) % 97, kind=kind)
    course.write_for_a_day(20)
    course.world.run(START + 2 * DAY)
    course.check()
    for node in NODES:
        for found in course.world.node(node).clocks.offsets.disagreements():
            assert 2 in (node, found.peer), "two right clocks agree"
            assert found.fault is (Fault.OURS if node == 2 else Fault.THEIRS)
            truth = ahead if found.peer == 2 else -ahead
            assert found.offset.at_least <= truth <= found.offset.at_most
    assert course.differences() == {(1, 2), (2, 1), (2, 3), (3, 2)}


@pytest.mark.parametrize("seed", range(10))
def test_whatever_a_clock_does_no_letter_is_lost_and_nothing_false_confirmed(seed: int) -> None:
    """It is off, drifts, is set, and its node is restarted again and again, on any of several seeds."""
    random = Random(seed)
    settings = tuple(
        (START + (nth + 1) * 6 * HOUR, random.choice((0, *OFFSETS))) for nth in range(random.randrange(1, 4))
    )
    machine = MachineClock(random.choice((0, *OFFSETS)), random.randrange(-200, 200), settings)
    course = Correspondence(machine, seed)
    course.write_for_a_day(25)
    for setting, _ in settings:
        down = setting + random.randrange(HOUR)
        course.world.crash(2, down, down + random.randrange(1, 2 * HOUR))
    course.world.run(START + 5 * DAY)
    course.check()
    assert all(2 in ends for ends in course.differences()), "two right clocks agree"


def test_a_clock_that_differs_is_known_after_a_few_letters() -> None:
    """Three letters that are answered are enough for both."""
    course = Correspondence(MachineClock(2 * DAY))
    for nth in range(3):
        course.write(START + (nth + 1) * MINUTE, 1, 2, f"w{nth}")
    course.world.run(START + 10 * MINUTE)
    for node, peer, sign in ((1, 2, 1), (2, 1, -1)):
        found = course.world.node(node).clocks.offsets.disagreement(peer)
        assert found is not None
        assert abs(found.offset.ahead - sign * 2 * DAY) <= found.offset.error + SECOND
        assert found.fault is Fault.UNKNOWN, "two alone can't tell"


def test_clocks_that_drift_apart_within_the_tolerance_are_not_spoken_of() -> None:
    """Twenty millionths are 1.7 s in a day."""
    course = Correspondence(MachineClock(0, 20))
    course.write_for_a_day(20)
    course.world.run(START + DAY + HOUR)
    assert TOLERANCE > 20 * DAY // 1_000_000
    course.check()
    assert course.differences() == set()


def test_a_restart_sixty_years_on_changes_nothing() -> None:
    """The node goes on from what its store has recorded, and what waited in it still goes."""
    course = Correspondence(MachineClock(0, 0, ((START + HOUR, 60 * YEAR), (START + 3 * HOUR, 0))))
    course.world.cut([(1, 2), (3, 2), (2, 1), (2, 3)], START + 30 * MINUTE, START + 4 * HOUR)
    course.write(START + 40 * MINUTE, 2, 1, "before")
    course.world.crash(2, START + HOUR + MINUTE, START + HOUR + 2 * MINUTE)
    course.world.run(START + 2 * HOUR)
    node = course.world.node(2)
    assert node.own_clock is not None
    assert node.own_clock.doubt is not None
    assert node.own_clock.doubt.trouble is ClockTrouble.AHEAD
    assert course.world.now - HOUR < node.now < course.world.now
    course.write(START + 2 * HOUR, 2, 1, "in between")
    course.world.run(START + 5 * HOUR)
    course.check()
    assert [each.text for each in course.letters(1, 2)] == ["before", "in between"]
    assert node.own_clock.doubt is None, "the machine was set right"


@pytest.mark.parametrize("drift", [-500, 0, 37, 500])
@pytest.mark.parametrize("ahead", [0, 2 * DAY, -20 * YEAR])
def test_a_wake_up_is_never_early_by_the_nodes_own_clock(drift: int, ahead: int) -> None:
    """The true time of a moment is the first ns at which the node's clock has reached it."""
    clock = VirtualClock(MachineClock(ahead, drift))
    clock.start(START)
    for passed in (0, 1, 999, SECOND + 7, 3 * DAY + 11):
        moment = clock.at(START) + passed
        true = clock.true(moment)
        assert clock.at(true) >= moment
        assert clock.at(true - 1) < moment or passed == 0
