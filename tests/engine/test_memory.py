"""What a node remembers ends: bookings, copies and notes of bundles that are gone."""

from __future__ import annotations

import random

import pytest
from tests.engine.helpers import HOUR, SECOND, Fixture, NodeLimits, T, came, contact, made, of, plan
from tests.forwarding.test_critical_forwarding import THREE, critical, diamond, sender
from tests.forwarding.test_fragmentation import FOUR, WORDS, run_to, windows

from starlight.bundle import QualityOfService
from starlight.contacts.contact import UNLIMITED_BPS
from starlight.contacts.plan import ContactPlan
from starlight.forwarding import fragmentation as cutting
from starlight.forwarding.contact_queue import ContactQueue
from starlight.node.actions import Accepted, Action, Fetch, Persist, Transmit
from starlight.node.application import Withdraw
from starlight.node.events import (
    BundleReceived,
    Event,
    Fetched,
    LinkDown,
    LinkUp,
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
    Wakeup,
)
from starlight.node.stored import pack
from starlight.routing import Fragment, Priority, Router, RouteRequest, split


def test_what_is_handed_and_replaced_gives_back_its_bookings() -> None:
    """The copy that comes back books its own way; nothing stays booked for the one that it replaces."""
    later = plan(contact(1, 1, 2), contact(2, 2, 3, HOUR), contact(3, 1, 4, HOUR), contact(4, 4, 3, HOUR))
    node = Fixture(1, later)
    (sent,) = of(node.handle(came(made(hops=(64, 1)), peer=5)), Transmit)
    node.handle(TransmissionAcknowledged(sent.key, 2, T + 60 * SECOND), T + SECOND)
    assert node.states == ["HANDED"]
    assert node.node.router.bookings.on(2)
    node.handle(came(made(hops=(64, 3)), peer=2), T + 2 * SECOND)
    (again,) = node.node.stored.values()
    assert again.route is not None
    assert [hop.contact.id for hop in again.route.hops] == [3, 4]
    assert [node.node.router.bookings.on(2, level) for level in Priority] == [[], [], []]


def test_copies_that_a_broken_step_made_are_made_anew() -> None:
    """They were not stored, so the bundle alone is here, which is neither pinned nor held to have copies."""
    node = Fixture(1, plan())
    node.handle(came(critical(), peer=8))
    (key,) = node.bundles
    (fetch,) = node.node.handle(PlanChanged(THREE), T)[:1]
    broken = [fetch, *node.node.handle(Fetched(key, node.read(key)), T)]
    assert len(node.node.stored) == 3
    node.node.undo(broken, T)
    (main,) = node.node.stored.values()
    assert (main.meta.via, main.meta.copied) == (None, False)
    node.handle(PlanChanged(diamond(2, 3, 4, version=1)), T)
    assert list(node.bundles) == [key, f"{key}>3", f"{key}>4"]


def test_copies_that_are_stored_already_are_not_made_again() -> None:
    """Where the note that they were made is lost with a broken step, each is here once after a restart."""
    node, key, _ = sender()
    meta = node.node.stored[key].meta
    meta.copied, meta.via = False, None
    node.bundles[key] = node.bundles[key][0], pack(meta)
    again = node.restart(T + SECOND)
    actions = again.handle(Wakeup(), T + SECOND)
    assert of(actions, Persist) == []
    assert again.node.summary()["bytes"] == sum(len(data) for data, _ in again.bundles.values())
    sent = of(again.handle(Wakeup(), T + 2 * HOUR), Transmit)
    assert sorted(each.key for each in sent) == sorted(again.bundles)


def test_one_that_rests_and_is_replaced_does_not_keep_the_other_from_resting() -> None:
    """The copy that came further is looked at again when its own rest is over."""
    limits = NodeLimits(bundles=2, backoff_max=HOUR)
    node = Fixture(1, windows(2 * HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR), limits=limits)
    node.handle(came(made(payload=WORDS, hops=(64, 1)), peer=5))
    node.handle(came(made(payload=WORDS, hops=(64, 3)), peer=5), T + SECOND)
    assert node.states == ["WAITING"]
    assert node.node.next_wakeup() == T + HOUR
    node.handle(Wakeup(), T + HOUR)
    assert node.node.next_wakeup() == T + HOUR + SECOND


def test_notes_of_what_can_not_be_split_are_bounded() -> None:
    """A peer that sends to ever other nodes, of which none is reached, takes no more memory than is given."""
    node = Fixture(1, FOUR, limits=NodeLimits(remembered=10))
    for number in range(100, 150):
        node.handle(came(made(to=f"ipn:{number}.1", sequence=number)))
    assert len(node.node._fragmenter._hopeless) <= 10


