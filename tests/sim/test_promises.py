"""What was promised and what came of it: classes, allowances, explanations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

import pytest
from msgspec.structs import replace
from tests.sim.helpers import START, both, contact, posting, random_plan
from tests.sim.promising import watched

from starlight.contacts.contact import Contact
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.medium.trace_events import LinkCut
from starlight.node.application import Request
from starlight.node.stored import Meta, Stored
from starlight.node.trace_events import BundleDelivered, BundleSent, PlanAdopted
from starlight.routing import Hop, Priority, Route
from starlight.routing.bookings import Bookings
from starlight.sim.promises import PromiseTrail, Verdict
from starlight.sim.trace_events import NodeCrashed
from starlight.trace import Record

SLOW = 1  # the contact that all want
TRANSIT_TIME = 100 * SECOND


class Story:
    """Promises and transmissions over one contact from node 1 to node 2, told by hand."""

    def __init__(self) -> None:
        self.promises = PromiseTrail()
        self.plan = contact(SLOW, 1, 2, light_s=99.0, rate=8_000)

    def accept(self, key: str, leaves_s: float, *, priority: int = 1, size: int = 1_000) -> None:
        """Promise a bundle a second of the contact for each 1 000 bytes, from a time after START on."""
        leaves = START + round(leaves_s * SECOND)
        last_byte = self.plan.last_byte(leaves, size)
        assert last_byte is not None
        arrives = last_byte + 99 * SECOND
        hop = Hop(self.plan, START, START, leaves, last_byte, arrives)
        meta = Meta(1, START, START + HOUR, size, "ipn:1.1", "ipn:2.1", "dtn:none", 0, (1, 0), size)
        meta.priority = priority
        stored = Stored(key, meta, 2)
        stored.route = Route((hop,), arrives, self.plan.end, 2, size, 0, priority)
        self.promises.accept(key, 1, START, arrives, [stored])

    def sent(self, key: str, leaves_s: float, *, size: int = 1_000, arrives_late: int = 0) -> None:
        """Let a bundle be transmitted, and arrive."""
        leaves = START + round(leaves_s * SECOND)
        last_byte = self.plan.last_byte(leaves, size)
        assert last_byte is not None
        reaches = last_byte + 99 * SECOND + arrives_late
        sent = BundleSent(key, SLOW, leaves, last_byte, 2, reaches)
        self.promises.take(Record(leaves, 1, sent))
        self.promises.take(Record(reaches, 2, BundleDelivered(key, "ipn:2.1")))

    def verdict(self, key: str) -> Verdict:
        """Return what came of a promise an hour after START."""
        (found,) = (v for v in self.promises.judge(START + HOUR) if v.promise.key == key)
        return found


@pytest.mark.parametrize(
    ("late", "holds"),
    [
        (0, True),
        (MILLISECOND, True),
        (-MILLISECOND, True),
        (MILLISECOND + 1, False),
        (-MILLISECOND - 1, False),
    ],
)
def test_what_nothing_disturbs_is_exact_to_the_millisecond(late: int, holds: bool) -> None:
    """Without interference an arrival is the promised one to 1 ms, neither later nor earlier."""
    story = Story()
    story.accept("ipn:1.1/1/0", 0.0)
    story.sent("ipn:1.1/1/0", 0.0, arrives_late=late)
    verdict = story.verdict("ipn:1.1/1/0")
    assert (verdict.kind, verdict.holds, verdict.late) == ("undisturbed", holds, late)
    assert bool(verdict.cause) != holds


def test_a_queue_that_its_node_knew_of_is_no_excuse() -> None:
    """Behind what its own node had booked before, a bundle is promised its time, and leaves exactly then."""
    story = Story()
    story.accept("ipn:1.1/1/0", 0.0)
    story.accept("ipn:1.1/2/0", 1.0)
    story.sent("ipn:1.1/1/0", 0.0)
    story.sent("ipn:1.1/2/0", 1.0)
    assert story.verdict("ipn:1.1/2/0").kind == "undisturbed"


@pytest.mark.parametrize(("behind_s", "holds"), [(0.9, True), (1.0, True), (1.1, False)])
def test_where_queues_compete_a_hundredth_of_the_flight_is_allowed(behind_s: float, holds: bool) -> None:
    """Behind another's traffic a bundle of 100 s of transit may come 1 s later; not by more."""
    story = Story()
    story.accept("ipn:1.1/1/0", 0.0)
    story.sent("ipn:7.1/1/0", behind_s - 1.0)
    story.sent("ipn:1.1/1/0", behind_s)
    verdict = story.verdict("ipn:1.1/1/0")
    assert verdict.promise.transit_time == TRANSIT_TIME
    assert (verdict.kind, verdict.holds) == ("competing", holds)
    assert verdict.unforeseen is not holds
    if not holds:
        assert "ipn:7.1/1/0 took its time" in verdict.cause
        assert "node 1 could not know" in verdict.cause


