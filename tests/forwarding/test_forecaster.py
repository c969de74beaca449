"""The forecast of a node: it is what the engine then does, and it says what speaks against it."""

from __future__ import annotations

import random
from functools import partial

import pytest
from msgspec.structs import replace
from tests.engine.helpers import HOUR, SECOND, Fixture, NodeLimits, T, contact, of, plan, work
from tests.routing.plans import Shape

from starlight.bundle import BundleFlags
from starlight.contacts import Contact, ContactPlan, Notice
from starlight.dtntime import MINUTE
from starlight.errors import InputError
from starlight.node.actions import Accepted, Action, Rejected, Transmit
from starlight.node.application import Submit
from starlight.node.events import (
    BundleReceived,
    LinkDown,
    LinkUp,
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
    Wakeup,
)
from starlight.node.forecast import Forecast, ForecastDoubt, ForecastDoubtCode, Outgoing
from starlight.routing import Fragment, NoRouteCode, Router, RouteRequest, split

WHOLE = BundleFlags.MUST_NOT_FRAGMENT.value
DIRECT = plan(contact(1, 1, 2), contact(2, 2, 1))


def about(submit: Submit) -> Outgoing:
    """Return what a forecast is asked about a bundle."""
    return Outgoing(
        submit.source,
        submit.destination,
        len(submit.payload),
        submit.lifetime_ms,
        submit.report_to,
        submit.flags,
        submit.priority,
        submit.critical,
    )


def expected(node: Fixture, size: int, now: int = T, to: str = "ipn:2.1", flags: int = 0) -> Forecast:
    """Return what a node expects of a payload."""
    return node.node.forecaster.forecast(Outgoing("ipn:1.1", to, size, 86_400_000, flags=flags), now)


def codes(found: Forecast) -> list[ForecastDoubtCode]:
    """Return the codes of the doubts of a forecast."""
    return [doubt.code for doubt in found.doubts]