def test_a_plan_that_is_over_holds_no_bundles() -> None:
    """The lanes of an old plan wait for the ends of their contacts, but not with what queued there."""
    node = Fixture(1, plan(contact(1, 1, 2, HOUR), contact(2, 2, 3, HOUR)))
    for number in range(20):
        node.submit(payload=bytes([number]))
    node.handle(PlanChanged(plan(contact(3, 1, 2), contact(4, 2, 3), version=1)), T)
    lanes = [awaited for *_, awaited in node.node._deadlines._heap if isinstance(awaited, ContactQueue)]
    (old,) = {id(lane): lane for lane in lanes if lane.contact.id == 1}.values()
    assert not any(old._lines)


def test_what_can_not_be_read_at_one_instant_is_not_split_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many large bundles that a plan sets free are split as they are read, not each at every instant."""
    asked: list[RouteRequest] = []

    def noted(router: Router, request: RouteRequest, overhead: int) -> list[Fragment] | None:
        asked.append(request)
        return split(router, request, overhead)

    monkeypatch.setattr(cutting, "split", noted)
    each = [contact(number, 1, 2, number * HOUR, number * HOUR + SECOND) for number in range(1, 50)]
    many = plan(*each, contact(91, 2, 3, end=60 * HOUR))
    node = Fixture(1, plan(), limits=NodeLimits(bundle_bytes=4_000_000))
    for number in range(10):
        node.handle(came(made(payload=WORDS, sequence=number, lifetime_s=10**6), peer=5))
    node.handle(PlanChanged(many), T)
    run_to(node, T + HOUR - SECOND)
    assert len(node.bundles) >= 40
    assert set(node.states) == {"QUEUED"}
    assert len(asked) <= 20


def test_what_is_not_read_at_one_instant_rests_all_the_same() -> None:
    """A transfer that failed is not repeated at once because too much else is read just then."""
    node = Fixture(1, diamond(2, start=0), limits=NodeLimits(bundle_bytes=3_000))
    (sent,) = of(node.submit("ipn:9.1", critical=True, payload=bytes(1_000)), Transmit)
    node.handle(PlanChanged(diamond(2, 3, start=0, version=1)), T + SECOND)
    failed = T + 100 * SECOND
    node.submit("ipn:9.1", failed, critical=True, payload=bytes(1_000))
    assert of(node.handle(TransmissionFailed(sent.key, 2, "cut"), failed), Fetch) == []
    actions = run_to(node, failed + 10 * SECOND)
    assert {each.key.partition(">")[0] for each in of(actions, Transmit)} >= {sent.key}
    assert min(each.leaves for each in of(actions, Transmit) if sent.key in each.key) >= failed + SECOND


def storm(rng: random.Random, first: int) -> ContactPlan:
    """Return a plan of short contacts about node 1, with ids from one on."""
    pairs = [(1, 2), (1, 3), (1, 4), (2, 5), (3, 5), (4, 5), (2, 1), (3, 1), (5, 2), (2, 3)]
    each = []
    for id in range(first, first + 30):
        a, b = rng.choice(pairs)
        start = rng.randrange(40) * SECOND
        rate = UNLIMITED_BPS if rng.random() < 0.1 else rng.choice([8_000, 8_000, 16_000, 80_000, 800_000])
        light_s, one_way = rng.choice([0.0, 0.5, 3.0]), rng.random() < 0.1
        end = start + rng.randrange(1, 15) * SECOND
        each.append(contact(id, a, b, start, end, rate=rate, light_s=light_s, one_way=one_way))
    return plan(*each)


class Storm:
    """A node to which everything happens, in a random order."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.now = T
        self.contacts = 1
        limits = NodeLimits(
            bundle_bytes=rng.choice([9_000, 100_000]),
            store_bytes=rng.choice([30_000, 10**9]),
            under_way=3,
            answer_margin=rng.choice([2, 20]) * SECOND,
            backoff=SECOND // 10,
            backoff_max=5 * SECOND,
        )
        self.node = Fixture(1, storm(rng, 1), up=(2, 3, 4), limits=limits)
        self.largest = limits.bundle_bytes
        self.up = {2: True, 3: True, 4: True}
        self.accepted: list[str] = []
        self.flying: list[Transmit] = []

    def tell(self, event: Event) -> None:
        """Let something happen."""
        self.take(self.node.handle(event, self.now))

    def take(self, actions: list[Action]) -> None:
        self.accepted += [each.key for each in of(actions, Accepted)]
        self.flying += of(actions, Transmit)

    def answer(self, sent: Transmit, kind: float = 0.0) -> None:
        """Let a transfer be answered, or not."""
        if sent.one_way:
            self.tell(TransmissionSent(sent.key, sent.peer))
        elif kind < 0.6:
            self.tell(TransmissionAcknowledged(sent.key, sent.peer, max(self.now, sent.reaches)))
        elif kind < 0.95:
            self.tell(TransmissionFailed(sent.key, sent.peer, "it failed", kind < 0.8))

    def other_plan(self) -> ContactPlan:
        """Return a plan of other contacts, or one that shares most of those in force."""
        rng, other = self.rng, storm(self.rng, self.contacts)
        if rng.random() < 0.5:
            return other
        kept = [one for one in self.node.node.plan.contacts if rng.random() < 0.8]
        return plan(*kept, *rng.sample(other.contacts, min(4, len(other.contacts))))

    def happen(self) -> None:
        """Let one thing happen, after a time or at once."""
        rng, kind = self.rng, self.rng.random()
        due = self.node.node.next_wakeup()
        if due is not None and rng.random() < 0.6:
            self.now = max(min(due, self.now + SECOND), self.now)
            self.tell(Wakeup())
        else:
            self.now += rng.randrange(SECOND // 5)
        if kind < 0.25:
            self.post()
        elif kind < 0.35:
            self.receive()
        elif kind < 0.45 and self.accepted:
            self.tell(Withdraw(rng.choice(self.accepted)))
        elif kind < 0.47:
            peer = rng.choice([2, 3, 4])
            self.up[peer] = not self.up[peer]
            self.tell(LinkUp(peer) if self.up[peer] else LinkDown(peer))
        elif kind < 0.475:
            self.contacts += 30
            self.tell(PlanChanged(self.other_plan()))
        elif kind < 0.9 and self.flying:
            self.answer(self.flying.pop(rng.randrange(len(self.flying))), rng.random())

    def post(self) -> None:
        rng = self.rng
        size = rng.choice([1, 50, 500, 4_000, 7_000, 20_000])
        priority, critical = rng.randrange(3), rng.random() < 0.3
        lifetime_ms = rng.choice([5_000, 30_000, 80_000])
        to = f"ipn:{rng.choice([2, 2, 5, 5, 5, 9])}.1"
        payload = bytes(min(size, self.largest - 2_000))
        self.take(
            self.node.submit(
                to,
                self.now,
                payload=payload,
                lifetime_ms=lifetime_ms,
                priority=priority,
                critical=critical,
            )
        )

    def receive(self) -> None:
        rng = self.rng
        data = made(
            to="ipn:5.1",
            payload=bytes(rng.choice([1, 500, 3_000])),
            sequence=rng.randrange(6),
            hops=(64, rng.randrange(4)) if rng.random() < 0.8 else None,
            lifetime_s=60,
            service=QualityOfService(rng.randrange(3), rng.random() < 0.5),
        )
        arrives = self.now + rng.choice([0, SECOND])
        self.tell(BundleReceived(rng.choice([2, 3, 4]), data, rng.randrange(10**6), arrives))


@pytest.mark.parametrize("seed", range(1_000, 1_040))
def test_after_a_storm_nothing_is_left(seed: int) -> None:
    """Urgent, cut, copied, withdrawn, refused, replanned: what is over leaves no booking, entry or note."""
    it = Storm(seed)
    node = it.node.node
    while it.now < T + 90 * SECOND:
        it.happen()
        assert set(it.node.bundles) == set(node.stored)
        assert node.summary()["bytes"] == sum(len(data) for data, _ in it.node.bundles.values())
    while it.flying or node.next_wakeup() is not None:
        while it.flying:
            it.answer(it.flying.pop())
        it.now = max(it.now, node.next_wakeup() or 0)
        it.tell(Wakeup())
    assert it.node.states == []
    assert not any(node.router.bookings.busy)
    scheduler, fragmenter, critical = node._scheduler, node._fragmenter, node._critical
    notes = (
        node._ledger.waiting,
        scheduler._queues._open,
        node._ledger.index._kin,
        fragmenter._asked,
        node._forwarding._resting,
        critical._asked,
        node._requests._unaccepted,
    )
    assert not any(notes)
    assert all(peer["queued"] == peer["under_way"] == 0 for peer in node.neighbours.summary())
