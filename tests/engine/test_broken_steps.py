"""A step whose handling breaks: nothing of it is done, and nothing is lost by it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.helpers import ROAD, SECOND, Fixture, T, came, made, of
from tests.engine.office import POST, Office, host_of

from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.node.actions import Acknowledge, Deliver, Departed, Forget, Persist, Transmit
from starlight.node.application import Claim, DataUnit, Request, Save
from starlight.node.config import NodeConfig
from starlight.node.events import LinkUp, TransmissionAcknowledged, Wakeup


class Defect(Exception):
    pass


class TakesOne(Office):
    """An application that breaks after the first bundle that it is given."""

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Take the first; break at any other."""
        answer = super().delivered(unit, now)
        self.defects["delivered"] = Defect()
        return answer


def breaking(*facts: Any, **named: Any) -> Any:
    raise Defect


def test_what_a_broken_step_took_is_not_here() -> None:
    """Its sender was not answered and sends it again: then it is taken, not known as a duplicate."""
    node = Fixture(2)
    ledger = node.node._ledger
    trace, ledger.trace = ledger.trace, breaking  # type: ignore[method-assign]  # a defect
    with pytest.raises(Defect):
        node.handle(came(made()))
    ledger.trace = trace  # type: ignore[method-assign]
    assert not node.node.stored
    assert node.node.summary()["bytes"] == 0
    assert node.handle(Wakeup()) == []
    assert node.node.next_wakeup() is None
    actions = node.handle(came(made()))
    assert [len(of(actions, kind)) for kind in (Persist, Acknowledge, Transmit)] == [1, 1, 1]


def test_what_a_broken_step_sent_is_sent_again() -> None:
    """A bundle that was stored before rests and leaves later; that it departs is told again."""
    node = Fixture(1, up=())
    node.submit()
    broken = node.handle(LinkUp(2))
    assert len(of(broken, Transmit)) == len(of(broken, Departed)) == 1
    node.node.undo(broken, T)
    assert node.states == ["QUEUED"]
    actions = node.handle(Wakeup(), T + SECOND)
    assert len(of(actions, Transmit)) == len(of(actions, Departed)) == 1
    assert node.handle(TransmissionAcknowledged(of(actions, Transmit)[0].key, 2, T + SECOND), T + SECOND)
    assert not node.bundles


def test_a_fragment_that_a_broken_step_took_is_taken_again() -> None:
    """And then it completes the whole, which is offered once more."""
    node = Fixture(3)
    node.handle(Claim("ipn:3.1"))
    first, second = (made(payload=b"x" * 5, fragment=(offset, 10)) for offset in (0, 5))
    node.handle(came(first))
    node.node.undo(node.node.handle(came(second), T), T)
    assert len(node.node.stored) == 1
    assert len(of(node.handle(came(second)), Deliver)) == 1


def test_nothing_of_a_broken_step_comes_out_with_the_next() -> None:
    """A refused bundle is not persisted by the way; once it comes again it is."""
    host, office = host_of(3)
    host.step([Claim("ipn:3.1")], T)
    office.due = T
    office.defects["handle_timer"] = Defect()
    with pytest.raises(Defect):
        host.step([came(made(to="ipn:3.9"))], T)
    office.defects.clear()
    office.due = None
    assert host.step([], T) == ([], [])
    assert not host.node.stored
    step = host.step([came(made(to="ipn:3.9"))], T)
    assert len(of(step.writes, Persist)) == len(of(step.outward, Acknowledge)) == 1


def test_what_an_application_has_kept_of_a_broken_step_is_committed_with_the_next() -> None:
    """Its memory has the letter already; given again it is known, so the record must not be missing."""
    host, office = host_of(3)
    host.ask([Claim("ipn:3.1")], T)
    office.answers["delivered"] = [Save("nan", "came/1", b"words")]
    office.due = T
    office.defects["handle_timer"] = Defect()
    with pytest.raises(Defect):
        host.step([came(made())], T)
    office.defects.clear()
    office.due = None
    step = host.step([came(made())], T)
    assert [type(write) for write in step.writes] == [Save, Persist, Forget]
    assert len(of(step.outward, Acknowledge)) == 1


def test_what_an_application_has_posted_in_a_broken_step_is_sent() -> None:
    """A post that was accepted stands, with its record; its transmission rests."""
    host, office = host_of(1)
    host.step([LinkUp(2)], T)
    office.answers["accepted"] = [Save("jay", "letter/1", b"queued")]
    office.due = T
    office.defects["handle_timer"] = Defect()
    with pytest.raises(Defect):
        host.ask([POST], T)
    office.defects.clear()
    office.due = None
    step = host.step([], T + SECOND)
    assert [type(write).__name__ for write in step.writes][:2] == ["Persist", "Save"]
    assert len(of(step.outward, Transmit)) == 1


def test_an_application_that_breaks_in_the_middle_leaves_no_event_behind() -> None:
    """What was still to be handled of the step is dropped with it."""
    host, office = host_of(1, ROAD)
    office.defects["accepted"] = Defect()
    with pytest.raises(Defect):
        host.ask([POST, POST], T)
    assert len(host.node.stored) <= 1
    assert not host.step([], T).outward


def test_what_an_application_answered_in_a_broken_step_is_not_heard_in_the_next() -> None:
    """Of two bundles that it is offered it takes one and breaks at the other: neither is let go of."""
    parts = [made(sequence=sequence) for sequence in (1, 2)]
    office = TakesOne()
    host = Host(Node(NodeConfig(3, ROAD)), office, lambda key: parts[0])
    host.step([came(part) for part in parts], T)
    kept = list(host.node.stored)
    with pytest.raises(Defect):
        host.ask([Claim("ipn:3.1")], T)
    step = host.step([Wakeup()], T + SECOND)
    assert of(step.writes, Forget) == []
    assert list(host.node.stored) == kept