class Busy:
    """A node of a random plan, in the middle of its work.

    Args:
        rng: draws all of it.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        shape = Shape(rng, 1_000)
        contacts = [shape.contact(id, 5) for id in range(rng.randrange(4, 20))]
        self.contacts = [self._later(each) for each in contacts]
        limits = NodeLimits(store_bytes=200_000) if rng.random() < 0.1 else NodeLimits()
        self.node = Fixture(1, ContactPlan.of(self.contacts), up=(), limits=limits)
        self.now = T
        self.count = self.routed = self.cut = 0

    def _later(self, each: Contact) -> Contact:
        """Return a contact of the drawn shape at the time of the node."""
        light = tuple(replace(piece, start=piece.start + T) for piece in each.light)
        rates = tuple((start + T, bps) for start, bps in each.rates)
        return Contact(each.id, each.from_node, each.to_node, each.start + T, each.end + T, rates, light)

    def step(self) -> None:
        """Let something happen."""
        rng, draw = self.rng, self.rng.random()
        self.now += rng.choice((0, 1, SECOND // 3, SECOND))
        peer = rng.randrange(2, 6)
        if draw < 0.25:
            most = rng.choice((None, 150, 300, 1_000, 1_000, 4_000))
            self._take(self.node.handle(LinkUp(peer, most, rng.random() < 0.8), self.now))
        elif draw < 0.3:
            self._take(self.node.handle(LinkDown(peer), self.now))
        elif draw < 0.35 and len(self.contacts) > 4:
            self.contacts.pop(rng.randrange(len(self.contacts)))
            changed = ContactPlan.of(self.contacts, version=self.count)
            self._take(self.node.handle(PlanChanged(changed), self.now))
        elif draw < 0.5:
            self._take(self.node.handle(Wakeup(), self.now))
        else:
            self.check()

    def check(self) -> None:
        """Fail unless the engine does with a bundle what was foreseen for it."""
        rng, node = self.rng, self.node
        self.now += 1  # In one instant only so much is read of the store.
        self._take(node.handle(Wakeup(), self.now))
        self.count += 1
        submit = Submit(
            str(self.count),
            rng.choice(("ipn:1.1", "ipn:1.70000", "ipn:1.2", "dtn:none")),
            rng.choice(("ipn:2.1", "ipn:3.9", "ipn:4.1", "ipn:5.300", "ipn:1.4", "dtn://nowhere/x")),
            bytes(rng.choice((0, 1, 24, 255, 256, 900, 1_000, 4_000, 4_000, 9_000, 70_000))),
            rng.choice((5_000, 20_000, 86_400_000)),
            rng.choice((None, None, "ipn:9.0")),
            rng.choice((0, 0, 0, 0, WHOLE)),
            rng.choice((0, 1, 1, 2)),
            rng.random() < 0.2,
        )
        # Asked twice: to be asked changes nothing.
        found = node.node.forecaster.forecast(about(submit), self.now)
        assert node.node.forecaster.forecast(about(submit), self.now) == found
        self.routed += found.arrives is not None
        self.cut += bool(found.fragments)
        before = set(node.node.stored)
        actions = node.handle(submit, self.now)
        came = [stored for key, stored in node.node.stored.items() if key not in before]
        if of(actions, Rejected):
            assert codes(found) == [ForecastDoubtCode.STORE_FULL]
        else:
            (accepted,) = of(actions, Accepted)
            assert (accepted.leaves, accepted.arrives) == (found.leaves, found.arrives), found
            if found.fragments:
                parts = [stored.meta for stored in came if stored.meta.fragment]
                if len(parts) == len(found.fragments):  # else some have left, or one was cut again
                    told = [(each.offset, each.length, each.bundle_bytes) for each in found.fragments]
                    assert told == [
                        (meta.fragment[0], meta.payload_bytes, meta.size) for meta in parts if meta.fragment
                    ]
            elif accepted.key in node.node.stored:
                assert node.node.stored[accepted.key].meta.size == found.bundle_bytes
            if accepted.arrives is None:
                assert found.doubts, "where nothing is expected it is said why"
        self._take(actions)

    def _take(self, actions: list[Action]) -> None:
        """Answer what was sent, or not."""
        for transmit in of(actions, Transmit):
            draw, key, peer = self.rng.random(), transmit.key, transmit.peer
            if draw < 0.3:
                self._take(self.node.handle(TransmissionAcknowledged(key, peer, self.now), self.now))
            elif draw < 0.5:
                self._take(self.node.handle(TransmissionFailed(key, peer, "broke", draw < 0.35), self.now))
            elif draw < 0.6:
                self._take(self.node.handle(TransmissionSent(key, peer), self.now))


@pytest.mark.parametrize("block", range(8))
def test_what_is_forecast_is_what_the_engine_does(block: int) -> None:
    """Departure, arrival and fragments are as foreseen to the nanosecond, for any plan, load and links."""
    routed = cut = 0
    for seed in range(block * 50, block * 50 + 50):
        busy = Busy(random.Random(seed))
        try:
            for _ in range(30):
                busy.step()
        except AssertionError as error:
            raise AssertionError(f"plan of seed {seed}: {error}") from error
        routed, cut = routed + busy.routed, cut + busy.cut
    assert routed > 100, "or nothing is tested"
    assert cut >= 5


def test_a_link_that_is_down_while_the_plan_is_open_is_a_doubt() -> None:
    """It says since when; before the contact opens, or once the link is up, there is none."""
    node = Fixture(1, DIRECT, up=())
    assert expected(node, 100).doubts == (ForecastDoubt(ForecastDoubtCode.LINK_DOWN, 2),)
    node.handle(LinkUp(2), T + SECOND)
    assert expected(node, 100, T + SECOND).doubts == ()
    node.handle(LinkDown(2), T + MINUTE)
    found = expected(node, 100, T + HOUR)
    assert found.doubts == (ForecastDoubt(ForecastDoubtCode.LINK_DOWN, 2, T + MINUTE),)
    assert found.leaves == T + HOUR
    later = Fixture(1, plan(contact(1, 1, 2, HOUR)), up=())
    assert expected(later, 100).doubts == ()


def test_a_peer_whose_answers_are_overdue_is_not_heard() -> None:
    """It says since when it was heard last, or that it never was; what comes from it ends the doubt."""
    node = Fixture(1, DIRECT, up=(2,))
    (sent,) = of(node.submit("ipn:2.1"), Transmit)
    answer = sent.reaches + 300 * SECOND
    assert expected(node, 100, answer + 9 * MINUTE).doubts == ()
    late = answer + 10 * MINUTE
    assert expected(node, 100, late).doubts == (ForecastDoubt(ForecastDoubtCode.NEVER_HEARD, 2),)
    node.handle(BundleReceived(2, b"noise", 1, late + SECOND), late)
    assert codes(expected(node, 100, late)) == [ForecastDoubtCode.NEVER_HEARD], "light has not brought it"
    assert expected(node, 100, late + SECOND).doubts == ()
    # The next answer is overdue again.
    node.handle(TransmissionAcknowledged(sent.key, 2, late + SECOND), late + SECOND)
    (again,) = of(node.submit("ipn:2.1", late + SECOND), Transmit)
    later = again.reaches + 300 * SECOND + 10 * MINUTE
    assert expected(node, 100, later).doubts == (
        ForecastDoubt(ForecastDoubtCode.NOT_HEARD, 2, late + SECOND),
    )


def test_no_answer_is_missed_that_can_not_have_come() -> None:
    """Where the way back opens later, or never, silence says nothing."""
    for back in ((contact(2, 2, 1, 5 * HOUR, 6 * HOUR),), ()):
        node = Fixture(1, plan(contact(1, 1, 2), *back), up=(2,))
        node.submit("ipn:2.1")
        assert expected(node, 100, T + 4 * HOUR).doubts == ()


def test_a_link_that_does_not_acknowledge_is_a_doubt() -> None:
    """What has left over it is not known to have come."""
    node = Fixture(1, DIRECT, up=())
    node.handle(LinkUp(2, None, False))
    assert expected(node, 100).doubts == (ForecastDoubt(ForecastDoubtCode.UNACKNOWLEDGED, 2),)
    node = Fixture(1, plan(contact(1, 1, 2, one_way=True)), up=(2,))
    assert codes(expected(node, 100)) == [ForecastDoubtCode.UNACKNOWLEDGED]


def test_a_forecast_costs_no_more_in_a_long_plan() -> None:
    """What is asked about a link is found by bisection, whether the plan has days or decades of contacts."""
    costs = []
    for contacts in (50, 5_000):
        passes = [
            contact(2 * k + back, 1 + back, 2 - back, k * HOUR, (k + 1) * HOUR - 1, one_way=True)
            for k in range(contacts)
            for back in (0, 1)
        ]
        node = Fixture(1, plan(*passes), up=(2,))
        node.submit("ipn:2.1", now=T)
        expected(node, 100)
        costs.append(work(partial(expected, node, 100)))
    assert costs[1] < 1.2 * costs[0]


def test_a_peer_that_takes_too_little_is_a_doubt() -> None:
    """It says how much the peer takes, whether the bundle is cut for it or waits."""
    node = Fixture(1, DIRECT, up=())
    node.handle(LinkUp(2, 1_000))
    takes = ForecastDoubt(ForecastDoubtCode.PEER_TAKES, 2, takes_bytes=1_000)
    cut = expected(node, 5_000)
    assert cut.doubts == (takes,)
    assert [each.bundle_bytes for each in cut.fragments] == [
        981,  # what a bundle may gain on its route, 17 bytes, and the offsets are counted before
        *[983] * 4,
        cut.fragments[-1].bundle_bytes,
    ]
    assert cut.parts == 6
    waits = expected(node, 5_000, flags=WHOLE)
    assert waits.doubts == (ForecastDoubt(ForecastDoubtCode.TOO_LARGE), takes)
    assert (waits.leaves, waits.arrives, waits.hops) == (None, None, ())
    assert expected(node, 500).doubts == ()


def test_where_nothing_leads_it_is_said_why() -> None:
    """The router's reason, that it is too large, that nobody knows the node, or that the store is full."""
    node = Fixture(1, plan(contact(1, 1, 2, end=HOUR, rate=800)), up=(2,), limits=NodeLimits(bundles=1))
    assert expected(node, 100, to="ipn:7.1").doubts == (
        ForecastDoubt(ForecastDoubtCode.NO_ROUTE, route=NoRouteCode.UNREACHABLE),
    )
    assert codes(expected(node, 500_000)) == [ForecastDoubtCode.TOO_LARGE]
    assert codes(expected(node, 100 << 20)) == [ForecastDoubtCode.TOO_LARGE]
    assert codes(expected(node, 100, to="dtn://nowhere/x")) == [ForecastDoubtCode.UNKNOWN_NODE]
    node.submit("ipn:7.1")
    assert codes(expected(node, 100)) == [ForecastDoubtCode.STORE_FULL]
    with pytest.raises(InputError, match="is not an endpoint of this node"):
        node.node.forecaster.forecast(Outgoing("ipn:9.1", "ipn:2.1", 1, 1_000), T)


