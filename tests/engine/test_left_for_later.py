"""Data units that an application leaves for later: they wait, expire, and are offered again, and no more at
a time than it claimed."""

from __future__ import annotations

from tests.engine.helpers import ROAD, SECOND, Fixture, T, came, made, of, traces
from tests.engine.office import Office

from starlight import bundle as bp
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.actions import Acknowledge, Deliver, Expired, Forget
from starlight.node.application import Claim, NotKept, Take, Unclaim, Untaken
from starlight.node.config import NodeConfig
from starlight.node.events import Delivered, Left, Wakeup

HERE = "ipn:3.1"


def key_of(data: bytes) -> str:
    """Return the identity of a bundle."""
    return bp.decode(data).id


def numbered(number: int, *, lifetime_s: int = 86_400, fragment: tuple[int, int] | None = None) -> bytes:
    """Return one of several bundles."""
    return made(sequence=number, lifetime_s=lifetime_s, fragment=fragment)


def filled(units: int, *, at_most: int) -> tuple[Fixture, list[str]]:
    """Return a node with claims on so many units, of which those that were offered are left."""
    node = Fixture(3)
    for number in range(units):
        node.handle(came(numbered(number)))
    offered = of(node.handle(Claim(HERE, at_most)), Deliver)
    for deliver in offered:
        node.handle(Left(deliver.keys))
    return node, [deliver.keys[0] for deliver in offered]


def test_a_claim_is_offered_no_more_at_a_time_than_it_asks_for() -> None:
    """However many wait, those are offered that were first, and the next when one of them is taken."""
    node, first = filled(5, at_most=2)
    assert first == [key_of(numbered(0)), key_of(numbered(1))]
    assert not of(node.handle(came(numbered(5))), Deliver)
    (offered,) = of(node.handle(Delivered((first[1],))), Deliver)
    assert offered.keys == (key_of(numbered(2)),)
    assert len(node.node.stored) == 5


def test_what_was_left_is_kept_until_it_is_taken() -> None:
    """Nothing is reported delivered, or forgotten, that no application took; then it is, once."""
    node, (key,) = filled(1, at_most=2)
    assert node.states == ["LOCAL"]
    taken = node.handle(Delivered((key,)))
    assert [forget.key for forget in of(taken, Forget)] == [key]
    assert "bundle.delivered" in traces(taken)
    assert node.handle(Delivered((key,))) == []
    again = node.handle(came(numbered(0)))
    assert of(again, Acknowledge)
    assert not of(again, Deliver)


def test_what_was_left_is_offered_again_to_the_next_claim_in_its_order() -> None:
    """An endpoint that is given back, or a node that starts anew, loses nothing, and changes no order."""
    node, first = filled(4, at_most=2)
    node.handle(Unclaim(HERE))
    again = of(node.handle(Claim(HERE)), Deliver)
    assert [deliver.keys[0] for deliver in again] == [*first, key_of(numbered(2)), key_of(numbered(3))]
    restarted = node.restart(T + SECOND)
    restarted.handle(Wakeup(), T + SECOND)
    assert len(of(restarted.handle(Claim(HERE), T + SECOND), Deliver)) == 4


def test_what_is_left_in_the_step_that_gave_its_endpoint_back_waits() -> None:
    """It is offered to whoever claims the endpoint next."""
    node = Fixture(3)
    node.handle(Claim(HERE))
    (deliver,) = of(node.handle(came(numbered(0))), Deliver)
    node.handle(Unclaim(HERE))
    node.handle(Left(deliver.keys))
    assert of(node.handle(Claim(HERE)), Deliver) == [deliver]


def test_what_was_left_expires_and_its_application_is_told() -> None:
    """The lifetime runs on (RFC 9171, 5.5), and what waits behind it is offered."""
    node = Fixture(3)
    for number, lifetime_s in ((0, 10), (1, 100)):
        node.handle(came(numbered(number, lifetime_s=lifetime_s)))
    (deliver,) = of(node.handle(Claim(HERE, 1)), Deliver)
    node.handle(Left(deliver.keys))
    actions = node.handle(Wakeup(), T + 10 * SECOND)
    assert of(actions, Expired) == [Expired(deliver.keys[0], NotKept.LIFETIME_EXPIRED)]
    assert [each.keys for each in of(actions, Deliver)] == [(key_of(numbered(1)),)]
    assert node.handle(Delivered(deliver.keys), T + 10 * SECOND) == []


def test_an_end_that_passed_while_it_was_offered_is_seen_when_it_is_left() -> None:
    """Of what an application was given the end is its own, until it gives it back."""
    node = Fixture(3)
    node.handle(Claim(HERE))
    (deliver,) = of(node.handle(came(numbered(0, lifetime_s=10))), Deliver)
    end = T + 10 * SECOND
    assert not of(node.handle(Wakeup(), end), Forget)
    actions = node.handle(Left(deliver.keys), end)
    assert [forget.key for forget in of(actions, Forget)] == list(deliver.keys)


def test_fragments_are_left_and_taken_as_one() -> None:
    """A fragment that comes late is not needed, and all are let go of together."""
    node = Fixture(3)
    node.handle(Claim(HERE, 1))
    node.handle(came(made(payload=b"wor", fragment=(0, 5))))
    (deliver,) = of(node.handle(came(made(payload=b"ds", fragment=(3, 5)))), Deliver)
    node.handle(Left(deliver.keys))
    late = node.handle(came(made(payload=b"rds", fragment=(2, 5))))
    assert of(late, Acknowledge)
    assert not of(late, Deliver)
    taken = node.handle(Delivered(deliver.keys))
    assert {forget.key for forget in of(taken, Forget)} >= set(deliver.keys)
    assert not node.node.stored
    assert not of(node.handle(came(made())), Deliver)  # the whole of it is known too


def test_an_own_bundle_that_was_left_tells_its_end_once() -> None:
    """Its application hears of its end as of any that it submitted."""
    node = Fixture(3)
    node.handle(Claim(HERE))
    (deliver,) = of(node.submit(HERE, source="ipn:3.2", lifetime_ms=10_000), Deliver)
    node.handle(Left(deliver.keys))
    assert len(of(node.handle(Wakeup(), T + 10 * SECOND), Expired)) == 1


def test_the_host_leaves_what_its_application_answers_untaken() -> None:
    """It is offered once, and taken when the application asks for that; then the next is read and offered."""
    office, bodies = Office(), {key_of(numbered(number)): numbered(number) for number in range(2)}
    host = Host(Node(NodeConfig(3, ROAD)), office, bodies.__getitem__)
    host.ask([Claim(HERE, 1)], T)
    office.answers["delivered"] = [Untaken()]
    step = host.step([came(numbered(0)), came(numbered(1))], T)
    assert not of(step.writes, Forget)
    assert [told[0] for told in office.told] == ["delivered"]
    step = host.ask([Take((key_of(numbered(0)),))], T)
    assert [forget.key for forget in of(step.writes, Forget)] == list(bodies)
    assert [told[0] for told in office.told] == ["delivered", "delivered"]
