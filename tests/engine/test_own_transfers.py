"""An application is told that its bundle has left once a link has taken it, and that it waits again."""

from __future__ import annotations

from msgspec.structs import replace
from tests.engine.helpers import SECOND, T, of
from tests.engine.office import POST, Office, host_of

from starlight.dtntime import DAY
from starlight.engine.host import Host
from starlight.node.actions import Transmit
from starlight.node.events import (
    LinkUp,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
    Wakeup,
)


def sent() -> tuple[Host, Office, Transmit]:
    """Return a host that has just begun to send what its office submitted."""
    host, office = host_of(1)
    host.ask([replace(POST, lifetime_ms=30 * 86_400_000)], T)
    (transmit,) = of(host.step([LinkUp(2)], T).outward, Transmit)
    assert [name for name, *_ in office.told] == ["accepted", "departed"]
    office.told.clear()
    return host, office, transmit


def test_taken_by_a_link_that_acknowledges_or_does_not() -> None:
    """The peer's acknowledgement says so, or, over a link that knows none, that the last bit has left."""
    for event in (TransmissionAcknowledged, TransmissionSent):
        host, office, transmit = sent()
        known = (T + SECOND,) if event is TransmissionAcknowledged else ()
        host.step([event(transmit.key, 2, *known)], T)
        assert office.told == [("taken", transmit.key, T)]


def test_what_fails_waits_again_and_departs_anew() -> None:
    """Each failure gives it back; when it is sent again, that is told like the first time, then taken."""
    host, office, transmit = sent()
    host.step([TransmissionFailed(transmit.key, 2, "the link fell")], T)
    assert office.told == [("returned", transmit.key, T)]
    due = host.next_wakeup()
    assert due is not None
    again = of(host.step([Wakeup()], due).outward, Transmit)
    assert [each.key for each in again] == [transmit.key]
    (name, key, peer, leaves, *_) = office.told[-1]
    assert (name, key, peer, leaves) == ("departed", transmit.key, 2, again[0].leaves)
    host.step([TransmissionAcknowledged(transmit.key, 2, due)], due)
    assert office.told[-1] == ("taken", transmit.key, due)


def test_what_is_never_answered_waits_again() -> None:
    """An answer that is overdue counts as a failure; one that comes late all the same is told."""
    host, office, transmit = sent()
    due = host.next_wakeup()
    while due is not None and not any(name == "returned" for name, *_ in office.told):
        host.step([Wakeup()], due)
        due = host.next_wakeup()
    assert ("returned", transmit.key) in [tuple(told[:2]) for told in office.told]
    due = T + 2 * DAY
    host.step([TransmissionAcknowledged(transmit.key, 2, due)], due)
    assert office.told[-1] == ("taken", transmit.key, due)


def test_what_others_have_sent_is_not_told() -> None:
    """An event about a bundle that nobody here submitted tells no application anything."""
    host, office, _ = sent()
    host.step([TransmissionAcknowledged("ipn:9.1/1/1", 2, T), TransmissionFailed("x", 2, "fell")], T)
    assert office.told == []
