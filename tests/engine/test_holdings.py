"""Why bundles are held at a node, and how who runs it drops them."""

from __future__ import annotations

import pytest
from tests.engine.helpers import HOUR, ROAD, SECOND, Fixture, T, came, contact, made, of, plan, traces
from tests.engine.test_left_for_later import HERE, key_of, numbered

from starlight import bundle as bp
from starlight.bundle import ReasonCode, decode_report
from starlight.node.actions import Acknowledge, Action, Expired, Forget, Persist, Transmit
from starlight.node.application import Claim, NotKept
from starlight.node.events import Delivered, Drop, Left, LinkDown, TransmissionAcknowledged
from starlight.node.holding import STUCK, Holding, HoldingCode

DELETION = bp.BundleFlags.REPORT_DELETION.value
C = HoldingCode


def held(node: Fixture, key: str, now: int = T) -> Holding:
    """Return why a bundle is held."""
    return node.node.holdings.of(node.node.stored[key], now)


def reports(actions: list[Action]) -> list[tuple[str, bool, int]]:
    """Return what the status reports that were made say: the subject, that it is deleted, and why."""
    found = []
    for action in of(actions, Persist):
        report = decode_report(bp.decode(action.data).payload)
        found.append((report.subject_id, report.deleted.asserted, report.reason))
    return found


def bundle_of(code: HoldingCode) -> bytes:
    """Return the bundle that `waiting` has at its node."""
    there = {C.NO_ROUTE: "ipn:77.1", C.UNKNOWN_NODE: "dtn://nowhere/x", C.QUEUED: "ipn:1.1"}
    fragment = (0, 20) if code is C.INCOMPLETE else None
    return made(to=there.get(code, HERE), flags=DELETION, fragment=fragment)


def waiting(code: HoldingCode) -> tuple[Fixture, str]:
    """Return a node that holds one bundle from elsewhere for a reason, which asks to hear of its end."""
    later = plan(contact(1, 3, 1, 2 * HOUR, 4 * HOUR))
    node = Fixture(3, later if code is C.QUEUED else ROAD)
    data = bundle_of(code)
    node.handle(came(data, peer=2, arrives=T + HOUR if code is C.IN_FLIGHT else T))
    key = key_of(data)
    if code is C.UNTAKEN:
        node.handle(Claim(HERE, 1))
        node.handle(Left((key,)))
    return node, key


@pytest.mark.parametrize(
    "code", [C.UNCLAIMED, C.NO_ROUTE, C.UNKNOWN_NODE, C.INCOMPLETE, C.UNTAKEN, C.IN_FLIGHT, C.QUEUED]
)
def test_each_bundle_is_held_for_a_reason_and_can_be_dropped(code: HoldingCode) -> None:
    """It goes for good: also after a crash it is not there, and whoever sends it again is answered as for one
    that has been here. Who asked for that is told of its deletion, with the reason."""
    node, key = waiting(code)
    found = held(node, key)
    assert found.code is code
    assert found.stuck == (code in STUCK or code is C.INCOMPLETE)
    dropped = node.handle(Drop(key))
    assert key not in node.bundles
    assert "bundle.deleted" in traces(dropped)
    assert [action.remember_until for action in of(dropped, Forget)] == [T + 86_400 * SECOND]
    assert reports(dropped) == [(key, True, found.report_reason)]
    assert node.node.summary()["bundles"] == 1  # the report
    for life in (node, node.restart(T + SECOND)):
        again = life.handle(came(bundle_of(code), peer=2), T + SECOND)
        assert of(again, Acknowledge)
        assert "bundle.duplicate" in traces(again)
        assert key not in life.node.stored