def test_what_the_plan_says_about_the_route_is_told() -> None:
    """A notice about its nodes while it is on its way, and no other."""
    notices = [
        Notice(T, T + HOUR, (2,), "A storm at 2"),
        Notice(T, T + HOUR, (9,), "Works at 9"),
        Notice(T + 9 * HOUR, T + 10 * HOUR, (2,), "Later"),
    ]
    told = ContactPlan.of([contact(1, 1, 2)], notices=notices)
    node = Fixture(1, told, up=(2,))
    assert expected(node, 100).doubts == (ForecastDoubt(ForecastDoubtCode.NOTICE, texts=("A storm at 2",)),)


def test_a_forecast_tells_its_route_hop_by_hop() -> None:
    """Each hop says when the bundle is there, when the contact opens and ends, and when it leaves."""
    node = Fixture(1, plan(contact(1, 1, 2), contact(2, 2, 3, HOUR, 2 * HOUR)), up=(2,))
    found = expected(node, 100, to="ipn:3.1")
    first, second = found.hops
    assert (first.from_node, first.to_node, first.ready, first.leaves) == (1, 2, T, T)
    assert (second.from_node, second.ready) == (2, first.arrives)
    assert (second.opens, second.leaves, second.contact_end) == (T + HOUR, T + HOUR, T + 2 * HOUR)
    assert (found.leaves, found.arrives) == (first.leaves, second.arrives)


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_the_size_of_a_bundle_of_another_node_is_known_too(size: int) -> None:
    """A receipt from there is as large as if it was made there."""
    there = Fixture(7, plan(contact(1, 7, 1)), up=())
    submit = Submit("t", "ipn:7.1", "ipn:1.1", bytes(size), 1_000_000)
    told = Fixture(1).node.forecaster.bundle_bytes(about(submit), T)
    there.handle(submit)
    assert [stored.meta.size for stored in there.node.stored.values()] == [told]


def test_what_went_in_no_number_of_fragments_is_not_cut_at_each_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is tried again when room is given back or the plan changes; a smaller one is tried at once."""
    cut: list[int] = []

    def counted(router: Router, request: RouteRequest, overhead: int) -> list[Fragment] | None:
        cut.append(request.size - overhead)
        return split(router, request, overhead)

    monkeypatch.setattr("starlight.forwarding.fragmentation.split", counted)
    windows = [contact(id, 1, 2, id * HOUR, id * HOUR + MINUTE, rate=1_000) for id in range(1, 7)]
    node = Fixture(1, plan(*windows), up=())
    assert expected(node, 60_000).arrives is None
    assert expected(node, 60_000, T + SECOND).arrives is None
    assert expected(node, 90_000, T + MINUTE).arrives is None
    assert cut == [60_000]
    assert expected(node, 30_000).parts == 5
    assert cut == [60_000, 30_000]
    more = [*windows, *(contact(id, 1, 2, id * HOUR, id * HOUR + MINUTE, rate=1_000) for id in range(7, 10))]
    node.handle(PlanChanged(plan(*more, version=1)), T + MINUTE)
    assert expected(node, 60_000, T + MINUTE).parts == 9