@pytest.mark.parametrize(
    ("priority", "first", "explained"),
    [
        (Priority.EXPEDITED, False, True),
        (Priority.NORMAL, False, False),
        (Priority.BULK, False, False),
        (Priority.EXPEDITED, True, False),
    ],
)
def test_only_a_later_and_more_urgent_bundle_explains_a_delay(
    priority: int, first: bool, explained: bool
) -> None:
    """What took the promised time explains it if it was accepted later and is more urgent; nothing else."""
    story = Story()
    if first:
        story.accept("ipn:1.1/2/0", 0.0, priority=priority, size=3_000)
    story.accept("ipn:1.1/1/0", 0.0)
    if not first:
        story.accept("ipn:1.1/2/0", 0.0, priority=priority, size=3_000)
    story.sent("ipn:1.1/2/0", 0.0, size=3_000)
    story.sent("ipn:1.1/1/0", 3.0)
    verdict = story.verdict("ipn:1.1/1/0")
    assert (verdict.kind, verdict.holds) == ("competing", explained)
    assert verdict.explained_by == ("ipn:1.1/2/0" if explained else "")
    assert not verdict.unforeseen


def test_what_an_urgent_bundle_pushed_aside_passes_the_explanation_on() -> None:
    """Each stands in the way of the next only because a more urgent one took the first one's time."""
    story = Story()
    keys = [f"ipn:1.1/{number}/0" for number in range(5)]
    for number, key in enumerate(keys):
        story.accept(key, float(number))
    story.accept("ipn:1.1/9/0", 0.0, priority=Priority.EXPEDITED, size=4_000)
    story.sent("ipn:1.1/9/0", 0.0, size=4_000)
    for number, key in enumerate(keys):
        story.sent(key, 4.0 + number)
    assert [story.verdict(key).explained_by for key in keys] == ["ipn:1.1/9/0"] * 5


def test_a_storm_or_a_new_plan_on_the_way_is_only_counted() -> None:
    """Between acceptance and arrival; what was over before, and what befell others, is no excuse."""
    changed = PlanAdopted(0, 1)
    for event, node, disturbs in (
        (changed, 2, True),
        (changed, 3, False),
        (LinkCut(9), 1, True),
        (LinkCut(9), 8, False),
        (NodeCrashed(START + MINUTE), 2, True),
    ):
        story = Story()
        story.promises.take(Record(START - SECOND, 1, changed))
        story.accept("ipn:1.1/1/0", 0.0)
        story.promises.take(Record(START + SECOND, node, event))
        story.sent("ipn:1.1/1/0", 0.0, arrives_late=MINUTE)
        assert (story.verdict("ipn:1.1/1/0").kind == "disturbed") is disturbs, (event, node)


def test_what_has_not_come_is_late_until_the_end() -> None:
    """A promise that was due and of which nothing came is broken; one that is not due is not judged."""
    story = Story()
    story.accept("ipn:1.1/1/0", 0.0)
    story.accept("ipn:1.1/2/0", 3_590.0)
    (verdict,) = story.promises.judge(START + HOUR)
    assert (verdict.actual, verdict.holds, verdict.late) == (None, False, HOUR - TRANSIT_TIME)
    assert "has not left" in verdict.cause


@pytest.mark.parametrize("seed", range(12))
def test_one_writer_keeps_every_promise_that_can_be_kept(seed: int) -> None:
    """Whatever the plan, as long as one node writes all, only what was overtaken on another route is late."""
    random = Random(seed)
    plan = random_plan(random, 6, 12 * HOUR)
    found = watched(plan)
    for number in range(60):
        call = posting(f"a{number}", f"ipn:{random.randint(2, 6)}.1", size=random.randrange(30, 3_000))
        found.world.call(START + random.randrange(10 * HOUR), 1, call)
    found.world.run(START + 70 * HOUR)
    verdicts = found.verdicts()
    assert len(verdicts) == 60
    assert [verdict.cause for verdict in verdicts if not verdict.holds and not verdict.unforeseen] == []
    assert sum(not verdict.holds for verdict in verdicts) <= 1
    assert found.referee.finish() == []


def test_a_router_that_books_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary: promised the same time as another, a bundle comes too late, and its own node is to blame."""
    plan = ContactPlan.of([*both(1, 1, 2, rate=10**9), *both(3, 2, 3, light_s=9.0, rate=300)])
    monkeypatch.setattr(Bookings, "book", lambda self, route: None)
    found = watched(plan)
    for number in range(3):
        found.world.call(START, 1, posting(f"a{number}", "ipn:3.1", size=300))
    found.world.run(START + HOUR)
    first, *others = found.verdicts()
    assert first.holds
    for verdict in others:
        assert (verdict.kind, verdict.holds, verdict.unforeseen) == ("competing", False, False)
        assert "at node 2 it was to leave for node 3" in verdict.cause
        assert "took its time" in verdict.cause


def test_traffic_of_another_node_is_named_as_what_it_is() -> None:
    """Two writers at one relay: who comes second was promised what the first has taken."""
    plan = ContactPlan.of(
        [*both(1, 1, 3, light_s=1.0), *both(3, 2, 3, light_s=1.5), *both(5, 3, 4, light_s=2.0, rate=300)]
    )
    found = watched(plan)
    found.world.call(START, 1, posting("a", "ipn:4.1", size=400))
    found.world.call(START, 2, posting("b", "ipn:4.1", size=400))
    found.world.run(START + HOUR)
    first, second = found.verdicts()
    assert (first.kind, first.holds) == ("undisturbed", True)
    assert (second.kind, second.holds, second.unforeseen) == ("competing", False, True)
    assert "node 2 could not know" in second.cause


def urgent(
    words: str, to: str, priority: int, size: int, *, critical: bool = False
) -> Callable[[Host, int], Iterable[Request]]:
    """Return the call that lets a node's witness post some words at a priority."""
    call = posting(words, to, size=size)
    fields = {"priority": priority, "critical": critical}
    return lambda host, now: [replace(post, **fields) for post in call(host, now)]