def test_reports_cite_why_it_was_still_there() -> None:
    """The reason codes are those of RFC 9171, 9.5 that say it best."""
    reasons = {code: waiting(code) for code in (C.UNCLAIMED, C.NO_ROUTE, C.QUEUED)}
    assert {code: held(node, key).report_reason for code, (node, key) in reasons.items()} == {
        C.UNCLAIMED: ReasonCode.DESTINATION_ENDPOINT_ID_UNAVAILABLE,
        C.NO_ROUTE: ReasonCode.NO_KNOWN_ROUTE_TO_DESTINATION_FROM_HERE,
        C.QUEUED: ReasonCode.TRANSMISSION_CANCELED,
    }


def test_what_has_been_sent_is_not_dropped() -> None:
    """It may be at the next hop; once the link has answered it is gone from here anyway."""
    node = Fixture(1)
    node.submit()
    (key,) = node.node.stored
    assert held(node, key) == Holding(C.UNDER_WAY, False, 2, None)
    assert node.handle(Drop(key)) == []
    node.handle(TransmissionAcknowledged(key, 2, T + HOUR))
    assert held(node, key) == Holding(C.HANDED, False, 2, T + HOUR)
    assert node.handle(Drop(key)) == []
    assert node.states == ["HANDED"]


def test_an_application_hears_that_its_bundle_was_dropped() -> None:
    """Who submitted it is told once, with the reason, and nothing of it leaves when its contact comes."""
    node = Fixture(1, plan(contact(1, 1, 2, HOUR, 2 * HOUR)))
    node.submit("ipn:2.1")
    (key,) = node.node.stored
    assert held(node, key) == Holding(C.QUEUED, False, 2, T + HOUR)
    dropped = node.handle(Drop(key))
    assert of(dropped, Expired) == [Expired(key, NotKept.DROPPED)]
    assert not of(dropped, Persist)  # at its own source nobody needs a report
    assert not of(node.handle(Drop(key), T + HOUR), Transmit)


def test_an_application_that_left_a_bundle_hears_that_it_is_gone() -> None:
    """Its list would else hold what the node does not; the next one that waits is offered in its place."""
    node = Fixture(3)
    for number in range(2):
        node.handle(came(numbered(number)))
    node.handle(Claim(HERE, 1))
    node.handle(Left((key_of(numbered(0)),)))
    dropped = node.handle(Drop(key_of(numbered(0))))
    assert of(dropped, Expired) == [Expired(key_of(numbered(0)), NotKept.DROPPED)]
    assert node.states == ["DELIVERING"]
    assert held(node, key_of(numbered(1))).code is C.UNTAKEN
    assert node.handle(Drop(key_of(numbered(1)))) == []  # it is being given to the application
    node.handle(Delivered((key_of(numbered(1)),)))


def test_an_identity_means_all_fragments_and_no_more_of_them_are_taken() -> None:
    """Each is deleted, and reported, as a bundle of its own; one that comes later is not kept either."""
    node = Fixture(3)
    parts = [made(payload=b"words", fragment=(offset, 20), flags=DELETION) for offset in (0, 5, 10, 15)]
    for data in parts[:2]:
        node.handle(came(data))
    whole = "/".join(key_of(parts[0]).split("/")[:-1])
    dropped = node.handle(Drop(whole))
    assert [report[0] for report in reports(dropped)] == [key_of(data) for data in parts[:2]]
    for life in (node, node.restart(T + SECOND)):
        late = life.handle(came(parts[2]), T + SECOND)
        assert of(late, Acknowledge)
        assert key_of(parts[2]) not in life.node.stored


def test_a_link_that_is_down_is_told_apart_from_a_plan_that_is_shut() -> None:
    """Of what is booked on a contact that is open it is said that the link is down, and since when."""
    node = Fixture(1)
    node.handle(LinkDown(2), T)
    node.submit(now=T + SECOND)
    (key,) = node.node.stored
    assert held(node, key, T + SECOND) == Holding(C.LINK_DOWN, False, 2, T)


def test_a_name_that_means_nothing_drops_nothing() -> None:
    """What is not stored is no event to a node."""
    assert Fixture(1).handle(Drop("ipn:9.9/1/1")) == []
