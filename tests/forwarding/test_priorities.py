"""Who goes first: a non-preemptive priority queue on every contact, and promises that hold."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.helpers import HOUR, SECOND, USUAL_LIMITS, Fixture, T, contact, of, plan, traces

from starlight.contacts.contact import UNLIMITED_BPS
from starlight.contacts.plan import ContactPlan
from starlight.node.actions import Accepted, Action, Persist, Transmit, Withdrawn
from starlight.node.application import Withdraw
from starlight.node.bundle_state import BundleState
from starlight.node.config import NodeLimits
from starlight.node.events import (
    Event,
    LinkDown,
    LinkUp,
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    Wakeup,
)
from starlight.routing import Priority

BULK, NORMAL, EXPEDITED = Priority
MS = SECOND // 1000
BYTE = 1_000
"""The ns that a byte takes on a contact of `helpers.contact`."""


class Posted(NamedTuple):
    """A bundle as it was submitted, and what was promised."""

    at: int
    key: str
    priority: int
    takes: int
    leaves: int | None


class Line:
    """A node whose bundles are submitted one by one, and who is woken when it wants to be."""

    def __init__(self, contacts: ContactPlan, limits: NodeLimits = USUAL_LIMITS) -> None:
        self.node = Fixture(1, contacts, limits=limits)
        self.posted: list[Posted] = []
        self.sent: list[Transmit] = []
        self.trace: list[str] = []

    def at(self, now: int) -> Iterator[int]:
        """Wake the node at all times until now at which it wants to be; yield each after."""
        while (due := self.node.node.next_wakeup()) is not None and due <= now:
            self.take(self.node.handle(Wakeup(), due))
            yield due

    def until(self, now: int) -> None:
        """Let time pass."""
        for _ in self.at(now):
            pass

    def take(self, actions: list[Action]) -> None:
        """Note what was sent."""
        self.sent += of(actions, Transmit)
        self.trace += traces(actions)

    def post(self, at: int, priority: int, payload: int = 0, to: str = "ipn:3.1") -> Posted:
        """Submit a bundle."""
        self.until(at)
        actions = self.node.submit(to, at, priority=priority, payload=bytes(payload))
        (accepted,), persist = of(actions, Accepted), of(actions, Persist)[0]
        self.posted.append(Posted(at, accepted.key, priority, len(persist.data) * BYTE, accepted.leaves))
        self.take(actions)
        return self.posted[-1]

    @property
    def left(self) -> dict[str, int]:
        """When each bundle has left, in the order of leaving."""
        return {sent.key: sent.leaves for sent in self.sent}


def expected(posted: list[Posted], opens: int) -> dict[str, int]:
    """Return when each leaves a queue that always takes the most urgent, and of those the first that came."""
    left: dict[str, int] = {}
    queue: list[tuple[int, int, Posted]] = []
    free_at, coming = opens, list(enumerate(posted))
    while queue or coming:
        if not queue or (coming and coming[0][1].at < free_at):
            order, bundle = coming.pop(0)
            queue.append((-bundle.priority, order, bundle))
            free_at = max(free_at, bundle.at)
        else:
            queue.sort()
            _, _, bundle = queue.pop(0)
            left[bundle.key] = free_at
            free_at += bundle.takes
    return left


COMING = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(list(Priority)), st.integers(0, 300)), max_size=40
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(COMING, st.integers(0, 20_000), st.booleans())
def test_a_contact_is_a_priority_queue(
    coming: list[tuple[int, Priority, int]], opens: int, acknowledged: bool
) -> None:
    """The most urgent goes first, else who came first; nothing on the air is broken off; none is lost.

    What an expedited bundle is promised holds to the ns, and what is booked is what there is to do.
    """
    line = Line(plan(contact(1, 1, 3, opens * 1_000, light_s=1e-6)))
    router = line.node.node.router
    now = T
    for pause, priority, payload in coming:
        now += pause * 1_000
        line.post(now, priority, payload)
        queued = [bundle for bundle in line.posted if bundle.key not in line.left]
        for level in Priority:
            busy = sum(end - start for start, end in router.bookings.on(1, level))
            assert busy == sum(bundle.takes for bundle in queued if bundle.priority >= level)
        if acknowledged:
            for sent in line.sent:
                if sent.reaches <= now:
                    line.take(line.node.handle(TransmissionAcknowledged(sent.key, 3, now), now))
    line.until(T + 9 * HOUR)
    assert line.left == expected(line.posted, T + opens * 1_000)
    assert list(line.left.values()) == sorted(line.left.values())
    assert len(line.sent) == len(line.posted)
    for place, bundle in enumerate(line.posted, 1):
        if all(other.priority <= bundle.priority for other in line.posted[place:]):
            assert line.left[bundle.key] == bundle.leaves
        else:
            assert line.left[bundle.key] >= (bundle.leaves or 0)


def test_what_is_urgent_waits_for_what_is_on_the_air() -> None:
    """A transmission that has begun is never broken off, and the promise knows of it."""
    line = Line(plan(contact(1, 1, 3)))
    bulk = line.post(T, BULK, 10_000)
    waits = line.post(T + MS, BULK, 10_000)
    urgent = line.post(T + 2 * MS, EXPEDITED, 100)
    assert urgent.leaves == T + bulk.takes
    line.until(T + SECOND)
    assert line.left == {
        bulk.key: T,
        urgent.key: T + bulk.takes,
        waits.key: T + bulk.takes + urgent.takes,
    }


def test_another_contact_may_be_free_at_once() -> None:
    """Which contact is best depends on what is on the air there, whatever its priority."""
    line = Line(plan(contact(1, 1, 3, light_s=1), contact(2, 1, 4, light_s=1), contact(3, 4, 3, light_s=1)))
    slow = line.post(T, BULK, 10_000_000)
    urgent = line.post(T + SECOND, EXPEDITED, 100)
    assert slow.takes > 10 * SECOND
    assert [(sent.peer, sent.leaves) for sent in line.sent] == [(3, T), (4, T + SECOND)]
    assert urgent.leaves == T + SECOND


def test_nobody_runs_into_the_time_of_a_more_urgent_one() -> None:
    """An expedited bundle that rests after a failure is sent when that is over, to the ns."""
    line = Line(plan(contact(1, 1, 3)))
    urgent = line.post(T, EXPEDITED, 500_000)
    long = line.post(T + MS, NORMAL, 2_000_000)
    line.take(line.node.handle(TransmissionFailed(urgent.key, 3, "fell"), T + 2 * MS))
    line.until(T + 9 * SECOND)
    again = T + 2 * MS + SECOND
    assert line.left == {urgent.key: again, long.key: again + urgent.takes}


def test_a_link_that_falls_frees_what_was_on_the_air() -> None:
    """What was under way fails, and when the link is up again an expedited bundle leaves at once."""
    line = Line(plan(contact(1, 1, 3)))
    bulk = line.post(T, BULK, 9_000_000)
    line.take(line.node.handle(LinkDown(3), T + SECOND))
    line.take(line.node.handle(TransmissionFailed(bulk.key, 3, "fell"), T + SECOND))
    line.take(line.node.handle(LinkUp(3), T + 2 * SECOND))
    line.until(T + 2 * SECOND)
    assert [sent.leaves for sent in line.sent] == [T, T + 2 * SECOND]
    line.take(line.node.handle(LinkDown(3), T + 3 * SECOND))
    urgent = line.post(T + 3 * SECOND, EXPEDITED)
    line.take(line.node.handle(LinkUp(3), T + 3 * SECOND))
    line.until(T + 4 * SECOND)
    assert urgent.leaves == line.left[urgent.key] == T + 3 * SECOND


def test_who_was_overtaken_is_foreseen_later_further_on() -> None:
    """Where it will need another time there too, its booking moves: others are told what is likely."""
    line = Line(plan(contact(1, 1, 4, HOUR, light_s=1), contact(2, 4, 3, light_s=1)))
    router = line.node.node.router
    bulk = line.post(T, BULK, 1_000_000)
    urgent = line.post(T, EXPEDITED, 7_000_000)
    line.until(T + HOUR + 9 * SECOND)
    assert list(line.left) == [urgent.key, bulk.key]
    there = [
        (T + HOUR + SECOND + taken, T + HOUR + SECOND + taken + takes)
        for taken, takes in ((urgent.takes, urgent.takes), (urgent.takes + bulk.takes, bulk.takes))
    ]
    assert router.bookings.on(2) == [(there[0][0], there[0][1] + bulk.takes)]


def test_what_is_pushed_out_of_a_window_finds_another_at_once() -> None:
    """... before others take that, and without waiting for the end of the one that it has lost."""
    line = Line(plan(contact(1, 1, 3, HOUR, HOUR + 10 * SECOND), contact(2, 1, 3, 2 * HOUR)))
    bulk = [line.post(T, BULK, 2_400_000) for _ in range(4)]
    assert [each.leaves for each in bulk] == [T + HOUR + place * bulk[0].takes for place in range(4)]
    urgent = line.post(T, EXPEDITED, 3_000_000)
    after = line.post(T, BULK, 2_400_000)
    small = line.post(T, BULK, 1_000)
    assert (urgent.leaves, after.leaves) == (T + HOUR, T + 2 * HOUR + 2 * bulk[0].takes)
    assert small.leaves == T + HOUR + urgent.takes + 2 * bulk[0].takes
    line.until(T + 3 * HOUR)
    kept, pushed = bulk[:2], bulk[2:]
    assert list(line.left) == [bundle.key for bundle in (urgent, *kept, small, *pushed, after)]
    assert line.left[pushed[0].key] == T + 2 * HOUR


def test_urgent_traffic_may_fill_a_contact_and_bulk_waits() -> None:
    """That is what bulk is for: nothing of it is lost, and its lifetime ends as any other does."""
    line = Line(plan(contact(1, 1, 3, HOUR, HOUR + 2 * SECOND)))
    bulk = line.post(T, BULK, 1_000_000)
    urgent = line.post(T, EXPEDITED, 1_500_000)
    assert (bulk.leaves, urgent.leaves) == (T + HOUR, T + HOUR)
    assert sorted(line.node.states) == ["QUEUED", "WAITING"]
    line.until(T + 2 * HOUR)
    assert list(line.left) == [urgent.key]
    line.take(line.node.handle(PlanChanged(plan(contact(2, 1, 3, 3 * HOUR))), T + 2 * HOUR))
    line.until(T + 3 * HOUR)
    assert line.left[bulk.key] == T + 3 * HOUR
    late = line.post(T + 3 * HOUR, BULK, to="ipn:9.1")
    line.until(T + 40 * HOUR)
    assert "bundle.expired" in line.trace
    assert late.key not in line.left


def test_a_link_that_comes_late_serves_the_most_urgent_first() -> None:
    """All that should have left by then is booked anew: in the order of urgency, then of coming."""
    line = Line(plan(contact(1, 1, 3)))
    line.take(line.node.handle(LinkDown(3), T))
    posted = [line.post(T + step * MS, priority, 1_000) for step, priority in enumerate((0, 1, 2, 0, 1, 2))]
    line.take(line.node.handle(LinkUp(3), T + HOUR))
    later = line.post(T + HOUR, NORMAL, 1_000)
    line.until(T + 2 * HOUR)
    order = [posted[place] for place in (2, 5, 1, 4)]
    assert list(line.left) == [bundle.key for bundle in (*order, later, posted[0], posted[3])]
    assert line.left[posted[2].key] == T + HOUR
    assert line.left[later.key] == later.leaves


def test_a_new_plan_books_the_most_urgent_first() -> None:
    """... though they came last; what is as urgent keeps the order in which it came."""
    line = Line(plan(contact(1, 1, 3, HOUR)))
    posted = [line.post(T, priority, 1_000) for priority in (0, 1, 2, 0, 1, 2)]
    line.take(line.node.handle(PlanChanged(plan(contact(2, 1, 3, 2 * HOUR))), T + MS))
    router = line.node.node.router
    assert [router.bookings.on(2, level)[0][1] - T - 2 * HOUR for level in Priority] == [
        sum(bundle.takes for bundle in posted if bundle.priority >= level) for level in Priority
    ]
    line.until(T + 3 * HOUR)
    assert list(line.left) == [posted[place].key for place in (2, 5, 1, 4, 0, 3)]
    assert line.left[posted[2].key] == T + 2 * HOUR
    assert line.left[posted[5].key] == T + 2 * HOUR + posted[2].takes


def test_a_transmission_outlasts_a_change_of_plan() -> None:
    """What began under the plan before is on the air, and an expedited bundle is promised nothing sooner."""
    line = Line(plan(contact(1, 1, 3)))
    bulk = line.post(T, BULK, 1_000_000)
    line.take(line.node.handle(PlanChanged(plan(contact(1, 1, 3), version=1)), T + MS))
    urgent = line.post(T + 2 * MS, EXPEDITED)
    line.until(T + 2 * SECOND)
    assert urgent.leaves == line.left[urgent.key] == T + bulk.takes


def test_without_a_rate_the_most_urgent_goes_when_an_answer_makes_room() -> None:
    """Only the count of unanswered transfers makes a queue there, and it too is served by priority."""
    unpaced = plan(contact(1, 1, 3, rate=UNLIMITED_BPS))
    line = Line(unpaced, limits=NodeLimits(under_way=1))
    posted = [line.post(T, priority) for priority in (0, 0, 1, 2)]
    for step, place in enumerate((0, 3, 2), 1):
        now = T + 700 * step * SECOND
        line.take(line.node.handle(TransmissionAcknowledged(posted[place].key, 3, now), now))
    assert list(line.left) == [posted[place].key for place in (0, 3, 2, 1)]


@pytest.mark.parametrize("rate", [8_000_000, UNLIMITED_BPS])
def test_a_clock_that_was_ahead_stops_nobody(rate: int) -> None:
    """Batches of a live node may be handled a moment late: what began by a later clock goes first."""
    line = Line(plan(contact(1, 1, 3, rate=rate)))
    first = line.post(T + SECOND, NORMAL)
    second = line.post(T, EXPEDITED)
    line.until(T + HOUR)
    assert list(line.left) == [first.key, second.key]
    assert second.leaves == line.left[second.key] == max(sent.last_byte for sent in line.sent[:1])


def test_room_that_comes_free_is_for_the_most_urgent_that_waits() -> None:
    """A bundle that had no room anywhere is looked at again, the more urgent before those that came first."""
    window = contact(1, 1, 3, 2 * HOUR, 2 * HOUR + 2 * SECOND)
    line = Line(plan(contact(2, 1, 4, HOUR, HOUR + SECOND), contact(3, 4, 3, 2 * HOUR), window))
    first = line.post(T, EXPEDITED, 1_500_000)
    bulk = line.post(T, BULK, 1_500_000)
    normal = line.post(T, NORMAL, 1_500_000)
    assert (first.leaves, bulk.leaves, normal.leaves) == (T + 2 * HOUR, None, None)
    small = line.post(T, NORMAL, 900_000)
    assert small.leaves == T + HOUR
    line.node.handle(Withdraw(first.key), T + MS)
    line.until(T + 3 * HOUR)
    assert line.left[normal.key] == T + 2 * HOUR
    assert bulk.key not in line.left


class Storm:
    """A node to which anything may happen, from one seed; checked after each step.

    Two neighbours, each with windows one after another, lead to the destination.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.line = Line(self.plan(0))
        self.now = T
        self.up = {3, 4}
        self.under_way: dict[str, int] = {}
        self.settled: set[str] = set()
        self.air: dict[int, int] = {}
        self.seen = 0

    def plan(self, version: int) -> ContactPlan:
        """Return windows of a minute or two, drawn anew."""
        contacts = [contact(90, 4, 3, light_s=1)]
        for number in range(40):
            start = number * 60 * SECOND + self.rng.randrange(40) * SECOND
            peer = self.rng.choice((3, 4))
            rate = self.rng.choice((8_000, 80_000, 800_000))
            contacts.append(contact(number, 1, peer, start, start + 90 * SECOND, rate=rate, light_s=1))
        return plan(*contacts, version=version)

    def tell(self, event: Event) -> None:
        """Tell the node something, and look at what it does."""
        self.line.take(self.line.node.handle(event, self.now))
        self.look()

    def look(self) -> None:
        """Check what has been sent since the last look, and what is booked."""
        for sent in self.line.sent[self.seen :]:
            assert sent.key not in self.under_way, "it is sent twice at the same time"
            assert sent.key not in self.settled, "it is sent though it was answered or withdrawn"
            assert sent.leaves >= self.air.get(sent.contact, 0), "two are on the air at once"
            assert sent.peer in self.up
            self.under_way[sent.key] = sent.peer
            self.air[sent.contact] = sent.last_byte
        self.seen = len(self.line.sent)
        node = self.line.node.node
        queued = [stored for stored in node.stored.values() if stored.state is BundleState.QUEUED]
        hops = [(stored.meta.priority, stored.route.hops[0]) for stored in queued if stored.route]
        assert len(hops) == len(queued)
        for each in node.plan.contacts:
            for level in Priority:
                booked = node.router.bookings.on(each.id, level)
                wanted = [hop for priority, hop in hops if hop.contact.id == each.id and priority >= level]
                if each.from_node == 1:
                    assert sum(to - start for start, to in booked) == sum(
                        hop.last_byte - hop.leaves for hop in wanted
                    )

    def step(self) -> None:
        """Let something happen."""
        rng = self.rng
        self.now += rng.choice((0, 0, MS, SECOND, 20 * SECOND))
        for due in self.line.at(self.now):
            assert due <= self.now
            self.look()
        what = rng.randrange(12)
        if what < 6:
            self.line.post(self.now, rng.choice(list(Priority)), rng.choice((1, 100, 10_000, 60_000)))
            self.look()
        elif what < 9 and self.under_way:
            key = rng.choice(list(self.under_way))
            if what < 8:
                peer = self.under_way.pop(key)
                self.settled.add(key)
                self.tell(TransmissionAcknowledged(key, peer, self.now))
            else:
                self.tell(TransmissionFailed(key, self.under_way.pop(key), "lost", rng.random() < 0.3))
        elif what == 9:
            key = rng.choice(self.line.posted).key if self.line.posted else "none"
            actions = self.line.node.handle(Withdraw(key), self.now)
            self.line.take(actions)
            self.settled.update(gone.key for gone in of(actions, Withdrawn))
            self.look()
        elif what == 10:
            peer = rng.choice((3, 4))
            if peer in self.up:
                self.up.discard(peer)
                self.tell(LinkDown(peer))
                self.air.clear()
                for key in [key for key, to in self.under_way.items() if to == peer]:
                    self.tell(TransmissionFailed(key, self.under_way.pop(key), "fell"))
            else:
                self.up.add(peer)
                self.tell(LinkUp(peer))
        elif rng.random() < 0.3:
            self.air.clear()
            self.tell(PlanChanged(self.plan(self.seen)))


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_lost_or_doubled_whatever_happens(seed: int) -> None:
    """Links fall, transfers fail, plans change: each is sent until it was answered, and never in two ways.

    And at each instant what is booked on a contact, at each priority, is what queues for it.
    """
    storm = Storm(seed)
    for _ in range(150):
        storm.step()
    for peer in sorted({3, 4} - storm.up):
        storm.up.add(peer)
        storm.tell(LinkUp(peer))
    storm.air.clear()
    storm.tell(PlanChanged(plan(contact(99, 1, 3, end=1_000 * HOUR, light_s=1), version=10_000)))
    for _ in range(2 * len(storm.line.posted)):
        for key, peer in list(storm.under_way.items()):
            del storm.under_way[key]
            storm.settled.add(key)
            storm.tell(TransmissionAcknowledged(key, peer, storm.now))
        storm.now += HOUR // 20
        for _ in storm.line.at(storm.now):
            storm.look()
    assert not storm.line.node.node.stored
    assert storm.settled == {bundle.key for bundle in storm.line.posted}
    assert "bundle.expired" not in storm.line.trace
    router = storm.line.node.node.router
    assert [router.bookings.on(99, level) for level in Priority] == [[], [], []]


def test_a_critical_bundle_goes_before_all_that_waits_but_not_before_what_is_on_the_air() -> None:
    """It leaves as soon as the bundle on the air is through, before expedited ones that were booked first."""
    line = Line(plan(contact(1, 1, 3)))
    on_air = line.post(T, BULK, 60_000)
    waiting = [line.post(T + MS, priority, 10_000) for priority in (EXPEDITED, NORMAL, BULK, EXPEDITED)]
    actions = line.node.submit("ipn:3.1", T + 2 * MS, priority=NORMAL, critical=True)
    (critical,) = of(actions, Accepted)
    line.take(actions)
    line.until(T + HOUR)
    order = list(line.left)
    assert order[:2] == [on_air.key, critical.key]
    assert line.left[critical.key] == critical.leaves == T + on_air.takes
    assert order[2:4] == [waiting[0].key, waiting[3].key]