def test_letters_that_are_overtaken_know_why() -> None:
    """Bulk and normal letters wait for a slow window; expedited ones written later go first. Each late one
    is explained by such a letter, each expedited one keeps its promise, and the run is in order."""
    plan = ContactPlan.of(
        [*both(1, 1, 2, light_s=1.0, rate=10**9), *both(3, 2, 3, HOUR, 3 * HOUR, light_s=300.0, rate=10_000)]
    )
    found = watched(plan)
    for number in range(30):
        priority = (Priority.NORMAL, Priority.BULK, Priority.EXPEDITED)[number % 3]
        call = urgent(f"w{number}", "ipn:3.1", priority, 3_000)
        found.world.call(START + number * 3 * MINUTE, 1, call)
    found.world.run(START + 5 * HOUR)
    verdicts = found.verdicts()
    assert len(verdicts) == 30
    assert [verdict.cause for verdict in verdicts if not verdict.holds] == []
    explained = [verdict for verdict in verdicts if verdict.explained_by]
    assert len(explained) >= 5
    by_key = {verdict.promise.key: verdict.promise for verdict in verdicts}
    for verdict in explained:
        other = by_key[verdict.explained_by]
        assert other.priority > verdict.promise.priority
        assert other.order > verdict.promise.order
    for verdict in verdicts:
        if verdict.promise.priority == Priority.EXPEDITED:
            assert abs(verdict.late) <= MILLISECOND
    assert found.referee.finish() == []


@pytest.mark.parametrize("seed", range(15))
def test_busy_worlds_of_many_writers_know_why(seed: int) -> None:
    """Many write at all priorities over slow links: what is late is explained, or was not to be known, or
    met a less urgent bundle that was on the air."""
    random = Random(f"busy {seed}")
    plan = random_plan(random, random.randint(3, 7), 12 * HOUR)
    found = watched(plan)
    for number in range(150):
        here, there = random.sample(plan.nodes(), 2)
        call = urgent(f"w{number}", f"ipn:{there}.1", random.randrange(3), random.randrange(20, 4_000))
        found.world.call(START + random.randrange(10 * HOUR), here, call)
    found.world.run(START + 70 * HOUR)
    verdicts = found.verdicts()
    assert len(verdicts) == 150
    late = [verdict.cause for verdict in verdicts if not verdict.holds and not verdict.unforeseen]
    assert [cause for cause in late if "was on the air, though less urgent" not in cause] == []
    assert [misstep.text for misstep in found.referee.finish()] == []


def passes(id: int, a: int, b: int) -> list[Contact]:
    """Return seven passes of a minute, ten minutes apart, each of which carries 7.5 kB."""
    starts = [number * 10 * MINUTE for number in range(1, 8)]
    return [contact(id + n, a, b, start, start + MINUTE, rate=1_000) for n, start in enumerate(starts)]


def test_what_is_cut_or_copied_is_judged_by_its_pieces() -> None:
    """A letter in pieces is there when its last is, and each has a promised route of its own; a critical one
    when its best copy is, which is the one that was promised."""
    plan = ContactPlan.of(
        [
            *passes(10, 1, 2), *passes(30, 1, 4), contact(50, 2, 1), contact(51, 4, 1),
            *both(52, 2, 3), *both(54, 4, 3),
        ]
    )  # fmt: skip
    found = watched(plan)
    found.world.call(START, 1, posting("large", "ipn:3.1", size=20_000))
    found.world.call(START, 1, urgent("critical", "ipn:3.1", Priority.EXPEDITED, 100, critical=True))
    found.world.run(START + 5 * HOUR)
    verdicts = {len(verdict.promise.routes): verdict for verdict in found.verdicts()}
    assert sorted(verdicts) == [1, 3]
    copied, cut = verdicts[1], verdicts[3]
    assert all("+" in key for key in cut.promise.routes)
    assert all(len(route) == 2 for route in (*cut.promise.routes.values(), *copied.promise.routes.values()))
    assert copied.late == 0
    assert copied.holds
    assert cut.holds or cut.explained_by == copied.promise.key
    assert found.referee.finish() == []
