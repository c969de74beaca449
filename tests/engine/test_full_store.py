"""What a node with a full store still does, and what it does not."""

from __future__ import annotations

from tests.engine.helpers import Fixture, NodeLimits, T, came, made, of, plan

from starlight.bundle import BundleFlags
from starlight.node.actions import Persist, Refuse, Transmit

WANTS_REPORTS = BundleFlags.REPORT_RECEPTION | BundleFlags.REPORT_FORWARDING


def test_a_report_that_has_no_room_is_not_made() -> None:
    """A status report is a bundle of this node: where the store is full it makes none, and goes on."""
    one = len(made(flags=WANTS_REPORTS))
    full = Fixture(2, limits=NodeLimits(bundles=1))
    actions = full.handle(came(made(flags=WANTS_REPORTS)))
    assert len(of(actions, Persist)) == len(of(actions, Transmit)) == 1
    tight = Fixture(2, limits=NodeLimits(store_bytes=one + 100))
    assert len(of(tight.handle(came(made(flags=WANTS_REPORTS))), Persist)) == 1
    roomy = Fixture(2)
    assert len(of(roomy.handle(came(made(flags=WANTS_REPORTS))), Persist)) > 1


def test_a_full_store_refuses_what_comes() -> None:
    """The sender keeps what has no room here."""
    node = Fixture(2, plan(), limits=NodeLimits(bundles=1))
    node.handle(came(made(sequence=1)))
    assert of(node.handle(came(made(sequence=2)), T), Refuse) == [Refuse(1, 7, "no resources")]
